//! Data directories that live as long as their part.
//!
//! A process that is killed cannot tidy up, so each new directory first sweeps those whose owners are gone.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{Error, Result, lock::DataLock};

const PREFIX: &str = "linkpool-ephemeral-";

/// A locked directory of its own, removed on drop.
#[derive(Debug)]
pub(crate) struct EphemeralDir {
    path: PathBuf,
}

impl EphemeralDir {
    pub(crate) async fn new(what: &'static str) -> Result<(Self, DataLock)> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        // Locked under another name first: the sweep of another process must never meet it unlocked.
        let unnamed = tempfile::Builder::new().prefix("linkpool-new-").tempdir_in(&parent);
        let unnamed = unnamed.map_err(Error::io(format!("make a folder in {}", parent.display())))?;
        let lock = DataLock::acquire(unnamed.path(), what, Duration::ZERO).await?;
        // Postgres may run as another user; the data inside stay closed to it by their own modes.
        let open = fs::set_permissions(unnamed.path(), fs::Permissions::from_mode(0o711));
        open.map_err(Error::io("open a temporary folder"))?;
        let path = parent.join(format!("{PREFIX}{}", uuid::Uuid::new_v4().simple()));
        fs::rename(unnamed.path(), &path).map_err(Error::io(format!("make {}", path.display())))?;
        let _moved = unnamed.keep();
        Ok((Self { path }, lock))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for EphemeralDir {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "a temporary folder stays until the next sweep");
        }
    }
}

/// Removes what killed processes of this user left behind.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    let me = rustix::process::geteuid().as_raw();
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == me);
        if ours && DataLock::is_abandoned(&entry.path()) {
            // Two sweeps may meet on one folder; whatever is left is taken by the next.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
