//! A Postgres of the system's, for the nodes: the embedded one is too new for them.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

const DOCUMENTED: &str = include_str!("../../../../../docs/node-database-role.sql");
/// The user "nobody" on every Linux: Postgres refuses to run as root.
const NOBODY: u32 = 65_534;

pub struct NodePostgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
}

impl NodePostgres {
    /// By the folder of its programs. Its fleet's user is the documented one.
    pub fn start(programs: &Path) -> Self {
        // Not below the fixture's folder, which is closed to others.
        let folder = tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o711)).tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let postgres = Self { programs: programs.to_owned(), folder, port };
        let data = postgres.folder.path().join("data");
        fs::create_dir(&data).unwrap();
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        postgres.run("initdb", &["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        postgres.control("start");
        postgres.sql(DOCUMENTED);
        postgres
    }

    pub fn url(&self) -> String {
        format!("postgres://linkpool_nodes:any@127.0.0.1:{}/postgres", self.port)
    }

    pub fn restart(&self) {
        self.control("restart");
    }

    pub fn sql(&self, statements: &str) -> String {
        self.sql_in("postgres", statements)
    }

    pub fn sql_in(&self, database: &str, statements: &str) -> String {
        let port = self.port.to_string();
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "postgres",
            "-d",
            database,
            "-v",
            "ON_ERROR_STOP=1",
            "-Atqc",
            statements,
        ]);
        let output = psql.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn control(&self, what: &str) {
        let data = self.folder.path().join("data");
        let options =
            format!("-p {} -k {} -c max_connections=300 -c fsync=off -c listen_addresses=127.0.0.1", self.port, data.display());
        self.run(
            "pg_ctl",
            &["-o", &options, "-l", &data.join("log").display().to_string(), "-m", "fast", "-w", "-t", "60", what],
        );
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.folder.path().join("data")).args(arguments).current_dir("/").env("LC_ALL", "C");
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        assert!(command.stdout(std::process::Stdio::null()).status().unwrap().success(), "{program} failed");
    }
}

impl Drop for NodePostgres {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        let mut stop = Command::new(self.programs.join("pg_ctl"));
        stop.arg("-D").arg(data).args(["-m", "immediate", "stop"]).current_dir("/").stdout(std::process::Stdio::null());
        if rustix::process::geteuid().is_root() {
            stop.uid(NOBODY).gid(NOBODY);
        }
        let _ = stop.status();
    }
}
