//! The files of the local backend: one directory for the fleet, one in it for each node.
//!
//! ```text
//! <directory>/lock                    held by the fleet that uses the directory
//! <directory>/node-database-url       0600
//! <directory>/<node>/api-credentials  0600: e-mail and password of the node's API, made once
//! <directory>/<node>/<generation>-<slot>.port, .log
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use linkpool_chainlink::Secret;
use rustix::fs::{FlockOperation, flock};
use uuid::Uuid;

use crate::{Error, Result};

/// A log that has grown beyond this is set aside at the replica's next start; one older log is kept.
const MAX_LOG_BYTES: u64 = 8 << 20;

/// The fleet's directory, ours for as long as this lives.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    pub fn take(path: &Path) -> Result<Self> {
        make_directory(path)?;
        let lock_path = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(failed(&lock_path))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::DirectoryInUse { directory: path.to_owned() }),
            Err(error) => Err(failed(&lock_path)(error.into())),
        }
    }

    pub fn database_url_file(&self) -> PathBuf {
        self.path.join("node-database-url")
    }

    pub fn write_database_url(&self, url: &Secret) -> Result<()> {
        replace_secret(&self.database_url_file(), url.expose())
    }

    /// The directory of a node, with its API login; both are made at its first start here.
    pub fn node(&self, node_id: &str) -> Result<PathBuf> {
        let directory = self.path.join(node_id);
        make_directory(&directory)?;
        let credentials = credentials_file(&directory);
        if !credentials.exists() {
            // The node accepts 16 to 50 characters; these hold 122 random bits.
            replace_secret(&credentials, &format!("{node_id}@linkpool.internal\n{}\n", Uuid::new_v4().simple()))?;
        }
        Ok(directory)
    }
}

pub(super) fn credentials_file(node_directory: &Path) -> PathBuf {
    node_directory.join("api-credentials")
}

/// Opens a replica's log for appending.
pub(super) fn open_log(path: &Path) -> Result<File> {
    if fs::metadata(path).is_ok_and(|log| log.len() > MAX_LOG_BYTES) {
        fs::rename(path, path.with_extension("log.1")).map_err(failed(path))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(failed(path))
}

fn make_directory(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed(path))
}

/// Writes a file that only its owner may read, whole or not at all.
fn replace_secret(path: &Path, text: &str) -> Result<()> {
    let partial = path.with_extension("partial");
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |cause| Error::File { path, cause }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_nodes_login_is_made_once_and_only_its_owner_can_read_it() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let directory = Directory::take(&temporary.path().join("fleet"))?;
        let node = directory.node("0123456789ab")?;
        let first = fs::read_to_string(credentials_file(&node))?;
        directory.node("0123456789ab")?;
        assert_eq!(fs::read_to_string(credentials_file(&node))?, first);
        let lines: Vec<&str> = first.lines().collect();
        assert!(lines.len() == 2 && lines[0].contains('@') && (16..=50).contains(&lines[1].len()), "{first}");
        directory.write_database_url(&Secret::new("postgres://x"))?;
        for secret in [credentials_file(&node), directory.database_url_file()] {
            assert_eq!(fs::metadata(&secret)?.permissions().mode() & 0o777, 0o600, "{}", secret.display());
        }
        Ok(())
    }

    #[test]
    fn a_directory_belongs_to_one_fleet_at_a_time() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let first = Directory::take(temporary.path())?;
        assert!(matches!(Directory::take(temporary.path()), Err(Error::DirectoryInUse { .. })));
        drop(first);
        Directory::take(temporary.path())?;
        Ok(())
    }
}
