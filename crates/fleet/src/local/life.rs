//! What says that a process of a node may live, wherever it is.

use std::path::Path;

use linkpool_db::Database;
use linkpool_process::{Life, Process};

use super::{
    chainlink::Chainlink,
    files::{Directory, failed, replica_id},
    location::Location,
};
use crate::{Error, Result};

/// A sentence for each. Where there is none, no process of the node lives: none runs here, none was last seen on another machine, nobody is
/// connected with its database, and nobody holds its lease.
///
/// # Errors
/// Where that can't be found out. Then one may live.
pub async fn signs_of_life(chainlink: &Chainlink, directory: &Path, database: &Database, node_id: &str) -> Result<Vec<String>> {
    let replicas = database.replicas_of(node_id).await?;
    let mut signs = Vec::new();
    let mut directories: Vec<Directory> = Directory::existing(directory).into_iter().collect();
    for replica in &replicas {
        let location = replica.location.as_deref().and_then(Location::parse);
        match location {
            // A directory that is gone holds no trace of anything that lives.
            Some(location) if !location.is_elsewhere() => match location.here() {
                Some(here) if !directories.contains(&here) => directories.push(here),
                _ => {}
            },
            _ => signs.push(format!(
                "{} was last seen {} at {}, which is not this machine",
                replica.replica_id,
                replica.seen_at.format("%Y-%m-%d %H:%M:%S UTC"),
                replica.location.as_deref().unwrap_or("a place that nobody knows")
            )),
        }
    }
    for directory in directories {
        for (set, ordinal) in directory.replicas()?.into_iter().filter(|(set, _)| set.node_id == node_id) {
            let trace = directory.of_replica(&set, ordinal, "process");
            if let Some(found) = Process::adopt(&trace, Life::OfItsOwn).map_err(failed(&trace))? {
                signs.push(format!("{} runs here as process {}", replica_id(&set, ordinal), found.process.id()));
            }
        }
    }
    let (sessions, lease) = chainlink.holders(node_id).await.map_err(|reason| Error::Unprepared { reason })?;
    if sessions > 0 {
        signs.push(format!("{sessions} sessions are connected with its database"));
    }
    signs.extend(lease.map(|holder| format!("{holder} holds its lease")));
    Ok(signs)
}
