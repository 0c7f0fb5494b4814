//! This test program, started again as a process that can be killed.

use linkpool_testkit::{Anvil, AnvilOptions, Postgres, PostgresOptions, Tools, tools::NODE_MODULES_VARIABLE};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const DATA: &str = "LINKPOOL_TESTKIT_CHILD_DATA";
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// A process with a chain and a database, and what it said about them.
pub struct Parent {
    process: Child,
    pub parts: Value,
}

impl Parent {
    /// Starts this program as the process; `prepare` may change the program's user.
    pub fn start(program: &Path, data: &Path, tools: &Tools, prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(program);
        command.args(["--exact", "child::role", "--ignored", "--nocapture"]);
        command.env(DATA, data).env(NODE_MODULES_VARIABLE, tools.node_modules());
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
        prepare(&mut command);
        let mut process = command.spawn().unwrap();
        let announced = data.join("parts.json");
        let _ = fs::remove_file(&announced);
        until("the child's parts run", || announced.exists() || process.try_wait().unwrap().is_some());
        let parts = fs::read(&announced).expect("the child ended before its parts ran");
        Self { process, parts: serde_json::from_slice(&parts).unwrap() }
    }

    pub fn this_program() -> PathBuf {
        std::env::current_exe().unwrap()
    }

    pub fn pid_of(&self, part: &str) -> u32 {
        u32::try_from(self.parts[part].as_u64().unwrap()).unwrap()
    }

    /// kill -9, with no word to the children.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What the started process does: it runs both parts until it is killed.
#[tokio::test]
#[ignore = "started by other tests as a process of its own"]
async fn role() {
    let Some(data) = std::env::var_os(DATA).map(PathBuf::from) else { return };
    let tools = Tools::find().unwrap();
    let chain = Anvil::start(&tools, &chain_options(&data)).await.unwrap();
    let database = Postgres::start(&tools, &database_options(&data)).await.unwrap();
    chain.request("anvil_mine", json!(["0x7"])).await.unwrap();
    let height = chain.request("eth_blockNumber", json!([])).await.unwrap();
    database.run("postgres", "create table if not exists kept (n int); insert into kept values (1)").unwrap();
    let parts = json!({ "anvil": chain.process().pid(), "postgres": database.process().pid(), "height": height });
    fs::write(data.join("parts.new"), parts.to_string()).unwrap();
    fs::rename(data.join("parts.new"), data.join("parts.json")).unwrap();
    std::future::pending::<()>().await;
}

pub fn chain_options(data: &Path) -> AnvilOptions {
    AnvilOptions { data_dir: Some(data.join("chain")), ..Default::default() }
}

pub fn database_options(data: &Path) -> PostgresOptions {
    PostgresOptions { data_dir: Some(data.join("database")), ..Default::default() }
}

/// A zombie is dead; whoever adopted it may take its time to bury it.
pub fn is_alive(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
