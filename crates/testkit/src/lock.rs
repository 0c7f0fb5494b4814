//! Tells who works on a data directory: nobody, a living process, or a child whose parent has just died.
//!
//! Two files are locked with `flock`, which the kernel releases when the last holder is gone, so neither a stale file nor a
//! reused process number can deceive. `owner.lock` belongs to the process that starts the part. `child.lock` is inherited by
//! the part itself and all its descendants, and so stays locked until the last of them has ended.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{Error, Result};

/// An owner lock is freed the moment its process dies; a fork in another thread may hold it for an instant.
const OWNER_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The right to work on one data directory, until it is dropped and the child has ended.
#[derive(Debug)]
pub struct DataLock {
    _owner: File,
    child: File,
}

impl DataLock {
    /// Makes the directory (mode 0700) and locks it. Waits up to `patience` for a dying predecessor.
    pub async fn acquire(dir: &Path, what: &'static str, patience: Duration) -> Result<Self> {
        make_private_dir(dir)?;
        let mut owner = open(&dir.join("owner.lock"))?;
        if !lock_within(&owner, OWNER_TIMEOUT).await? {
            let mut pid = String::new();
            owner.read_to_string(&mut pid).map_err(Error::io("read owner.lock"))?;
            return Err(Error::InUse { what, dir: dir.to_owned(), pid: pid.trim().to_owned() });
        }
        record_pid(&mut owner)?;
        let child = open(&dir.join("child.lock"))?;
        if !lock_within(&child, patience).await? {
            return Err(Error::StillStopping { what, dir: dir.to_owned(), seconds: patience.as_secs() });
        }
        Ok(Self { _owner: owner, child })
    }

    /// The lock to be inherited by the child.
    pub fn for_child(&self) -> Result<OwnedFd> {
        Ok(self.child.try_clone().map_err(Error::io("duplicate child.lock"))?.into())
    }

    /// Whether a directory was locked once and is not any more. A directory that never was belongs to somebody else.
    pub(crate) fn is_abandoned(dir: &Path) -> bool {
        ["owner.lock", "child.lock"].iter().all(|name| File::open(dir.join(name)).is_ok_and(|file| file.try_lock().is_ok()))
    }
}

/// Makes a directory that only its owner may enter, with its parents.
pub(crate) fn make_private_dir(dir: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = match dir.parent() {
        Some(parent) => fs::create_dir_all(parent),
        None => Ok(()),
    };
    made.and_then(|()| match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        other => other,
    })
    .map_err(Error::io(format!("make {}", dir.display())))
}

fn open(path: &PathBuf) -> Result<File> {
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    options.map_err(Error::io(format!("open {}", path.display())))
}

async fn lock_within(file: &File, patience: Duration) -> Result<bool> {
    let deadline = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Ok(false),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(POLL_INTERVAL).await,
            Err(TryLockError::Error(error)) => return Err(Error::io("lock a data directory")(error)),
        }
    }
}

fn record_pid(owner: &mut File) -> Result<()> {
    owner
        .set_len(0)
        .and_then(|()| owner.rewind())
        .and_then(|()| writeln!(owner, "{}", std::process::id()))
        .map_err(Error::io("write owner.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT_TIMEOUT: Duration = Duration::from_millis(60);

    #[tokio::test]
    async fn a_second_owner_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let _first = DataLock::acquire(dir.path(), "anvil", SHORT_TIMEOUT).await.expect("a free directory");
        let refused = DataLock::acquire(dir.path(), "anvil", SHORT_TIMEOUT).await.expect_err("the directory is in use");
        assert!(refused.to_string().contains(&format!("in use by process {}", std::process::id())), "{refused}");
    }

    #[tokio::test]
    async fn the_childs_lock_outlives_its_owner() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let first = DataLock::acquire(dir.path(), "anvil", SHORT_TIMEOUT).await.expect("a free directory");
        let inherited = first.for_child().expect("a duplicate");
        drop(first);
        assert!(!DataLock::is_abandoned(dir.path()));
        let refused = DataLock::acquire(dir.path(), "anvil", SHORT_TIMEOUT).await.expect_err("the child still writes");
        assert!(refused.is_transient(), "{refused}");
        drop(inherited);
        assert!(DataLock::is_abandoned(dir.path()));
        DataLock::acquire(dir.path(), "anvil", SHORT_TIMEOUT).await.expect("the child has ended");
    }
}
