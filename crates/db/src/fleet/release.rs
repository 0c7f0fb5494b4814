//! What the replicas of a generation are started with, where that is not what the settings say.

use serde::{Deserialize, Serialize};

use crate::{
    Database, Result,
    column::row,
    pool::Connection,
    statement::{all, args, one, run},
};

/// Longest configuration of a release.
pub const MAX_CONFIG_BYTES: usize = 65_536;

row! {
    /// One row of `fleet_release`. What it does not name is as the settings say.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    Release {
        number = "release_number": u32,
        /// A path on the fleet's machine.
        program: Option<String>,
        /// The one that the program must have.
        version: Option<String>,
        /// The node's own TOML; it may hold a key.
        config: Option<String>,
    }
}

impl std::fmt::Debug for Release {
    /// Without the configuration.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { number, program, version, config } = self;
        f.debug_struct("Release")
            .field("number", number)
            .field("program", program)
            .field("version", version)
            .field("config", &config.as_ref().map(String::len))
            .finish()
    }
}

/// A release to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRelease<'a> {
    pub program: Option<&'a str>,
    pub version: Option<&'a str>,
    pub config: Option<&'a str>,
}

impl Database {
    /// The releases of these numbers. For the fleet: a configuration may hold a key.
    pub async fn releases(&self, numbers: &[u32]) -> Result<Vec<Release>> {
        let select = "select release_number, program, version, config from fleet_release left join fleet_release_config using (release_number)
              where release_number = any($1)";
        all(&self.pool, select, args![numbers.to_vec()]).await
    }
}

/// Stores a release under the next number. Callers come one after the other: they hold the roll-out's lock.
pub(super) async fn store(connection: &mut Connection, release: &NewRelease<'_>) -> Result<u32> {
    let insert = "insert into fleet_release (release_number, program, version, config_digest)
         select coalesce(max(release_number), 0) + 1, $1, $2, sha256(convert_to($3, 'UTF8')) from fleet_release returning release_number";
    let number: u32 = one(&mut *connection, insert, args![release.program, release.version, release.config]).await?;
    if let Some(config) = release.config {
        let insert = "insert into fleet_release_config (release_number, config) values ($1, $2)";
        run(&mut *connection, insert, args![number, config]).await?;
    }
    Ok(number)
}
