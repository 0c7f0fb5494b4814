//! A directory with a file for each node.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use super::{
    address::NodeAddress,
    list::{ListedNode, MAX_NODES, is_name},
    probe::printable,
};

/// Longest file of a node, in bytes.
const MAX_FILE_BYTES: u64 = 16 * 1024;

/// A file that names no usable node.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadFile {
    pub path: PathBuf,
    pub reason: String,
}

/// The usable nodes of a directory; none where it can't be read.
pub fn listed_files(path: &Path) -> Vec<ListedNode> {
    read(path).map(|(nodes, _)| nodes).unwrap_or_default()
}

/// The nodes of all files `NAME.toml`, by name, and the files that are not usable. Hidden files and others are passed over: an
/// editor's scratch file is no node.
///
/// # Errors
/// A sentence, where the directory itself can't be read.
pub(super) fn read(directory: &Path) -> Result<(Vec<ListedNode>, Vec<BadFile>), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
        if paths.len() > MAX_NODES {
            return Err(format!("{}: it has more than {MAX_NODES} files", directory.display()));
        }
    }
    paths.sort();
    let (mut nodes, mut bad) = (Vec::new(), Vec::new());
    for path in paths {
        match read_file(directory, &path) {
            Ok(node) => nodes.push(node),
            Err(reason) => bad.push(BadFile { path, reason }),
        }
    }
    Ok((nodes, bad))
}

fn read_file(directory: &Path, path: &Path) -> Result<ListedNode, String> {
    let name = path.file_stem().and_then(|stem| stem.to_str()).filter(|name| is_name(name));
    let name = name.ok_or("its name must be 1 to 100 letters, digits, `-`, `_` or `.`, and then `.toml`")?;
    // Before it is opened: opening a named pipe waits for somebody to write into it.
    if !fs::metadata(path).map_err(|error| error.to_string())?.is_file() {
        return Err("it is not a file".into());
    }
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    let read = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if read as u64 > MAX_FILE_BYTES {
        return Err(format!("it has more than {MAX_FILE_BYTES} bytes"));
    }
    // The parser's own error quotes the line, in which somebody may have put a password.
    let mut address: NodeAddress = toml::from_str(&text).map_err(|error| printable(error.message()))?;
    address.credentials_file = directory.join(&address.credentials_file);
    address.admin_credentials_file = address.admin_credentials_file.map(|file| directory.join(file));
    Ok(ListedNode { name: name.to_owned(), address })
}

#[cfg(test)]
mod tests {
    use linkpool_db::fleet::ProofMode;

    use super::*;

    const GOOD: &str = "url = \"http://10.0.0.7:6688\"\ncredentials_file = \"a.login\"\nproof = \"transfer\"\n";

    #[test]
    fn a_bad_file_is_named_and_the_others_are_read() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text);
        write("a.toml", GOOD)?;
        write("b.toml", "url = \"http://10.0.0.8:6688\"\ncredentials_file = \"/run/b\"\n")?;
        write("typo.toml", "urll = \"http://10.0.0.8:6688\"\ncredentials_file = \"/run/b\"\n")?;
        write("huge.toml", &"#".repeat(20_000))?;
        write("with space.toml", GOOD)?;
        write(".hidden.toml", "nonsense")?;
        write("a.login", "a@b\nhunter2\n")?;
        fs::create_dir(directory.path().join("folder.toml"))?;
        assert!(std::process::Command::new("mkfifo").arg(directory.path().join("pipe.toml")).status()?.success());
        write("nul.toml", "\"\\u0000\" = 1\n")?;
        let pair = "urls = [\"http://10.0.0.9:6688\", \"http://10.0.0.10:6688\"]\n";
        let files = "credentials_file = \"c\"\nadmin_credentials_file = \"c.admin\"\n";
        write("c.toml", &format!("{pair}{files}"))?;
        write("both.toml", &format!("{pair}{GOOD}"))?;
        write("neither.toml", files)?;
        write("none.toml", &format!("urls = []\n{files}"))?;
        write("twice.toml", &format!("urls = [\"http://a:1\", \"http://a:1\"]\n{files}"))?;
        let (nodes, bad) = read(directory.path()).map_err(std::io::Error::other)?;
        let names: Vec<_> = nodes.iter().map(|node| (node.name.as_str(), node.address.proof)).collect();
        assert_eq!(names, [("a", ProofMode::Transfer), ("b", ProofMode::Signature), ("c", ProofMode::Signature)]);
        assert_eq!(nodes[2].address.urls, ["http://10.0.0.9:6688", "http://10.0.0.10:6688"]);
        assert_eq!(nodes[2].address.admin_credentials_file, Some(directory.path().join("c.admin")));
        assert_eq!(
            (&nodes[0].address.urls[..], &nodes[0].address.admin_credentials_file),
            (&["http://10.0.0.7:6688".to_owned()][..], &None)
        );
        assert_eq!(nodes[0].address.credentials_file, directory.path().join("a.login"));
        assert_eq!(nodes[1].address.credentials_file, Path::new("/run/b"));
        let said = |name: &str, part: &str| bad.iter().any(|file| file.path.ends_with(name) && file.reason.contains(part));
        assert!(said("typo.toml", "unknown field `urll`"), "{bad:?}");
        assert!(said("huge.toml", "more than 16384 bytes") && said("with space.toml", "letters, digits"), "{bad:?}");
        assert!(said("folder.toml", "not a file") && said("pipe.toml", "not a file"), "{bad:?}");
        assert!(said("nul.toml", "unknown field ` `"), "{bad:?}");
        assert!(said("both.toml", "not both") && said("neither.toml", "write `url`"), "{bad:?}");
        assert!(said("none.toml", "1 to 8 addresses") && said("twice.toml", "the same address twice"), "{bad:?}");
        assert_eq!(bad.len(), 10);
        Ok(())
    }

    #[test]
    fn a_file_with_a_misplaced_secret_is_refused_without_repeating_it() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        fs::write(directory.path().join("a.toml"), "password = hunter2\n")?;
        fs::write(directory.path().join("b.toml"), format!("{GOOD}password = \"hunter2\"\n"))?;
        let (_, bad) = read(directory.path()).map_err(std::io::Error::other)?;
        assert!(bad.len() == 2 && !format!("{bad:?}").contains("hunter2"), "{bad:?}");
        Ok(())
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error_and_not_an_empty_list() {
        assert!(read(Path::new("/nowhere/at/all")).is_err_and(|error| error.contains("/nowhere/at/all")));
    }
}
