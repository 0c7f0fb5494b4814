//! What a file imports, by the files that have the items.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::{rust, sources::Source};

pub type Module = Vec<String>;
type Path = Vec<String>;

/// Re-exports that lead to each other are followed so far.
const MAX_REEXPORTS: usize = 8;
const IMPORT: [&str; 4] = ["use ", "pub use ", "pub(crate) use ", "pub(super) use "];
const ITEM: [&str; 10] = ["struct", "enum", "fn", "trait", "type", "const", "static", "mod", "union", "macro_rules!"];

/// The crate and the module that a source is; `None` for tests and what is no source.
pub fn module(path: &str) -> Option<(&str, Module)> {
    let (name, file) = path.strip_prefix("crates/")?.split_once("/src/")?;
    let mut parts: Module = file.strip_suffix(".rs")?.split('/').map(str::to_owned).collect();
    match parts.last().map(String::as_str) {
        Some("lib" | "main") if parts.len() == 1 => parts.clear(),
        Some("mod") => drop(parts.pop()),
        Some("tests") => return None,
        _ => {}
    }
    Some((name, parts))
}

/// One file, as far as imports go.
pub struct File {
    pub path: String,
    /// Imported names, with the path each stands for and whether others get it from here.
    names: BTreeMap<String, (Path, bool)>,
    /// What everything is imported from, and whether others get it from here.
    stars: Vec<(Path, bool)>,
    /// Paths that are used otherwise.
    paths: Vec<Path>,
    /// The names of its own items.
    items: BTreeSet<String>,
}

impl File {
    pub fn read(source: &Source) -> Self {
        let code = without_visibility(&without_tests(&rust::code(&source.text)));
        let (uses, rest) = uses(&code);
        let (mut names, mut stars) = (BTreeMap::new(), Vec::new());
        for (is_public, tree) in uses {
            for (name, path) in expand(tree, &[]) {
                if name == "*" {
                    stars.push((path, is_public));
                } else {
                    names.insert(name, (path, is_public));
                }
            }
        }
        let words: Vec<&str> = rest.split(|character: char| character.is_whitespace() || "(<:;{=".contains(character)).collect();
        let items = words.windows(2).filter(|pair| ITEM.contains(&pair[0])).map(|pair| pair[1].to_owned()).collect();
        Self { path: source.path.clone(), names, stars, paths: paths(&rest), items }
    }

    fn has(&self, name: &str) -> bool {
        self.items.contains(name) || self.names.contains_key(name)
    }
}

/// The files that `module` imports.
pub fn of<'f>(module: &Module, file: &File, files: &'f BTreeMap<Module, File>) -> BTreeSet<&'f Module> {
    let all = file.names.values().chain(&file.stars);
    let imported = all.filter(|(_, is_public)| !is_public).map(|(path, _)| path.clone());
    let used = file.paths.iter().map(|path| match file.names.get(&path[0]) {
        Some((target, _)) => [target.as_slice(), &path[1..]].concat(),
        None => path.clone(),
    });
    let leads = imported.chain(used).filter_map(|path| absolute(module, &path, files));
    leads.filter_map(|path| home(&path, files, MAX_REEXPORTS)).filter(|home| *home != module).collect()
}

/// `crate::a::B` and `super::B` from the crate's root on; `None` for what leads to another crate.
fn absolute(module: &[String], path: &[String], files: &BTreeMap<Module, File>) -> Option<Path> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => absolute(module, rest, files).or_else(|| Some([module, rest].concat())),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            Some([&module[..module.len().checked_sub(up)?], &path[up..]].concat())
        }
        // A module of this one's own.
        _ => files.contains_key([module, &path[..1]].concat().as_slice()).then(|| [module, path].concat()),
    }
}

/// The file that has the item: the deepest module of the path, or where that module's re-export leads.
fn home<'f>(path: &[String], files: &'f BTreeMap<Module, File>, depth: usize) -> Option<&'f Module> {
    let (module, rest) = (0..=path.len()).rev().find_map(|end| Some((files.get_key_value(&path[..end])?.0, &path[end..])))?;
    let (file, Some((name, after))) = (&files[module], rest.split_first()) else { return Some(module) };
    let onward = |target: &[String]| home(&absolute(module, target, files)?, files, depth.checked_sub(1)?);
    if let Some((target, _)) = file.names.get(name) {
        return onward(&[target.as_slice(), after].concat()).or(Some(module));
    }
    // What the file has itself comes before what it takes from elsewhere with a star.
    let by_star = file.stars.iter().filter(|_| !file.items.contains(name)).find_map(|(target, _)| {
        let found = onward(&[target.as_slice(), rest].concat())?;
        files[found].has(name).then_some(found)
    });
    by_star.or(Some(module))
}

/// `a::{b, c::{self, D as E}, *}` as `(name, path)`; of a star the name is `*`, and the path is what it is of.
fn expand(tree: &str, before: &[String]) -> Vec<(String, Path)> {
    let tree = tree.trim();
    if let Some((path, inner)) = tree.split_once('{') {
        let before = [before, &parts(path)].concat();
        let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
        return split(inner).into_iter().flat_map(|part| expand(part, &before)).collect();
    }
    let (path, name) = tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name.trim().to_owned())));
    let mut path = [before, &parts(path)].concat();
    match path.last().map(String::as_str) {
        Some("*") => {
            path.pop();
            return vec![("*".to_owned(), path)];
        }
        Some("self") if path.len() > 1 => drop(path.pop()),
        _ => {}
    }
    let own = path.last().cloned().unwrap_or_default();
    vec![(name.unwrap_or(own), path)]
}

fn parts(path: &str) -> Path {
    path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Splits at the commas that stand in no braces.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut parts: Vec<&str> = text
        .split(|character| {
            match character {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            character == ',' && depth == 0
        })
        .collect();
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// What is used with a path: `word::word…`.
fn paths(code: &str) -> Vec<Path> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let words = code.split(|character| !is_word(character)).filter(|word| word.contains("::"));
    words.map(|word| parts(word.trim_matches(':'))).filter(|path| path.len() > 1).collect()
}

/// `pub(in crate::a)` says who may see it, and imports nothing.
fn without_visibility(code: &str) -> String {
    let mut parts = code.split("pub(in ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + "pub" + part.split_once(')').map_or("", |(_, rest)| rest))
}

/// rustfmt closes a module of the file's own with a brace in the first column.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if line != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
        } else if lines.next().is_some_and(|next| next.ends_with('{')) {
            lines.by_ref().find(|line| *line == "}");
        }
    }
    kept
}

/// The imports of a file, with whether others get them from there, and everything else.
fn uses(code: &str) -> (Vec<(bool, &str)>, String) {
    let (mut uses, mut rest, mut left) = (Vec::new(), String::new(), code);
    // Imports begin their line, inside functions too.
    while let Some((at, word)) = next_use(left) {
        rest.push_str(&left[..at]);
        let end = left[at..].find(';').map_or(left.len(), |end| at + end);
        uses.push((word.starts_with("pub"), &left[at + word.len()..end]));
        left = left.get(end + 1..).unwrap_or_default();
    }
    rest.push_str(left);
    (uses, rest)
}

/// Where the next import begins, and with what.
fn next_use(code: &str) -> Option<(usize, &'static str)> {
    let mut at = 0;
    for line in code.split_inclusive('\n') {
        let begin = at + line.len() - line.trim_start().len();
        if let Some(word) = IMPORT.into_iter().find(|word| code[begin..].starts_with(word)) {
            return Some((begin, word));
        }
        at += line.len();
    }
    None
}
