//! A Postgres that a real node supports, for as long as this value lives.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use linkpool_testkit::until_some;
use sqlx::{Connection, PgConnection};

/// A server on a throw-away cluster.
pub struct Server {
    process: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

/// Longest wait for it to take connections.
const READY: Duration = Duration::from_secs(60);

impl Server {
    pub async fn start(programs: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Postgres runs as nobody where we are root.
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            let owned = Command::new("chown").arg("nobody").arg(directory.path()).status().unwrap();
            assert!(owned.success());
        }
        let program = |name: &str| {
            let path = programs.join(name);
            if !is_root {
                return Command::new(path);
            }
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "nobody", "--clear-groups", "--"]).arg(path);
            command
        };
        let data = directory.path().join("data");
        let mut initdb = program("initdb");
        initdb.arg("-D").arg(&data).args(["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        assert!(initdb.stdout(Stdio::null()).status().unwrap().success(), "initdb");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut postgres = program("postgres");
        postgres.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
        postgres.arg("-k").arg(directory.path());
        let log = fs::File::create(directory.path().join("log")).unwrap();
        let process = postgres.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let server = Self { process, port, _directory: directory };
        until_some("Postgres", READY, async || PgConnection::connect(&server.url("postgres")).await.ok()).await;
        server
    }

    /// A new database. A node takes a URL without a password only where `_test` stands in it.
    pub async fn create(&self, name: &str) -> String {
        let name = format!("{name}_test");
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
