//! The command line of a stand-in node.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use linkpool_chainlink::Secret;

use crate::{
    AdminCredentials, DevelopmentChain, FaultSet, LeaseTiming, ReplicaConfig, Schema, StandinConfig, StandinError,
    config::milliseconds, run_until_signal,
};

/// Holds the database URL if `--database-url-file` is not given.
const DATABASE_URL_VARIABLE: &str = "LINKPOOL_STANDIN_DATABASE_URL";

/// Runs one replica of a stand-in Chainlink node: the node's API and database lease, for development and tests.
///
/// Its wallet's private key lies unencrypted in its database: never send it anything of value.
#[derive(Clone, Debug, clap::Args)]
pub struct StandinArgs {
    /// File (mode 0600) with the postgres:// URL; default: the variable LINKPOOL_STANDIN_DATABASE_URL
    #[arg(long, value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,

    /// The node's schema in that database; the replicas of one node share it
    #[arg(long)]
    pub schema: Schema,

    /// Address of the API once this replica is active; port 0 lets the system choose
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// File that holds the API's actual address for as long as it listens
    #[arg(long, value_name = "FILE")]
    pub port_file: Option<PathBuf>,

    /// Id of the node's EVM chain
    #[arg(long)]
    pub chain_id: u64,

    /// A chain on which nothing is worth anything; the node runs on no other
    #[arg(long, value_name = "CHAIN_ID")]
    pub development_chain: Vec<u64>,

    /// File (mode 0600) with the URL of an RPC endpoint; without it the node makes no transfers
    #[arg(long, value_name = "FILE")]
    pub rpc_url_file: Option<PathBuf>,

    /// File (mode 0600) with two lines: e-mail and password of the first API user
    #[arg(long, value_name = "FILE")]
    pub api_credentials_file: PathBuf,

    #[command(flatten)]
    pub lease: LeaseTiming,

    /// The replica's own directory, which holds the secret of its sessions; without it they end with the replica
    #[arg(long, value_name = "DIRECTORY")]
    pub root_directory: Option<PathBuf>,

    /// Time between two looks at the own health, in milliseconds; until the second one the node says that it fails
    #[arg(long = "health-interval-ms", value_name = "MS", default_value = "15000", value_parser = milliseconds)]
    pub health_interval: Duration,

    /// Faults to show from the start, such as html or slow-bytes=100, separated by commas
    #[arg(long, default_value = "")]
    pub faults: FaultSet,
}

impl StandinArgs {
    /// Reads the files that the arguments name.
    ///
    /// # Errors
    /// [`StandinError::NotForDevelopment`]; [`StandinError::File`] for a file that is missing, too open or malformed; [`StandinError::BadConfig`] if there
    /// is no database URL.
    pub fn config(&self) -> Result<StandinConfig, StandinError> {
        let chain = DevelopmentChain::named(self.chain_id, &self.development_chain)?;
        let database_url = match &self.database_url_file {
            Some(path) => Secret::new(read_secret(path)?.trim()),
            None => Secret::new(std::env::var(DATABASE_URL_VARIABLE).map_err(|_| StandinError::BadConfig {
                reason: format!("no database: give --database-url-file or set {DATABASE_URL_VARIABLE}"),
            })?),
        };
        let admin = admin(&self.api_credentials_file)?;
        let replica = ReplicaConfig {
            listen: self.listen,
            port_file: self.port_file.clone(),
            lease: self.lease,
            root_directory: self.root_directory.clone(),
            health_interval: self.health_interval,
            faults: self.faults.clone(),
            rpc_url: self.rpc_url_file.as_deref().map(read_secret).transpose()?.map(|text| Secret::new(text.trim())),
            ..ReplicaConfig::new(self.schema.clone(), chain, admin)
        };
        replica.check()?;
        Ok(StandinConfig { database_url, replica })
    }

    /// Runs the replica until SIGTERM or SIGINT, which release the lease, or until the lease is lost.
    ///
    /// # Errors
    /// [`StandinError`]; its `exit_code()` is for the process.
    pub async fn run(self) -> Result<(), StandinError> {
        run_until_signal(self.config()?).await
    }
}

fn admin(path: &Path) -> Result<AdminCredentials, StandinError> {
    AdminCredentials::parse(&read_secret(path)?)
        .map_err(|reason| StandinError::File { path: path.to_owned(), reason: reason.to_owned() })
}

/// The text of a file that only its owner may read.
fn read_secret(path: &Path) -> Result<String, StandinError> {
    linkpool_secrets::read(path).map_err(|fault| StandinError::File { path: path.to_owned(), reason: fault.to_string() })
}

#[cfg(test)]
mod tests {
    use std::{fs, io, os::unix::fs::PermissionsExt};

    use super::*;

    fn check(mode: u32, text: &str, expect: Result<(), &str>) -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("secret");
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        match (admin(&path), expect) {
            (Ok(admin), Ok(())) => assert_eq!(admin.password.expose(), "a password of 23 chars"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (outcome, _) => panic!("{mode:o} {text:?}: {outcome:?}"),
        }
        Ok(())
    }

    #[test]
    fn the_credentials_file_is_two_lines_that_only_the_owner_can_read() -> io::Result<()> {
        let good = "admin@node.local\na password of 23 chars\n";
        check(0o600, good, Ok(()))?;
        check(0o400, good, Ok(()))?;
        check(0o640, good, Err("chmod 600"))?;
        check(0o604, good, Err("chmod 600"))?;
        check(0o600, &format!("{good}and what nobody reads\n"), Ok(()))?;
        check(0o600, "admin@node.local", Err("two lines"))?;
        check(0o600, &"x".repeat(20_000), Err("too long"))
    }
}
