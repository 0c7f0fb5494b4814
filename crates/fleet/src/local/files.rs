//! The files of the local backend: one directory for a machine's fleets, one in it for each node.
//!
//! ```text
//! <directory>/lock                    held by the fleet that runs the nodes in it
//! <directory>/wanted                  touched by one that leads and waits for it
//! <directory>/<node>/api-credentials  0600: e-mail and password of the node's API
//! <directory>/<node>/<replica>.port, .log, .process, and what the launcher writes
//! <directory>/<node>/g<generation>-release   0600: what its replicas are started with, where the settings do not say it
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf, absolute},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use linkpool_db::fleet::Release;
use rustix::fs::{FlockOperation, flock};

use crate::{Error, Login, Result, SetKey};

/// The login of a node's API, in its directory.
pub(super) const CREDENTIALS: &str = "api-credentials";
/// Touched by a fleet that leads and waits for the directory.
const WANTED: &str = "wanted";
/// Longer than the time between two attempts of the one that waits.
const ASKED_FOR_AGE: Duration = Duration::from_secs(4);

/// A fleet's directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Directory(PathBuf);

/// Held by the one fleet that runs the nodes of a directory. The system lets go of it when that fleet ends, however it ends.
#[derive(Debug)]
pub(super) struct Held(#[allow(dead_code, reason = "kept open")] File);

impl Directory {
    pub fn make(path: &Path) -> Result<Self> {
        let path = absolute(path).map_err(failed(path))?;
        make_directory(&path)?;
        Ok(Self(path))
    }

    /// One that is there already.
    pub fn existing(path: &Path) -> Option<Self> {
        path.is_dir().then(|| Self(path.to_owned()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn hold(&self) -> Result<Held> {
        let path = self.0.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(failed(&path))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Held(lock)),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::DirectoryInUse { directory: self.0.clone() }),
            Err(error) => Err(failed(&path)(error.into())),
        }
    }

    /// Lets whoever holds it know that somebody waits for it.
    pub fn ask_for(&self) -> Result<()> {
        let path = self.0.join(WANTED);
        fs::write(&path, "").map_err(failed(&path))
    }

    /// Whether somebody waits for it, or did until a moment ago.
    pub fn is_asked_for(&self) -> bool {
        let asked = self.0.join(WANTED).metadata().and_then(|file| file.modified());
        asked.is_ok_and(|at| at.elapsed().unwrap_or_default() < ASKED_FOR_AGE)
    }

    /// The directory of a node, with its API login in it.
    pub fn prepare(&self, node_id: &str, login: &Login) -> Result<()> {
        make_directory(&self.0.join(node_id))?;
        write_secret(&self.credentials(node_id), login.text().expose())
    }

    /// The login of a node that was made here before logins were kept in the database.
    pub fn login(&self, node_id: &str) -> Result<Option<Login>> {
        let path = self.credentials(node_id);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(failed(&path))?,
        };
        Ok(Login::parse(&text))
    }

    /// Keeps what the replicas of a set are started with.
    pub fn keep_release(&self, set: &SetKey, release: Option<&Release>) -> Result<()> {
        let Some(release) = release else { return Ok(()) };
        let path = self.release_file(set);
        let text = serde_json::to_string(release).map_err(|error| failed(&path)(error.into()))?;
        write_secret(&path, &text)
    }

    /// What they are started with; `None` for what the settings say.
    pub fn release(&self, set: &SetKey) -> Result<Option<Release>> {
        let path = self.release_file(set);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path)(error)),
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| failed(&path)(error.into())),
        }
    }

    fn release_file(&self, set: &SetKey) -> PathBuf {
        self.0.join(&set.node_id).join(format!("g{}-release", set.generation))
    }

    /// Removes what a set has left here, but for its logs: they say why it went.
    pub fn forget(&self, set: &SetKey) -> Result<()> {
        let node = self.node(&set.node_id);
        let entries = match fs::read_dir(&node) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(failed(&node))?,
        };
        let prefix = format!("g{}-", set.generation);
        for entry in entries {
            let path = entry.map_err(failed(&node))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !name.starts_with(&prefix) || name.contains(".log") {
                continue;
            }
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    pub fn credentials(&self, node_id: &str) -> PathBuf {
        self.0.join(node_id).join(CREDENTIALS)
    }

    pub fn node(&self, node_id: &str) -> PathBuf {
        self.0.join(node_id)
    }

    /// A file of one replica.
    pub fn of_replica(&self, set: &SetKey, ordinal: u16, kind: &str) -> PathBuf {
        self.0.join(&set.node_id).join(format!("{}.{kind}", replica_id(set, ordinal)))
    }

    /// Every replica that was ever started here, dead or alive.
    pub fn replicas(&self) -> Result<Vec<(SetKey, u16)>> {
        let mut found = Vec::new();
        for node in fs::read_dir(&self.0).map_err(failed(&self.0))? {
            let node = node.map_err(failed(&self.0))?.path();
            let Some(id) = node.file_name().and_then(|name| name.to_str()).filter(|_| node.is_dir()) else { continue };
            for file in fs::read_dir(&node).map_err(failed(&node))? {
                let file = file.map_err(failed(&node))?.file_name();
                let Some((generation, ordinal)) =
                    file.to_str().and_then(|name| name.strip_suffix(".process")?.strip_prefix('g')?.split_once('-'))
                else {
                    continue;
                };
                if let (Ok(generation), Ok(ordinal)) = (generation.parse(), ordinal.parse()) {
                    found.push((SetKey { node_id: id.to_owned(), generation }, ordinal));
                }
            }
        }
        Ok(found)
    }
}

/// What other rooms call a replica of this backend; its files are named by it.
pub(super) fn replica_id(set: &SetKey, ordinal: u16) -> String {
    format!("g{}-{ordinal}", set.generation)
}

fn make_directory(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed(path))
}

/// Writes a file that only its owner may read, whole or not at all. Not where it says so already: a replica may be reading it.
pub(super) fn write_secret(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    // Both replicas of a node may need it at once.
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let partial = path.with_extension(format!("partial-{}", WRITES.fetch_add(1, Ordering::Relaxed)));
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().map_err(failed(path))
}

pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |cause| Error::File { path, cause }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_for_their_owner_alone_and_a_login_is_read_as_it_was_written() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let directory = Directory::make(&temporary.path().join("fleet"))?;
        assert_eq!(directory.login("0123456789ab")?, None);
        let login = Login::new("0123456789ab");
        directory.prepare("0123456789ab", &login)?;
        assert_eq!(directory.login("0123456789ab")?, Some(login));
        let another = directory.path().join("0123456789ab/database-url");
        write_secret(&another, "postgres://x")?;
        for secret in [directory.credentials("0123456789ab"), another] {
            assert_eq!(fs::metadata(&secret)?.permissions().mode() & 0o777, 0o600, "{}", secret.display());
        }
        Ok(())
    }

    #[test]
    fn a_directory_is_held_by_one_fleet_at_a_time() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let directory = Directory::make(temporary.path())?;
        let first = directory.hold()?;
        assert!(matches!(directory.hold(), Err(Error::DirectoryInUse { .. })));
        drop(first);
        directory.hold()?;
        Ok(())
    }

    #[test]
    fn what_was_started_is_listed_and_other_files_are_not() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let directory = Directory::make(temporary.path())?;
        let key = SetKey { node_id: "0123456789ab".into(), generation: 3 };
        directory.prepare(&key.node_id, &Login::new(&key.node_id))?;
        for (ordinal, kind) in [(1, "process"), (0, "log"), (0, "port")] {
            fs::write(directory.of_replica(&key, ordinal, kind), "")?;
        }
        fs::write(temporary.path().join("0123456789ab/gx-y.process"), "")?;
        assert_eq!(directory.replicas()?, [(key, 1)]);
        Ok(())
    }
}
