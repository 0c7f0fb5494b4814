//! Ending the nodes of a machine, which otherwise outlive every fleet.

use std::{fs, path::Path, time::Duration};

use linkpool_process::{Life, Process};
use tokio::task::JoinSet;

use super::files::{Directory, failed};
use crate::{Error, Result, SetKey};

/// Ends every replica that runs out of the directory `path` and returns how many there were. They have `grace` to end.
///
/// # Errors
/// [`Error::DirectoryInUse`] while a fleet keeps them running; [`Error::File`] for a directory that is not there.
pub async fn stop_nodes(path: &Path, grace: Duration) -> Result<usize> {
    let missing = || Error::File { path: path.to_owned(), cause: std::io::ErrorKind::NotFound.into() };
    let directory = Directory::existing(path).ok_or_else(missing)?;
    stop_replicas(&directory, grace, |_| true).await
}

/// Ends those of the sets that `are_meant`.
pub(super) async fn stop_replicas(directory: &Directory, grace: Duration, are_meant: impl Fn(&SetKey) -> bool) -> Result<usize> {
    let _held = directory.hold()?;
    // Together they take one grace, not one each.
    let mut ends = JoinSet::new();
    for (set, ordinal) in directory.replicas()?.into_iter().filter(|(set, _)| are_meant(set)) {
        let trace = directory.of_replica(&set, ordinal, "process");
        let Some(found) = Process::adopt(&trace, Life::OfItsOwn).map_err(failed(&trace))? else { continue };
        ends.spawn(async move {
            let mut process = found.process;
            process.stop(grace).await.map_err(failed(&trace))?;
            fs::remove_file(&trace).map_err(failed(&trace))
        });
    }
    let mut stopped = 0;
    while let Some(end) = ends.join_next().await {
        // It would be a panic.
        end.map_err(|error| failed(directory.path())(error.into()))??;
        stopped += 1;
    }
    Ok(stopped)
}
