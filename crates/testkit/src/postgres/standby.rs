//! A second server that follows the first, and takes its place.

use std::{fs, io, os::unix::fs::FileTypeExt, path::Path, time::Duration};

use tokio::time::Instant;

use super::{
    Postgres, PostgresOptions,
    admin::AdminConnection,
    cluster::{Cluster, ROLE},
    run_as::RunAs,
    server::{NAME, serve},
};
use crate::{Error, Result, Tools, ephemeral::EphemeralDir};

/// What belongs to the copied server alone: its process, its log and its own standbys' settings.
const LEFT_OUT: [&str; 3] = ["postmaster.pid", "postmaster.opts", "postgresql.auto.conf"];
/// Comes by the stream; only the folder has to be there.
const STREAMED: &str = "pg_wal";
const FOLLOW_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

impl Postgres {
    /// Starts a standby from a copy that is made while this server works (PostgreSQL documentation, "Making a Base Backup Using
    /// the Low Level API"), and returns when every commit here waits for it: whatever was answered is not lost with this server.
    pub async fn standby(&self, tools: &Tools) -> Result<Self> {
        let run_as = RunAs::detect();
        let native = run_as.reachable_programs(&tools.postgres()?)?;
        let (ephemeral, lock) = EphemeralDir::new(NAME).await?;
        let dir = run_as.reachable_home(ephemeral.path())?.join("cluster");
        let cluster = Cluster { dir, password: self.cluster.password.clone() };
        self.copy_to(&cluster.dir, run_as)?;
        let (process, port) = serve(&cluster.dir, &native, run_as, &PostgresOptions::default(), &lock).await?;
        let standby = Self { process, _lock: lock, ephemeral: Some(ephemeral), cluster, port };
        self.until_replication("state = 'streaming'").await?;
        self.set("synchronous_standby_names", "'*'")?;
        self.until_replication("sync_state = 'sync'").await?;
        Ok(standby)
    }

    /// Makes a standby the primary: it takes writes when this returns. It waits for no standby of its own.
    pub fn promote(&self) -> Result<()> {
        let promoted = self.run("postgres", "select pg_promote()")?;
        if promoted == ["t"] { Ok(()) } else { Err(Error::Data { message: "the standby was not promoted in time".into() }) }
    }

    /// Changes a setting of the whole server, for those who are connected, too.
    pub fn set(&self, name: &str, value: &str) -> Result<()> {
        // Two calls, because the first takes part in no transaction.
        self.run("postgres", &format!("alter system set {name} = {value}"))?;
        self.run("postgres", "select pg_reload_conf()").map(drop)
    }

    fn copy_to(&self, dir: &Path, run_as: RunAs) -> Result<()> {
        let mut connection = AdminConnection::open(&self.cluster.dir, self.port, "postgres")?;
        connection.run("select pg_backup_start('standby', true)")?;
        copy(&self.cluster.dir, dir).map_err(Error::io(format!("copy {}", self.cluster.dir.display())))?;
        let label = connection.run("select labelfile from pg_backup_stop(false)")?.concat();
        let follow =
            format!("primary_conninfo = 'host=127.0.0.1 port={} user={ROLE} password={}'\n", self.port, self.cluster.password);
        for (name, text) in [("backup_label", label), ("standby.signal", String::new()), ("postgresql.auto.conf", follow)] {
            fs::write(dir.join(name), text).map_err(Error::io(format!("write {name}")))?;
        }
        own(dir, run_as)
    }

    async fn until_replication(&self, holds: &str) -> Result<()> {
        let deadline = Instant::now() + FOLLOW_TIMEOUT;
        while self.run("postgres", &format!("select 1 from pg_stat_replication where {holds}"))?.is_empty() {
            if Instant::now() > deadline {
                return Err(Error::Data { message: format!("no standby has {holds} within {} s", FOLLOW_TIMEOUT.as_secs()) });
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }
}

/// Copies a folder in which files come, change and go. What changes meanwhile, the server's log of changes makes good.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, from.metadata()?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, source) = (entry.file_name(), entry.path());
        let kind = entry.file_type()?;
        let is_left_out = name.to_str().is_some_and(|name| LEFT_OUT.contains(&name)) || kind.is_socket();
        let copied = match kind.is_dir() {
            _ if is_left_out => continue,
            true if name == STREAMED => fs::create_dir(to.join(&name)),
            true => copy(&source, &to.join(&name)),
            false => fs::copy(&source, to.join(&name)).map(drop),
        };
        match copied {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            copied => copied?,
        }
    }
    Ok(())
}

/// Gives all of it to whom the server runs as.
fn own(path: &Path, run_as: RunAs) -> Result<()> {
    run_as.own(path)?;
    if run_as == RunAs::Nobody && path.is_dir() {
        for entry in fs::read_dir(path).map_err(Error::io(format!("read {}", path.display())))? {
            own(&entry.map_err(Error::io("read a folder"))?.path(), run_as)?;
        }
    }
    Ok(())
}
