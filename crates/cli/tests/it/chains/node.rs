//! Nodes that are not anvil, on ports that the operating system chooses: how each is started, and how it goes back.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use linkpool_chain::Chain;
use linkpool_testkit::process::{ChildOptions, ChildProcess};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Where Hardhat is installed, apart from the other npm packages.
const PACKAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/chains");
const READY_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Hardhat,
    /// With a chain for developers: a block whenever there is a transaction, and every 32nd is final.
    Geth,
}

pub struct Node {
    pub kind: Kind,
    pub port: u16,
    // Told to stop before its folder goes.
    _process: ChildProcess,
    _folder: tempfile::TempDir,
}

impl Node {
    pub async fn hardhat() -> Self {
        let script = Path::new(PACKAGES).join("node_modules/hardhat/internal/cli/bootstrap.js");
        assert!(script.is_file(), "{} is missing: run `cargo xtask install`", script.display());
        let mut command = Command::new("node");
        command.current_dir(PACKAGES).arg(script).args(["--config", "hardhat.config.js", "node", "--hostname", "127.0.0.1"]);
        command.args(["--port", "0"]).env("HARDHAT_DISABLE_TELEMETRY_PROMPT", "true");
        Self::start(Kind::Hardhat, command, |log| after(log, "server at http://127.0.0.1:", '/')).await
    }

    /// The geth that `LINKPOOL_GETH` names.
    pub async fn geth() -> Self {
        let program = std::env::var_os("LINKPOOL_GETH").map(PathBuf::from).expect("LINKPOOL_GETH names a geth");
        let mut command = Command::new(program);
        command.args(["--dev", "--ipcdisable", "--http", "--http.addr", "127.0.0.1", "--http.port", "0"]);
        command.args(["--http.api", "eth,net,web3,debug,dev", "--rpc.txfeecap", "0", "--gcmode", "archive"]);
        Self::start(Kind::Geth, command, |log| {
            after(log, "HTTP server started", '\n').and_then(|line| after(&line, "127.0.0.1:", ' '))
        })
        .await
    }

    async fn start(kind: Kind, command: Command, port: impl Fn(&str) -> Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let options = ChildOptions { what: "the other chain", stop_signal: Signal::KILL, log: log.clone(), lock: None };
        let process = ChildProcess::spawn(command, options).unwrap();
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if let Some(port) = port(&said) {
                return Self { kind, port: port.parse().unwrap(), _process: process, _folder: folder };
            }
            assert!(process.exit_status().is_none() && Instant::now() < deadline, "{kind:?} does not start: {said}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// What it calls itself.
    pub async fn version(&self, chain: &Chain) -> String {
        request(chain, "web3_clientVersion", json!([])).await.as_str().unwrap().to_owned()
    }

    /// A place in its history to go back to, once.
    pub async fn mark(&self, chain: &Chain) -> Value {
        match self.kind {
            Kind::Hardhat => request(chain, "evm_snapshot", json!([])).await,
            Kind::Geth => request(chain, "eth_blockNumber", json!([])).await,
        }
    }

    /// Forgets every block since the mark, and the transactions in them.
    pub async fn back_to(&self, chain: &Chain, mark: Value) {
        match self.kind {
            Kind::Hardhat => assert_eq!(request(chain, "evm_revert", json!([mark])).await, Value::Bool(true)),
            Kind::Geth => drop(request(chain, "debug_setHead", json!([mark])).await),
        }
    }
}

pub async fn request(chain: &Chain, method: &str, params: Value) -> Value {
    chain.forward(method.to_owned(), params).await.unwrap()
}

/// What stands between a phrase and the next `end`, once both are there.
fn after(text: &str, phrase: &str, end: char) -> Option<String> {
    text.split_once(phrase)?.1.split_once(end).map(|(found, _)| found.to_owned())
}
