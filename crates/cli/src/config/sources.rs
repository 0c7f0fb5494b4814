//! The settings' own source, for tests of a rule that holds for each of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// `name: Type,` inside a struct.
pub struct Field {
    pub name: String,
    kind: String,
}

impl Field {
    /// Whether its type is `name`, or one around it.
    pub fn holds(&self, name: &str) -> bool {
        self.kind.split(|c: char| !c.is_alphanumeric()).any(|word| word == name)
    }
}

/// Every field of the settings.
pub fn fields() -> Vec<Field> {
    let mut fields = Vec::new();
    for source in sources() {
        let mut is_struct = false;
        for line in source.lines().map(str::trim) {
            is_struct = (is_struct && line != "}") || (line.contains("struct ") && line.ends_with('{'));
            if let (true, Some((name, kind))) = (is_struct, line.strip_suffix(',').and_then(|line| line.split_once(": "))) {
                fields.push(Field { name: name.trim_start_matches("pub ").to_owned(), kind: kind.to_owned() });
            }
        }
    }
    fields
}

/// Without the tests in them.
fn sources() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<PathBuf> = fs::read_dir(folder.join("config")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.push(folder.join("config.rs"));
    let read = |file: &PathBuf| fs::read_to_string(file).unwrap().split("#[cfg(test)]").next().unwrap().to_owned();
    files.iter().filter(|file| file.is_file()).map(read).collect()
}
