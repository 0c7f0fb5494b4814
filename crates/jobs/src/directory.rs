//! A set as files, for whoever keeps it under version control.
//!
//! ```text
//! NAME.bridge.toml   url = "http://adapter:8080/"      and confirmations, minimum_contract_payment
//! NAME.job.toml      the job's spec, as a node takes it
//! nodes.toml         [jobs] NAME = ["0123456789ab"]    and [bridges]: what is not for all nodes
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Read,
    path::Path,
};

use linkpool_primitives::printable;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{Bridge, Job, JobSet, MAX_JOB_BYTES};

const NODES: &str = "nodes.toml";

/// Most files of one directory.
const MAX_FILES: usize = 1_000;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Nodes {
    bridges: BTreeMap<String, BTreeSet<String>>,
    jobs: BTreeMap<String, BTreeSet<String>>,
}

/// Reads the set of a directory. Hidden files and those of other names that do not end in `.toml` are passed over.
///
/// # Errors
/// A sentence with the file's name, for the first that can't be used.
pub fn read_directory(directory: &Path) -> Result<JobSet, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.') && name.ends_with(".toml")) else { continue };
        names.push(name.to_owned());
        if names.len() > MAX_FILES {
            return Err(format!("{}: it has more than {MAX_FILES} files", directory.display()));
        }
    }
    names.sort();
    let (mut set, mut nodes) = (JobSet::default(), Nodes::default());
    for name in names {
        let path = directory.join(&name);
        let wrong = |reason: String| format!("{}: {reason}", path.display());
        let text = read_file(&path).map_err(wrong)?;
        if let Some(bridge) = name.strip_suffix(".bridge.toml") {
            let read: Bridge = parse(&text).map_err(wrong)?;
            if read.nodes.is_some() {
                return Err(wrong(format!("write which nodes it is for into {NODES}")));
            }
            set.bridges.insert(bridge.to_owned(), read);
        } else if let Some(job) = name.strip_suffix(".job.toml") {
            set.jobs.insert(job.to_owned(), Job { toml: text, nodes: None });
        } else if name == NODES {
            nodes = parse(&text).map_err(wrong)?;
        } else {
            return Err(wrong(format!("name it NAME.bridge.toml, NAME.job.toml or {NODES}, or move it away")));
        }
    }
    let unknown = |kind: &str, name: &str| format!("{}: there is no {kind} {name}", directory.join(NODES).display());
    for (name, only) in nodes.bridges {
        set.bridges.get_mut(&name).ok_or_else(|| unknown("bridge", &name))?.nodes = Some(only);
    }
    for (name, only) in nodes.jobs {
        set.jobs.get_mut(&name).ok_or_else(|| unknown("job", &name))?.nodes = Some(only);
    }
    Ok(set)
}

fn read_file(path: &Path) -> Result<String, String> {
    // Before it is opened: opening a named pipe waits for somebody to write into it.
    if !fs::metadata(path).map_err(|error| error.to_string())?.is_file() {
        return Err("it is not a file".into());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    let read = file.take(MAX_JOB_BYTES as u64 + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if read > MAX_JOB_BYTES { Err(format!("it has more than {MAX_JOB_BYTES} bytes")) } else { Ok(text) }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    // The parser's own sentence quotes the line, in which somebody may have put a password.
    toml::from_str(text).map_err(|error| printable(error.message(), 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        directory
    }

    fn check(files: &[(&str, &str)], said: &str) {
        let directory = directory(files);
        let error = read_directory(directory.path()).unwrap_err();
        assert!(error.contains(said) && !error.contains("hunter2"), "{error}");
    }

    const BRIDGE: (&str, &str) = ("one.bridge.toml", "url = \"http://a/\"\nconfirmations = 2\n");

    #[test]
    fn a_directory_is_read_as_its_bridges_and_jobs() {
        let files = [
            BRIDGE,
            ("tick.job.toml", "type = \"cron\"\n"),
            ("nodes.toml", "[jobs]\ntick = [\"0123456789ab\"]\n"),
            (".scratch.toml", "nonsense"),
            ("README.md", "nonsense"),
        ];
        let directory = directory(&files);
        let set = read_directory(directory.path()).unwrap();
        let bridge = &set.bridges["one"];
        assert_eq!((bridge.url.as_str(), bridge.confirmations, bridge.nodes.as_ref()), ("http://a/", 2, None));
        let job = &set.jobs["tick"];
        assert_eq!((job.toml.as_str(), job.nodes.clone()), (files[1].1, Some(["0123456789ab".to_owned()].into())));
    }

    #[test]
    fn the_first_file_that_can_not_be_used_is_named_without_repeating_it() {
        check(&[("one.bridge.toml", "password = hunter2\n")], "one.bridge.toml: ");
        check(&[("one.bridge.toml", "url = \"x\"\npassword = \"hunter2\"\n")], "unknown field `password`");
        check(&[("one.bridge.toml", "url = \"x\"\nnodes = []\n")], "write which nodes it is for into nodes.toml");
        check(&[("tick.toml", "")], "tick.toml: name it NAME.bridge.toml, NAME.job.toml or nodes.toml");
        check(&[("nodes.toml", "[jobs]\ntock = []\n")], "nodes.toml: there is no job tock");
        check(&[BRIDGE, ("nodes.toml", "[bridges]\ntwo = []\n")], "there is no bridge two");
        check(&[("tick.job.toml", &"#".repeat(MAX_JOB_BYTES + 1))], "more than 16384 bytes");
        assert!(read_directory(Path::new("/nowhere/at/all")).unwrap_err().contains("/nowhere/at/all"));
    }
}
