//! A Postgres of the system's, for Chainlink nodes: they support no version as new as the one from npm.

use std::{
    fs,
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Error, Result};

const NAME: &str = "the nodes' Postgres";
const DOCUMENTED: &str = include_str!("../../../docs/node-database-role.sql");
/// The user "nobody" on every Linux: Postgres refuses to run as root.
const NOBODY: u32 = 65_534;
const SUPERUSER: &str = "postgres";

/// A server on a cluster of its own that ends with this value. Whoever is on this machine may connect to it.
#[derive(Debug)]
pub struct NodePostgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
}

impl NodePostgres {
    /// By the folder of its programs. Its fleet's user is the documented one.
    pub fn start(programs: &Path) -> Result<Self> {
        let open = fs::Permissions::from_mode(0o711);
        let folder = tempfile::Builder::new().permissions(open).tempdir().map_err(Error::io("make a folder"))?;
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(Error::io("find a port"))?;
        let postgres = Self { programs: programs.to_owned(), folder, port: port.port() };
        let data = postgres.data();
        fs::create_dir(&data).map_err(Error::io("make a folder"))?;
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).map_err(Error::io("hand over a folder"))?;
        }
        postgres.run("initdb", &["-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"])?;
        postgres.control("start")?;
        postgres.sql("postgres", DOCUMENTED)?;
        Ok(postgres)
    }

    /// As the fleet's user.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://linkpool_nodes:any@127.0.0.1:{}/postgres", self.port)
    }

    /// A new database, as its superuser.
    pub fn create_database(&self, name: &str) -> Result<String> {
        self.sql("postgres", &format!("create database {name}"))?;
        Ok(format!("postgres://{SUPERUSER}@127.0.0.1:{}/{name}?sslmode=disable", self.port))
    }

    /// Ends all its connections and takes new ones soon after.
    pub fn restart(&self) -> Result<()> {
        self.control("restart")
    }

    /// What the statements print.
    pub fn sql(&self, database: &str, statements: &str) -> Result<String> {
        let port = self.port.to_string();
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            SUPERUSER,
            "-d",
            database,
            "-v",
            "ON_ERROR_STOP=1",
            "-Atqc",
            statements,
        ]);
        let output = psql.output().map_err(Error::io("run psql"))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
            false => Err(Error::Refused { what: NAME, message: String::from_utf8_lossy(&output.stderr).into_owned() }),
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn control(&self, what: &str) -> Result<()> {
        let data = self.data();
        let options =
            format!("-p {} -k {} -c max_connections=300 -c fsync=off -c listen_addresses=127.0.0.1", self.port, data.display());
        let log = data.join("log").display().to_string();
        self.run("pg_ctl", &["-o", &options, "-l", &log, "-m", "fast", "-w", "-t", "60", what])
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let status = self.command(program).args(arguments).status().map_err(Error::io(format!("run {program}")))?;
        let message = format!("{program} {} ended with {status}", arguments.last().copied().unwrap_or_default());
        if status.success() { Ok(()) } else { Err(Error::Refused { what: NAME, message }) }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.data()).current_dir("/").env("LC_ALL", "C").stdout(Stdio::null());
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for NodePostgres {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.command("pg_ctl").args(["-m", "immediate", "stop"]).stderr(Stdio::null()).status();
    }
}
