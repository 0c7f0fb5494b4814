use rustix::process::Signal;
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

use super::{admin::AdminConnection, cluster::Cluster, cluster::ROLE, run_as::RunAs};
use crate::{
    Error, Result, Tools,
    ephemeral::EphemeralDir,
    lock::DataLock,
    process::{ChildOptions, ChildProcess, log_tail},
};

pub(super) const NAME: &str = "Postgres";
/// Recovery after a crash reads at most 64 MB of log.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// A fast shutdown writes one checkpoint.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(60);
/// Another process may take the free port between our look and the server's start.
const PORT_ATTEMPTS: u32 = 5;

/// How the server shall run. The default is ephemeral, on a free port, without waiting for the disk.
#[derive(Debug, Clone, Default)]
pub struct PostgresOptions {
    /// Where the cluster is kept between runs; none for one that is thrown away.
    pub data_dir: Option<PathBuf>,
    /// 0 for a free port.
    pub port: u16,
    /// Whether a commit waits for the disk. Without it a power cut can lose data, a killed process cannot.
    pub durable: bool,
    /// As whom; none finds the best way.
    pub run_as: Option<RunAs>,
}

/// A running server. Dropping it stops it; `stop` also waits for the end.
#[derive(Debug)]
pub struct Postgres {
    // Fields drop in this order: the process is told to stop before its lock and its folder go.
    pub(super) process: ChildProcess,
    pub(super) _lock: DataLock,
    pub(super) ephemeral: Option<EphemeralDir>,
    pub(super) cluster: Cluster,
    pub(super) port: u16,
}

impl Postgres {
    /// Starts a server and returns when it takes connections.
    pub async fn start(tools: &Tools, options: &PostgresOptions) -> Result<Self> {
        let run_as = options.run_as.unwrap_or_else(RunAs::detect);
        let native = run_as.reachable_programs(&tools.postgres()?)?;
        let (lock, ephemeral, cluster) = match &options.data_dir {
            Some(dir) => {
                let lock = DataLock::acquire(dir, NAME, SHUTDOWN_TIMEOUT).await?;
                let dir = fs::canonicalize(dir).map_err(Error::io(format!("find {}", dir.display())))?;
                let cluster = Cluster::open(&run_as.reachable_home(&dir)?, &native, run_as, &lock).await?;
                (lock, None, cluster)
            }
            None => {
                let (ephemeral, lock) = EphemeralDir::new(NAME).await?;
                let cluster = Cluster::ephemeral(ephemeral.path(), &native, run_as, &lock, tools).await?;
                (lock, Some(ephemeral), cluster)
            }
        };
        // The lock proves that no server works here any more, whatever process has the recorded number now.
        let _ = fs::remove_file(cluster.dir.join("postmaster.pid"));
        let (process, port) = serve(&cluster.dir, &native, run_as, options, &lock).await?;
        Ok(Self { process, _lock: lock, ephemeral, cluster, port })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database on this server; it contains the password.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}:{}@127.0.0.1:{}/{database}?sslmode=disable", self.cluster.password, self.port)
    }

    /// The child, to watch for its end.
    pub fn process(&self) -> &ChildProcess {
        &self.process
    }

    /// Makes a database unless it exists, and returns its URL. The name is lower-case letters, digits and `_`.
    pub fn create_database(&self, name: &str) -> Result<String> {
        check_name(name)?;
        let exists = self.run("postgres", &format!("select 1 from pg_database where datname = '{name}'"))?;
        if exists.is_empty() {
            self.run("postgres", &format!("create database {name}"))?;
        }
        Ok(self.url(name))
    }

    /// Removes a database, whoever is connected to it.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        check_name(name)?;
        self.run("postgres", &format!("drop database if exists {name} with (force)")).map(drop)
    }

    /// Runs SQL statements on one connection and returns the first column of every row.
    pub fn run(&self, database: &str, sql: &str) -> Result<Vec<String>> {
        AdminConnection::open(&self.cluster.dir, self.port, database)?.run(sql)
    }

    /// Stops the server and returns when it has ended.
    pub async fn stop(self) {
        self.process.stop(SHUTDOWN_TIMEOUT).await;
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.ephemeral.is_some() {
            // An immediate shutdown; nobody will read these data.
            self.process.end_now(Signal::QUIT);
        }
    }
}

pub(super) async fn serve(
    dir: &Path,
    native: &Path,
    run_as: RunAs,
    options: &PostgresOptions,
    lock: &DataLock,
) -> Result<(ChildProcess, u16)> {
    let log = dir.with_file_name("postgres.log");
    for attempt in 1.. {
        let port = free_port(options.port)?;
        let mut command = run_as.command(&native.join("bin/postgres"));
        command.arg("-D").arg(dir).arg("-p").arg(port.to_string());
        for setting in settings(options.durable) {
            command.args(["-c", setting]);
        }
        let child = ChildOptions { what: NAME, stop_signal: Signal::INT, log: log.clone(), lock: Some(lock.for_child()?) };
        let process = ChildProcess::spawn(command, child)?;
        match until_ready(&process, dir, port).await {
            Ok(()) => return Ok((process, port)),
            Err(_) if options.port == 0 && attempt < PORT_ATTEMPTS && log_tail(&log).contains("Address already in use") => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("the loop ends by a return")
}

fn settings(durable: bool) -> impl Iterator<Item = &'static str> {
    // A standby is copied in less than this much of the log of changes.
    let kept = "wal_keep_size=64MB";
    // A hundred stand-ins of nodes have some three each.
    let connections = "max_connections=500";
    let always = ["listen_addresses=127.0.0.1", "unix_socket_directories=.", connections, "timezone=UTC", kept];
    // `synchronous_commit` stays on: without `fsync` it costs nothing, and it is what makes a commit survive a kill.
    let careless = ["fsync=off", "full_page_writes=off"];
    // What `initdb` says for segments of the usual length: it makes it sixteen times shorter for these, and then what is measured is checkpoints.
    let usual = ["max_wal_size=1GB", "min_wal_size=80MB"];
    always.into_iter().chain(if durable { usual } else { careless })
}

async fn until_ready(process: &ChildProcess, dir: &Path, port: u16) -> Result<()> {
    let deadline = Instant::now() + READY_TIMEOUT;
    loop {
        let failure = match AdminConnection::open(dir, port, "postgres") {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if process.exit_status().is_some() {
            return Err(process.not_started("it ended"));
        }
        if Instant::now() > deadline {
            return Err(process.not_started(format!("not ready within {} s: {failure}", READY_TIMEOUT.as_secs())));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Postgres cannot ask the operating system for a port itself.
fn free_port(wished: u16) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", wished)).map_err(|_| Error::PortInUse { port: wished })?;
    Ok(listener.local_addr().map_err(Error::io("find a free port"))?.port())
}

fn check_name(name: &str) -> Result<()> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Ok(());
    }
    Err(Error::Data { message: format!("`{name}` is not a database name: use lower-case letters, digits and _") })
}
