//! A replica as a process of its own: arguments, files, signals, exit codes.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Instant,
};

use alloy_primitives::Address;
use clap::Parser;
use linkpool_chainlink::client::Limits;
use linkpool_standin_node::{ChainlinkArgs, StandinArgs};
use linkpool_testkit::{until, until_some};
use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{CHAIN, EMAIL, LONG_LEASE, NodeDatabase, PASSWORD, WAIT_TIMEOUT, client, password};

/// Set in a process that is to be a node instead of running tests.
const ARGUMENTS_VARIABLE: &str = "LINKPOOL_TEST_STANDIN_ARGUMENTS";

/// The same for one that is called as a node is.
const CHAINLINK_VARIABLE: &str = "LINKPOOL_TEST_CHAINLINK_ARGUMENTS";

/// This test program, to be run as a node with this line.
pub fn chainlink(line: &[String]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "process::runs_a_node_if_started_as_one", "--nocapture", "-q"]);
    command.env(CHAINLINK_VARIABLE, line.join("\n"));
    command
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    standin: StandinArgs,
}

/// The node that [`Process::start`] runs: this test program, started again with this test only.
#[test]
fn runs_a_node_if_started_as_one() {
    if let Ok(line) = std::env::var(CHAINLINK_VARIABLE) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let line = line.split('\n').map(Into::into).collect();
        std::process::exit(runtime.block_on(ChainlinkArgs { line }.run()).into());
    }
    let Ok(arguments) = std::env::var(ARGUMENTS_VARIABLE) else {
        return;
    };
    let command_line = CommandLine::parse_from(std::iter::once("standin-node").chain(arguments.split('\n')));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = match runtime.block_on(command_line.standin.run()) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            error.exit_code()
        }
    };
    std::process::exit(code.into());
}

/// A replica in a process, ended with this value.
struct Process {
    child: Child,
    port_file: PathBuf,
    errors: PathBuf,
}

impl Process {
    fn start(node_database: &NodeDatabase, directory: &Path, name: &str) -> Self {
        let port_file = directory.join(format!("{name}.port"));
        let errors = directory.join(format!("{name}.errors"));
        let credentials = secret_file(directory, "api", &format!("{EMAIL}\n{PASSWORD}\n"));
        let arguments = [
            format!("--schema={}", node_database.schema),
            format!("--port-file={}", port_file.display()),
            format!("--chain-id={CHAIN}"),
            format!("--development-chain={CHAIN}"),
            format!("--api-credentials-file={}", credentials.display()),
            format!("--lease-duration-ms={}", node_database.lease.duration.as_millis()),
            format!("--lease-refresh-ms={}", node_database.lease.refresh.as_millis()),
        ];
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::runs_a_node_if_started_as_one", "--nocapture"])
            .env(ARGUMENTS_VARIABLE, arguments.join("\n"))
            .env("LINKPOOL_STANDIN_DATABASE_URL", &node_database.url)
            .stdout(Stdio::null())
            .stderr(fs::File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        Self { child, port_file, errors }
    }

    /// Where it listens, once it does, and its wallet.
    async fn active(&self) -> (SocketAddr, Address) {
        let address = until_some("the port file", WAIT_TIMEOUT, async || {
            fs::read_to_string(&self.port_file).ok().map(|text| text.trim_end().parse().unwrap())
        })
        .await;
        let wallet = client(address, Limits::default(), password()).wallet(CHAIN).await.unwrap();
        (address, wallet)
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    async fn exit(&mut self) -> ExitStatus {
        until_some("the end of the process", WAIT_TIMEOUT, async || self.child.try_wait().unwrap()).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn secret_file(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[tokio::test]
async fn sigterm_hands_the_node_over_within_one_refresh() {
    let node_database = NodeDatabase { lease: LONG_LEASE, ..NodeDatabase::new().await };
    let directory = tempfile::tempdir().unwrap();
    let mut first = Process::start(&node_database, directory.path(), "first");
    let (_, wallet) = first.active().await;
    let second = Process::start(&node_database, directory.path(), "second");
    until("the standby's connection", WAIT_TIMEOUT, async || connections(&node_database).await >= 2).await;
    assert!(!second.port_file.exists(), "a standby does not listen");

    let begin = Instant::now();
    first.signal(Signal::TERM);
    let (_, same) = second.active().await;
    println!("hand-over after SIGTERM took {:?}", begin.elapsed());
    assert!(begin.elapsed() < LONG_LEASE.duration, "the lease was released, not run out");
    assert_eq!(same, wallet);
    assert_eq!(first.exit().await.code(), Some(0));
    assert!(!first.port_file.exists());
}

#[tokio::test]
async fn after_sigkill_the_standby_takes_over_when_the_lease_has_run_out() {
    let node_database = NodeDatabase::new().await;
    let directory = tempfile::tempdir().unwrap();
    let first = Process::start(&node_database, directory.path(), "first");
    let (_, wallet) = first.active().await;
    let second = Process::start(&node_database, directory.path(), "second");
    first.signal(Signal::KILL);
    let (_, same) = second.active().await;
    assert_eq!(same, wallet);

    assert!(first.port_file.exists(), "a killed replica leaves its port file");
    let again = Process::start(&node_database, directory.path(), "first");
    until("the end of the stale port file", WAIT_TIMEOUT, async || !again.port_file.exists()).await;
}

#[tokio::test]
async fn a_paused_replica_ends_when_it_wakes_after_its_lease() {
    let node_database = NodeDatabase::new().await;
    let directory = tempfile::tempdir().unwrap();
    let mut first = Process::start(&node_database, directory.path(), "first");
    let (_, wallet) = first.active().await;
    let second = Process::start(&node_database, directory.path(), "second");
    first.signal(Signal::STOP);
    let (_, same) = second.active().await;
    assert_eq!(same, wallet);
    first.signal(Signal::CONT);
    assert_eq!(first.exit().await.code(), Some(1));
    let said = fs::read_to_string(&first.errors).unwrap();
    assert!(said.contains("Another node has taken the lease, exiting immediately"), "{said}");
}

#[tokio::test]
async fn no_secret_is_in_the_arguments_or_on_the_terminal() {
    let node_database = NodeDatabase::new().await;
    let directory = tempfile::tempdir().unwrap();
    let node = Process::start(&node_database, directory.path(), "node");
    node.active().await;
    let arguments = fs::read(format!("/proc/{}/cmdline", node.child.id())).unwrap();
    let shown = String::from_utf8_lossy(&arguments).into_owned() + &fs::read_to_string(&node.errors).unwrap();
    assert!(!shown.contains(PASSWORD) && !shown.contains(&node_database.url), "{shown}");
}

#[tokio::test]
async fn bad_input_ends_with_code_2_and_no_database_with_1() {
    let directory = tempfile::tempdir().unwrap();
    let node_database = NodeDatabase::new().await;
    let not_postgres = NodeDatabase { url: "mysql://root:hunter2@localhost/x".to_owned(), ..node_database.clone() };
    let nobody_there = NodeDatabase { url: "postgres://root:hunter2@127.0.0.1:1/x".to_owned(), ..node_database };
    for (node_database, code) in [(&not_postgres, 2), (&nobody_there, 1)] {
        let mut process = Process::start(node_database, directory.path(), "process");
        assert_eq!(process.exit().await.code(), Some(code));
        let said = fs::read_to_string(&process.errors).unwrap();
        assert!(said.contains("stand-in node: ") && !said.contains("hunter2"), "{said}");
    }
}

/// Connections that replicas in processes have to this database.
async fn connections(node_database: &NodeDatabase) -> i64 {
    let mine = "SELECT count(*) FROM pg_stat_activity
                WHERE application_name LIKE 'Chainlink % |App|%' AND datname = current_database()";
    sqlx::query_scalar(mine).fetch_one(&node_database.pool).await.unwrap()
}
