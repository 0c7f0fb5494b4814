//! A cluster is made once, under another name, and renamed when it is whole: a killed `initdb` leaves nothing behind that
//! looks like a database.

use rustix::process::Signal;
use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use super::run_as::{RunAs, copy_tree};
use crate::{
    Error, Result, Tools,
    lock::DataLock,
    process::{ChildOptions, ChildProcess},
};

/// The role that owns everything in a cluster of ours.
pub(super) const ROLE: &str = "linkpool";
const MAJOR_VERSION: &str = "18";
const INITDB_TIMEOUT: Duration = Duration::from_secs(120);
const PARTIAL: &str = "cluster.partial";

/// A cluster on disk, ready to be served.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) dir: PathBuf,
    pub(super) password: String,
}

impl Cluster {
    /// Opens the cluster in `home`, or makes it. The caller holds the lock of the data directory.
    pub(super) async fn open(home: &Path, native: &Path, run_as: RunAs, lock: &DataLock) -> Result<Self> {
        let dir = home.join("cluster");
        let password_file = home.join("password");
        if dir.exists() {
            check_version(&dir)?;
            let password = fs::read_to_string(&password_file).map_err(Error::io(format!("read {}", password_file.display())))?;
            return Ok(Self { dir, password: password.trim().to_owned() });
        }
        let password = new_password(&password_file)?;
        let partial = home.join(PARTIAL);
        remove_if_there(&partial)?;
        fs::create_dir(&partial).map_err(Error::io(format!("make {}", partial.display())))?;
        run_as.own(&partial)?;
        run_initdb(&partial, &password_file, native, run_as, lock).await?;
        fs::rename(&partial, &dir).map_err(Error::io(format!("make {}", dir.display())))?;
        Ok(Self { dir, password })
    }

    /// A throw-away cluster: a copy of a template that `initdb` made once for this installation.
    pub(super) async fn ephemeral(home: &Path, native: &Path, run_as: RunAs, lock: &DataLock, tools: &Tools) -> Result<Self> {
        if run_as == RunAs::Nobody {
            return Self::open(home, native, run_as, lock).await;
        }
        let template = tools.node_modules().join(format!(".cache/linkpool-postgres-{}", template_name(native)));
        if !template.join("cluster").exists() && copy_of_fresh(&template, native, run_as, lock).await.is_err() {
            // The installation may be read-only; then every cluster is rebuilt.
            return Self::open(home, native, run_as, lock).await;
        }
        copy_tree(&template.join("cluster"), &home.join("cluster"))?;
        copy_tree(&template.join("password"), &home.join("password"))?;
        Self::open(home, native, run_as, lock).await
    }
}

/// Makes the template beside its final name, so that two processes can do it at once and one of them wins.
async fn copy_of_fresh(template: &Path, native: &Path, run_as: RunAs, lock: &DataLock) -> Result<()> {
    let parent = template.parent().unwrap_or(template);
    fs::create_dir_all(parent).map_err(Error::io(format!("make {}", parent.display())))?;
    let fresh = tempfile::tempdir_in(parent).map_err(Error::io(format!("make a folder in {}", parent.display())))?;
    Cluster::open(fresh.path(), native, run_as, lock).await?;
    match fs::rename(fresh.path(), template) {
        Err(error) if !template.join("cluster").exists() => Err(Error::io(format!("make {}", template.display()))(error)),
        _ => Ok(()),
    }
}

/// A cluster belongs to the user that made it and to the version it was made with.
fn template_name(native: &Path) -> String {
    let package = native.parent().map(|package| package.join("package.json"));
    let version = package.and_then(|file| fs::read(file).ok());
    let version = version.and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    let version = version.as_ref().and_then(|json| json["version"].as_str()).unwrap_or(MAJOR_VERSION).to_owned();
    format!("{version}-{}", rustix::process::geteuid().as_raw())
}

async fn run_initdb(dir: &Path, password_file: &Path, native: &Path, run_as: RunAs, lock: &DataLock) -> Result<()> {
    let mut command = run_as.command(&native.join("bin/initdb"));
    command.arg("-D").arg(dir).arg(format!("--pwfile={}", password_file.display()));
    // Connections from this machine need the password; the socket lies in the cluster's own folder, closed to others.
    command.args(["-U", ROLE, "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]);
    // A random password of 122 bits gains nothing from slow hashing, and each connection of a test would pay for it.
    command.args(["--wal-segsize=1", "-c", "scram_iterations=1"]);
    let handed = tempfile::NamedTempFile::new().map_err(Error::io("make a temporary file"))?;
    if run_as == RunAs::Nobody {
        fs::copy(password_file, handed.path()).map_err(Error::io("copy the password"))?;
        run_as.own(handed.path())?;
        command.arg(format!("--pwfile={}", handed.path().display()));
    }
    let log = dir.with_extension("initdb.log");
    let options = ChildOptions { what: "initdb", stop_signal: Signal::TERM, log: log.clone(), lock: Some(lock.for_child()?) };
    let process = ChildProcess::spawn(command, options)?;
    match tokio::time::timeout(INITDB_TIMEOUT, process.wait()).await {
        Ok(Some(status)) if status.success() => {}
        Ok(_) => return Err(process.not_started("it failed")),
        Err(_) => return Err(process.not_started(format!("not finished within {} s", INITDB_TIMEOUT.as_secs()))),
    }
    fs::remove_file(log).map_err(Error::io("remove the log of initdb"))
}

fn new_password(file: &Path) -> Result<String> {
    let password = uuid::Uuid::new_v4().simple().to_string();
    let write = || {
        let mut handle = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(file)?;
        writeln!(handle, "{password}")
    };
    write().map_err(Error::io(format!("write {}", file.display())))?;
    Ok(password)
}

fn check_version(dir: &Path) -> Result<()> {
    let found = fs::read_to_string(dir.join("PG_VERSION")).unwrap_or_default();
    if found.trim() == MAJOR_VERSION {
        return Ok(());
    }
    let found = if found.is_empty() { "no version" } else { found.trim() };
    let message =
        format!("{} was made by Postgres {found}, but this is {MAJOR_VERSION}: move it away to start afresh", dir.display());
    Err(Error::Data { message })
}

fn remove_if_there(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(format!("remove {}", dir.display()))(error)),
        _ => Ok(()),
    }
}
