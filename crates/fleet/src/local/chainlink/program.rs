//! The node's program: which version it is, and what it thinks of a configuration.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use semver::Version;
use tokio::sync::Mutex;

use super::super::launcher::Launch;
use super::{environment, refusal, run::run};
use crate::look::Answers;

/// What its file was when it was last asked: another file is another program.
type Stamp = (u64, u64, i64, i64);

#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    wanted: Option<String>,
    /// Asked once, whoever needs it at the same time.
    known: Mutex<Option<(Stamp, Version)>>,
}

impl Program {
    pub fn new(path: PathBuf, wanted: Option<String>) -> Self {
        Self { path, wanted, known: Mutex::default() }
    }

    /// Whether it is this one.
    pub fn is(&self, path: &Path, wanted: Option<&str>) -> bool {
        self.path == path && self.wanted.as_deref() == wanted
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version, if it is a node's program and the one that is wanted.
    pub async fn version(&self) -> Result<Version, String> {
        let stamp = self.file()?;
        let mut known = self.known.lock().await;
        let version = match known.clone().filter(|(of, _)| *of == stamp) {
            Some((_, version)) => version,
            None => {
                let version = self.ask().await?;
                *known = Some((stamp, version.clone()));
                version
            }
        };
        match &self.wanted {
            Some(wanted) if *wanted != version.to_string() => Err(format!(
                "{} is Chainlink {version}, and {wanted} is to be run (fleet.node_version, or the roll-out's): name the one or the other",
                self.path.display()
            )),
            _ => Ok(version),
        }
    }

    /// What a look at these files by this program depends on.
    pub fn stamp(&self, configs: &[PathBuf]) -> Result<String, String> {
        let mut hasher = DefaultHasher::new();
        self.file()?.hash(&mut hasher);
        for config in configs {
            std::fs::read(config).map_err(|error| unreadable(config, &error))?.hash(&mut hasher);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }

    fn file(&self) -> Result<Stamp, String> {
        let file = self.path.metadata().map_err(|error| unreadable(&self.path, &error))?;
        Ok((file.ino(), file.size(), file.mtime(), file.mtime_nsec()))
    }

    async fn ask(&self) -> Result<Version, String> {
        let launch = Launch {
            program: self.path.clone(),
            arguments: vec!["--version".into()],
            environment: environment::of(64),
            answers: Answers::ByPortFile,
        };
        parse(&run(&launch).await?.output, &self.path)
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// `chainlink version 2.31.0@3120136828f3`
fn parse(said: &str, path: &Path) -> Result<Version, String> {
    let path = path.display();
    let named = said.lines().next().and_then(|line| line.split_once(" version ")?.1.split_once('@'));
    let Some((version, _)) = named else {
        return Err(format!(
            "{path} is no Chainlink node: its --version names none; set fleet.node_program to the node's program"
        ));
    };
    if version == "unset" {
        return Err(format!(
            "{path} was built without a version, so it would not know a newer node's database: take a published one"
        ));
    }
    match Version::parse(version) {
        Ok(version) if version.major == 2 => Ok(version),
        _ => Err(format!("{path} is Chainlink {version}, and this fleet runs versions 2: set fleet.node_program to one of them")),
    }
}

/// The node would take the lease, find out, and end; and again at its next start.
///
/// # Errors
/// A sentence: the database has seen a newer one.
pub fn not_older(version: &Version, last: &str) -> Result<(), String> {
    match Version::parse(last) {
        Ok(last) if last > *version => Err(format!(
            "its database was last run by Chainlink {last}, and this program is {version}: run {last} or newer, or restore the \
             database as it was before that"
        )),
        _ => Ok(()),
    }
}

/// What the program itself says to the configuration that it is to be started with.
pub(super) async fn validate(launch: &Launch) -> Result<(), String> {
    let before_start = launch.arguments.iter().take_while(|argument| *argument != "start").cloned();
    let said = run(&Launch { arguments: before_start.chain(["validate".into()]).collect(), ..launch.clone() }).await?;
    if said.good {
        return Ok(());
    }
    Err(format!("the node refuses its configuration: {}; correct fleet.node_config", refusal::of(&said.output, &said.errors)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, expect: &str) {
        let found = parse(said, Path::new("/bin/x")).map_or_else(|error| error, |version| version.to_string());
        assert!(found.contains(expect), "{said}: {found}");
    }

    #[test]
    fn a_version_is_read_and_a_program_that_is_no_node_is_refused() {
        check("chainlink version 2.31.0@3120136828f383efbbaf2f732dea05b7431873e8\n", "2.31.0");
        check("chainlink-2.31.0 version 2.31.0-beta1@abc\n", "2.31.0-beta1");
        check("chainlink version unset@unset\n", "built without a version");
        check("chainlink version 1.13.3@abc\n", "runs versions 2");
        check("true (GNU coreutils) 9.1\n", "is no Chainlink node");
        check("", "is no Chainlink node");
    }

    #[test]
    fn an_older_program_is_refused_and_an_equal_or_newer_one_is_not() {
        let version = Version::new(2, 31, 0);
        for good in ["2.31.0", "2.30.9", "2.31.0-beta1", "not a version"] {
            assert_eq!(not_older(&version, good), Ok(()), "{good}");
        }
        assert!(not_older(&version, "2.32.0").is_err_and(|said| said.contains("last run by Chainlink 2.32.0")));
    }
}
