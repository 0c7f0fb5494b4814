//! A node's command line: flags with one hyphen or two, before and after its commands.

use std::{ffi::OsString, path::PathBuf};

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    /// The version that the stand-in says it is.
    pub version: Option<String>,
    /// Chains on which nothing is worth anything.
    pub development_chains: Vec<u64>,
    pub configs: Vec<PathBuf>,
    pub secrets: Vec<PathBuf>,
    pub command: Command,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Command {
    #[default]
    Version,
    Validate,
    Start {
        api: Option<PathBuf>,
        password: Option<PathBuf>,
    },
}

/// Where in the line a flag stands decides which ones are known.
enum Section {
    Program,
    Node,
    Start,
}

impl Arguments {
    pub fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut section = Section::Program;
        let mut words = line.into_iter();
        while let Some(word) = words.next() {
            let text = word.to_string_lossy().into_owned();
            let Some(flag) = text.strip_prefix("--").or_else(|| text.strip_prefix('-')) else {
                section = parsed.enter(&section, &text)?;
                continue;
            };
            let (name, inline) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.into())));
            if matches!((&section, name), (Section::Program, "version" | "v")) {
                return Ok(Self { command: Command::Version, ..parsed });
            }
            if matches!((&section, name), (Section::Start, "debug" | "d")) {
                continue;
            }
            let value = || inline.or_else(|| words.next()).ok_or_else(|| format!("flag needs an argument: -{name}"));
            parsed.take(&section, name, value)?;
        }
        if matches!(section, Section::Node) && parsed.command == Command::Version {
            return Err("what is the node to do? Say start or validate".to_owned());
        }
        Ok(parsed)
    }

    fn enter(&mut self, section: &Section, command: &str) -> Result<Section, String> {
        match (section, command) {
            (Section::Program, "node" | "local") => Ok(Section::Node),
            (Section::Node, "validate") => {
                self.command = Command::Validate;
                Ok(Section::Node)
            }
            (Section::Node, "start" | "node" | "n") => {
                self.command = Command::Start { api: None, password: None };
                Ok(Section::Start)
            }
            _ => Err(format!("a stand-in node has no command `{command}`")),
        }
    }

    fn take(&mut self, section: &Section, name: &str, value: impl FnOnce() -> Result<OsString, String>) -> Result<(), String> {
        match (section, name, &mut self.command) {
            (Section::Program, "claim-version", _) => self.version = Some(value()?.to_string_lossy().into_owned()),
            (Section::Program, "development-chain", _) => {
                let text = value()?.to_string_lossy().into_owned();
                self.development_chains.push(text.parse().map_err(|_| format!("`{text}` is not a chain's id"))?);
            }
            (Section::Node, "config" | "c", _) => self.configs.push(value()?.into()),
            (Section::Node, "secrets" | "s", _) => self.secrets.push(value()?.into()),
            (Section::Start, "api" | "a", Command::Start { api, .. }) => *api = Some(value()?.into()),
            (Section::Start, "password" | "p", Command::Start { password, .. }) => *password = Some(value()?.into()),
            (Section::Start, "vrfpassword" | "vp", _) => drop(value()?),
            _ => return Err(format!("flag provided but not defined: -{name}")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_line_is_read_as_a_node_reads_it() {
        let start =
            parse("--claim-version 2.32.0 node -config a.toml -c b.toml -secrets=s.toml start -a api --password p").unwrap();
        assert_eq!(start.version.as_deref(), Some("2.32.0"));
        assert_eq!(start.configs, [PathBuf::from("a.toml"), "b.toml".into()]);
        assert_eq!(start.secrets, [PathBuf::from("s.toml")]);
        assert_eq!(start.command, Command::Start { api: Some("api".into()), password: Some("p".into()) });
        assert_eq!(parse("node -c a.toml validate").unwrap().command, Command::Validate);
        assert_eq!(parse("--version").unwrap().command, Command::Version);
    }

    #[test]
    fn what_is_not_a_nodes_line_is_refused() {
        for (line, why) in [
            ("admin login", "no command `admin`"),
            ("node", "start or validate"),
            ("node -x y start", "not defined: -x"),
            ("node -c", "needs an argument: -c"),
            ("node start -config a.toml", "not defined: -config"),
            ("--development-chain one node", "not a chain's id"),
        ] {
            let refusal = parse(line).expect_err(line);
            assert!(refusal.contains(why), "{line}: {refusal}");
        }
    }
}
