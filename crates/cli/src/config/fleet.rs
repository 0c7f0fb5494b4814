//! `[fleet]`: how the nodes of this machine are run.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use linkpool_chainlink::{SealKey, Secret};
use linkpool_db::fleet::ProofMode;
use linkpool_fleet::RetireHook;
use linkpool_fleet::local::{Chainlink, DumpSpec, Encryption, Launcher, Life, LocalConfig, NO_DUMP};
use serde::Deserialize;
#[cfg(feature = "dev")]
use {linkpool_fleet::local::NodeProgram, std::time::Duration};

use super::{chain::ChainConfig, file_path::FilePath, value::secret_file};
use crate::failure::Failure;

/// In the folder of the settings file, where no other is set.
pub const DIRECTORY: &str = "nodes";

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Program {
    #[cfg_attr(not(feature = "dev"), default)]
    Chainlink,
    /// On chains on which nothing is worth anything.
    #[cfg(feature = "dev")]
    #[default]
    Standin,
}

/// Where nodes run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// As processes of the fleet's machine
    #[default]
    Local,
    /// As tasks of Amazon ECS
    Ecs,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FleetConfig {
    pub backend: Backend,
    /// Each node's files: API login, ports, logs.
    pub directory: Option<FilePath>,
    /// What a node is.
    program: Program,
    /// The program that a replica of a node is, and for stand-ins the arguments that come before ours.
    pub node_program: Option<FilePath>,
    node_arguments: Vec<String>,
    /// What it must say that it is; anything, if it is not set.
    pub(super) node_version: Option<String>,
    /// TOML for every Chainlink node, between what is usual and what the fleet depends on.
    pub node_config: Option<FilePath>,
    /// The first and last of the ports at which Chainlink nodes of this machine answer.
    pub(super) node_ports: (u16, u16),
    pub(super) node_memory_mib: u32,
    /// A file, mode 0600, with the URL of the nodes' own server: for Chainlink nodes by a user who makes a database for each, for
    /// stand-ins of the database that holds a schema for each.
    pub node_database_url_file: Option<FilePath>,
    /// The program that keeps a node's database, of a Postgres that is not older than the nodes'.
    pg_dump: Option<FilePath>,
    /// Where the dumps lie.
    dump_directory: Option<FilePath>,
    /// Whose private half reads them (age1…); it lies on no machine of the fleet.
    dump_recipient: Option<String>,
    /// The program that encrypts them.
    age: Option<FilePath>,
    dump_keep_days: u32,
    /// A program that is called before a node is retired, with its id, wallet and Operator.
    retire_hook: Option<FilePath>,
    retire_hook_seconds: u64,
    /// A file, mode 0600, with the key to the nodes' secrets in the database.
    pub seal_key_file: Option<FilePath>,
    /// The fingerprint of the key that has a copy in another place.
    pub seal_key_copied: Option<String>,
    /// Whether the nodes end when the fleet does, however it does.
    nodes_end_with_fleet: bool,
    /// Chains on which nothing is worth anything: stand-in nodes run there.
    #[cfg(feature = "dev")]
    pub development_chains: Vec<u64>,
    pub(super) lease_duration_ms: Option<u64>,
    pub(super) lease_refresh_ms: Option<u64>,
    /// Where `/health`, `/ready` and `/metrics` are served; nowhere if unset.
    pub health_listen: Option<SocketAddr>,
}

impl Default for FleetConfig {
    fn default() -> Self {
        Self {
            backend: Backend::default(),
            directory: None,
            program: Program::default(),
            node_program: None,
            node_arguments: Vec::new(),
            node_version: None,
            node_config: None,
            node_ports: (6_700, 7_699),
            node_memory_mib: 300,
            node_database_url_file: None,
            pg_dump: None,
            dump_directory: None,
            dump_recipient: None,
            age: None,
            dump_keep_days: 30,
            retire_hook: None,
            retire_hook_seconds: 600,
            seal_key_file: None,
            seal_key_copied: None,
            nodes_end_with_fleet: false,
            #[cfg(feature = "dev")]
            development_chains: Vec::new(),
            lease_duration_ms: None,
            lease_refresh_ms: None,
            health_listen: None,
        }
    }
}

impl FleetConfig {
    pub fn directory(&self) -> PathBuf {
        self.directory.clone().unwrap_or_else(|| FilePath::beside(None, DIRECTORY)).to_path_buf()
    }

    /// What a node is; on ECS whatever is in its image is called as Chainlink's.
    pub fn program(&self) -> Program {
        match self.backend {
            Backend::Local => self.program,
            Backend::Ecs => Program::Chainlink,
        }
    }

    /// How the wallets of new nodes prove themselves: what the nodes' program can do.
    pub fn proof_mode(&self) -> ProofMode {
        match self.program() {
            // It signs nothing for others: its wallet pays the registrar's.
            Program::Chainlink => ProofMode::Transfer,
            #[cfg(feature = "dev")]
            Program::Standin => ProofMode::Signature,
        }
    }

    /// How nodes on `chain_id`, which these endpoints lead to, are run.
    pub fn local(&self, chain_id: u64, chain: &ChainConfig) -> Result<LocalConfig> {
        let launcher: Arc<dyn Launcher> = match self.program {
            Program::Chainlink => Arc::new(Chainlink::new(self.chainlink(chain_id, chain)?)),
            #[cfg(feature = "dev")]
            Program::Standin => Arc::new(self.standin(chain_id)?),
        };
        let life = if self.nodes_end_with_fleet { Life::WithParent } else { Life::OfItsOwn };
        Ok(LocalConfig { launcher, directory: self.directory(), life })
    }

    pub(super) fn node_database_url(&self) -> Result<Secret> {
        let missing =
            || Failure::bad_input("set fleet.node_database_url_file: a file with the postgres:// URL of the nodes' own server");
        let url = secret_file("fleet.node_database_url_file", self.node_database_url_file.as_deref().ok_or_else(missing)?)?;
        Ok(Secret::new(url.trim()))
    }

    /// The file that is set, if there is one.
    pub(super) fn node_program(&self) -> Result<Option<&Path>> {
        let missing = |path: &FilePath| Failure::bad_input(format!("fleet.node_program: there is no file {}", path.display()));
        let path = self.node_program.as_ref();
        path.map(|path| if path.is_file() { Ok(&**path) } else { Err(missing(path)) }).transpose()
    }

    #[cfg(feature = "dev")]
    fn standin(&self, chain_id: u64) -> Result<NodeProgram> {
        // First, because nothing else matters without one.
        let program = self.standin_program(chain_id)?;
        let usual = (program.lease_duration, program.lease_refresh);
        Ok(NodeProgram {
            database_url: self.node_database_url()?,
            lease_duration: self.lease_duration_ms.map_or(usual.0, Duration::from_millis),
            lease_refresh: self.lease_refresh_ms.map_or(usual.1, Duration::from_millis),
            ..program
        })
    }

    /// The program of a stand-in on `chain_id`, without its database.
    #[cfg(feature = "dev")]
    fn standin_program(&self, chain_id: u64) -> Result<NodeProgram> {
        let Some(path) = self.node_program()? else { return self.no_program(chain_id) };
        let program = NodeProgram::new(path.to_owned(), Secret::new(""), chain_id);
        Ok(NodeProgram { arguments: self.node_arguments.clone(), ..program })
    }

    /// A build for development has stand-ins, for chains that were named as such.
    #[cfg(feature = "dev")]
    fn no_program(&self, chain_id: u64) -> Result<NodeProgram> {
        let refused = |error| {
            Failure::bad_input(format!(
                "fleet.node_program is not set, and {error}. Set fleet.node_program and program = \"chainlink\", or name the chain in \
                 fleet.development_chains"
            ))
        };
        let chain = linkpool_standin_node::DevelopmentChain::named(chain_id, &self.development_chains).map_err(refused)?;
        standin_node(Secret::new(""), chain)
    }

    /// How the nodes' databases are kept, where that is set.
    ///
    /// # Errors
    /// Half of it.
    pub(super) fn dump(&self) -> Result<Option<DumpSpec>> {
        match (&self.pg_dump, &self.dump_directory) {
            (Some(pg_dump), Some(directory)) => Ok(Some(DumpSpec {
                pg_dump: pg_dump.to_path_buf(),
                directory: directory.to_path_buf(),
                encryption: self.encryption()?,
                keep: std::time::Duration::from_secs(86_400 * u64::from(self.dump_keep_days)),
            })),
            (None, None) => Ok(None),
            _ => Err(Failure::bad_input("fleet.pg_dump and fleet.dump_directory belong together: set both or none")),
        }
    }

    /// Whether no wallet is funded before its node's database is kept for whoever has the private half.
    pub fn must_keep(&self) -> bool {
        let is_set = self.pg_dump.is_some() && self.dump_directory.is_some() && self.dump_recipient.is_some();
        self.program() == Program::Chainlink && is_set
    }

    /// Why no node is made: a release runs no node whose wallet nobody else could ever open. `None` where nothing keeps it from that.
    pub fn cannot_make(&self) -> Option<String> {
        self.cannot_make_in(!cfg!(feature = "dev"))
    }

    fn cannot_make_in(&self, is_release: bool) -> Option<String> {
        let lacks = is_release && self.program() == Program::Chainlink && !self.must_keep();
        lacks.then(|| {
            "a node's database is the only copy of its wallet: set fleet.pg_dump, fleet.dump_directory, fleet.dump_recipient and fleet.age, and it is kept \
             before the wallet is funded, and daily"
                .to_owned()
        })
    }

    fn encryption(&self) -> Result<Option<Encryption>> {
        match (&self.dump_recipient, &self.age) {
            (None, None) => Ok(None),
            (Some(recipient), Some(age)) if recipient.starts_with("age1") => {
                Ok(Some(Encryption { age: age.to_path_buf(), recipient: recipient.clone() }))
            }
            (Some(_), Some(_)) => Err(Failure::bad_input(
                "fleet.dump_recipient is no age recipient: `age-keygen` prints one, which begins with age1",
            )),
            _ => Err(Failure::bad_input("fleet.dump_recipient and fleet.age belong together: set both or none")),
        }
    }

    /// What is done before a node is retired.
    pub fn retire_hook(&self) -> Option<RetireHook> {
        let program = self.retire_hook.as_ref()?.to_path_buf();
        Some(RetireHook { program, limit: std::time::Duration::from_secs(self.retire_hook_seconds) })
    }

    /// Why no node is rolled to another version; `None` where nothing keeps it from that.
    pub fn cannot_keep(&self) -> Option<String> {
        let needs_it = self.program() == Program::Chainlink && (self.pg_dump.is_none() || self.dump_directory.is_none());
        needs_it.then(|| NO_DUMP.to_owned())
    }

    /// The key to the nodes' secrets.
    pub fn seal_key(&self) -> Result<SealKey> {
        let missing = || {
            Failure::bad_input(
                "set fleet.seal_key_file: a file, mode 0600, with the key to the nodes' secrets in the database; \
                 `openssl rand -hex 32` makes one, and every fleet and registrar of the pool needs the same",
            )
        };
        self.seal_key_if_set()?.ok_or_else(missing)
    }

    pub fn seal_key_if_set(&self) -> Result<Option<SealKey>> {
        let Some(path) = &self.seal_key_file else { return Ok(None) };
        let wrong = |error| Failure::bad_input(format!("fleet.seal_key_file {}: {error}", path.display()));
        SealKey::parse(&secret_file("fleet.seal_key_file", path)?).map(Some).map_err(wrong)
    }
}

/// Stand-in nodes, by this executable, for a chain on which nothing is worth anything.
#[cfg(feature = "dev")]
pub fn standin_node(database_url: Secret, chain: linkpool_standin_node::DevelopmentChain) -> Result<NodeProgram> {
    let program = anyhow::Context::context(std::env::current_exe(), "finding this executable")?;
    let arguments = vec!["standin-node".into(), "--development-chain".into(), chain.id().to_string()];
    Ok(NodeProgram { arguments, ..NodeProgram::new(program, database_url, chain.id()) })
}

#[cfg(feature = "dev")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Exit, exit};

    #[test]
    fn a_fleet_without_a_program_refuses_every_chain_that_is_not_named_for_development() {
        let refusal = |chain_id, named: &[u64]| {
            let config = FleetConfig { development_chains: named.to_vec(), ..FleetConfig::default() };
            config.standin_program(chain_id).err()
        };
        assert!(refusal(31_337, &[31_337]).is_none());
        for (chain_id, named) in [(1, vec![]), (1, vec![1, 31_337]), (31_337, vec![]), (11_155_111, vec![31_337])] {
            let error = refusal(chain_id, &named).unwrap();
            let said = error.to_string();
            assert_eq!(exit(&error), Exit::BadInput);
            assert!(said.contains(&format!("not for chain {chain_id}")) && said.contains("Set fleet.node_program"), "{said}");
        }
    }

    #[test]
    fn a_release_makes_no_chainlink_node_whose_database_nobody_else_could_open() {
        let path = || Some("/somewhere".into());
        let unkept = FleetConfig { program: Program::Chainlink, ..FleetConfig::default() };
        let kept = FleetConfig {
            pg_dump: path(),
            dump_directory: path(),
            dump_recipient: Some("age1x".into()),
            age: path(),
            program: Program::Chainlink,
            ..FleetConfig::default()
        };
        assert!(unkept.cannot_make_in(true).is_some_and(|why| why.contains("fleet.dump_recipient")));
        assert!(!unkept.must_keep() && kept.must_keep());
        assert_eq!((kept.cannot_make_in(true), unkept.cannot_make_in(false)), (None, None));
        // Who has no place for them does not keep them, whoever could read them.
        let half = FleetConfig { pg_dump: None, dump_directory: None, ..kept };
        assert!(!half.must_keep() && half.cannot_make_in(true).is_some());
        let standin = FleetConfig { program: Program::Standin, ..FleetConfig::default() };
        assert_eq!((standin.must_keep(), standin.cannot_make_in(true)), (false, None));
    }

    #[test]
    fn a_program_that_is_set_is_used_on_any_chain_and_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node");
        let config = FleetConfig {
            node_program: Some(path.to_str().unwrap().into()),
            node_arguments: vec!["run".into()],
            ..FleetConfig::default()
        };
        assert!(config.standin_program(1).unwrap_err().to_string().contains("there is no file"));
        std::fs::write(&path, "").unwrap();
        let program = config.standin_program(1).unwrap();
        assert_eq!((program.program, program.arguments, program.chain_id), (path, vec!["run".into()], 1));
    }
}
