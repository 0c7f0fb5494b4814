//! A development stack as a process of its own, to be killed and started again.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use linkpool_chain::{Chain, Endpoint};
use linkpool_db::{Connect, Database};
use linkpool_primitives::Address;
use serde_json::Value;

use crate::program::linkpool;

const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(120);

pub struct Stack {
    process: Child,
    ready: Value,
}

impl Stack {
    /// On a bare chain: what a test counts is its own.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &["--quiet", "--empty"])
    }

    pub fn start_with(folder: &Path, options: &[&str]) -> Self {
        let mut process = linkpool()
            .args(["dev", "--listen", "127.0.0.1:0", "--json"])
            .args(options)
            .arg("--data-dir")
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(ready) = serde_json::from_str::<Value>(&line) else {
            let output = process.wait_with_output().unwrap();
            panic!("the stack did not start: {}", String::from_utf8_lossy(&output.stderr));
        };
        Self { process, ready: ready["ready"].clone() }
    }

    pub fn text(&self, field: &str) -> &str {
        self.ready[field].as_str().unwrap()
    }

    pub async fn chain(&self) -> Chain {
        Chain::connect(&Endpoint::new(self.text("rpc_url")).unwrap().patient(), None).await.unwrap()
    }

    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Ctrl-C. Returns what it told the operator.
    pub fn stop(self) -> String {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let output = self.process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "Ctrl-C does not end with success: {said}");
        said
    }
}

/// Every position of the database equals the contract's, at one block, once the indexer has caught up.
pub async fn assert_equal(chain: &Chain, database: &Database, pool: Address) -> u128 {
    let deadline = Instant::now() + CATCH_UP_TIMEOUT;
    loop {
        let head = chain.heads().await.unwrap().head;
        let cursor = database.cursor().await.unwrap().unwrap();
        // The head itself: a restarted chain has no older states.
        if cursor.block.hash == head.hash {
            let found = linkpool_indexer::verify(chain, database, pool).await.unwrap().unwrap();
            assert_eq!(found.differences, []);
            let state = database.state().await.unwrap().unwrap();
            return state.nodes.iter().filter_map(|(_, fields)| fields.assets).sum();
        }
        assert!(Instant::now() < deadline, "the indexer stays at {} of {head}", cursor.block);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Processes whose command line names the folder: the stack's own children.
pub fn left_over(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let here = std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        if here || line.contains(&*folder.to_string_lossy()) {
            found.push(line);
        }
    }
    found
}

/// The stack's own database, found as an operator finds it.
pub async fn database(folder: &Path) -> Database {
    let url = std::fs::read_to_string(folder.join("database-url")).unwrap();
    Database::connect(&Connect::new(url.trim()).patient()).await.unwrap()
}

/// Moments to kill at: `LINKPOOL_KILLS` of them or `default`, each up to `longest`; the seed is printed.
pub fn moments(default: u32, longest: Duration) -> Vec<Duration> {
    let kills = std::env::var("LINKPOOL_KILLS").ok().map_or(default, |text| text.parse().expect("LINKPOOL_KILLS is a number"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let seed =
        std::env::var("LINKPOOL_SEED").ok().map_or(u64::from(now), |text| text.parse().expect("LINKPOOL_SEED is a number"));
    println!("{kills} kills, LINKPOOL_SEED={seed}");
    let mut random = seed | 1;
    let longest = u64::try_from(longest.as_millis()).unwrap();
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        Duration::from_millis(random % longest)
    };
    (0..kills).map(|_| next()).collect()
}
