//! `kill -9` of the whole stack while stakes stream in. What was mined is there after the restart, once.
//!
//! `LINKPOOL_KILLS` sets how many times; the seed of the moments is printed.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::{Chain, Endpoint};
use linkpool_contracts::{link, stake_data};
use linkpool_db::{Connect, Database};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_testkit::stage::People;
use serde_json::Value;

use crate::program::linkpool;

const START: Duration = Duration::from_secs(60);
const MOST_STAKES: u32 = 1_000;
const CATCH_UP: Duration = Duration::from_secs(30);

struct Stack {
    process: Child,
    ready: Value,
}

impl Stack {
    fn start(folder: &Path) -> Self {
        let mut process = linkpool()
            .args(["dev", "--listen", "127.0.0.1:0", "--json", "--quiet", "--data-dir"])
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

    fn text(&self, field: &str) -> &str {
        self.ready[field].as_str().unwrap()
    }

    async fn chain(&self) -> Chain {
        Chain::connect(&Endpoint::new(self.text("rpc_url")).unwrap(), None).await.unwrap()
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Ctrl-C. Returns what it told the operator.
    fn stop(self) -> String {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let output = self.process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "Ctrl-C does not end with success: {said}");
        said
    }
}

/// Every holder sends stakes of 1 LINK, one after the other, until the stack dies; counts those that were mined.
async fn stream_stakes(chain: Chain, people: People, [pool, token, node]: [Address; 3], mined: Arc<AtomicU64>) {
    let data = stake_data(&[(node, JUELS_PER_LINK)]).unwrap();
    let call = link::transferAndCallCall { _to: pool, _value: U256::from(JUELS_PER_LINK), _data: data.into() }.abi_encode();
    let stakes = people.holders.iter().map(async |holder| {
        for _ in 0..MOST_STAKES {
            match chain.send_unlocked(*holder, Some(token), call.clone()).await {
                Ok(_) => mined.fetch_add(1, Ordering::SeqCst),
                Err(_) => break,
            };
        }
    });
    futures_util::future::join_all(stakes).await;
}

/// Every position of the database equals the contract's, at one block, once the indexer has caught up.
async fn assert_equal(chain: &Chain, database: &Database, pool: Address) -> u128 {
    let deadline = Instant::now() + CATCH_UP;
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
fn left_over(folder: &Path) -> Vec<String> {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_stack_loses_nothing_doubles_nothing_and_leaves_no_process() {
    let kills: u32 = std::env::var("LINKPOOL_KILLS").ok().map_or(4, |text| text.parse().unwrap());
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    println!("{kills} kills, seed {seed}");
    let folder = tempfile::tempdir().unwrap();
    let (mut random, mut certain) = (u64::from(seed) | 1, 0u64);
    for _ in 0..kills {
        let stack = Stack::start(folder.path());
        let chain = stack.chain().await;
        let people = People::of(&chain).await.unwrap();
        let [pool, token]: [Address; 2] = ["pool", "token"].map(|field| stack.text(field).parse().unwrap());
        let database = database(folder.path()).await;
        let before = assert_equal(&chain, &database, pool).await / JUELS_PER_LINK;
        assert!(before >= u128::from(certain), "{certain} stakes were mined and {before} are left");
        let node = database.state().await.unwrap().unwrap().nodes[0].0;
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let moment = Duration::from_millis(random % 3_000);
        let mined = Arc::new(AtomicU64::new(0));
        let stream = tokio::spawn(stream_stakes(chain, people, [pool, token, node], mined.clone()));
        tokio::time::sleep(moment).await;
        // What the chain still mines between the kill and its own end was promised to nobody.
        certain = u64::try_from(before).unwrap() + mined.load(Ordering::SeqCst);
        stack.kill();
        stream.await.unwrap();
    }
    let stack = Stack::start(folder.path());
    let (chain, database) = (stack.chain().await, database(folder.path()).await);
    let staked = assert_equal(&chain, &database, stack.text("pool").parse().unwrap()).await / JUELS_PER_LINK;
    assert!(staked >= u128::from(certain), "{certain} stakes were mined and {staked} are left");
    stack.stop();
    assert_eq!(left_over(folder.path()), Vec::<String>::new(), "processes are left over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_came_back_older_decides_and_the_operator_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (dumped, kept) = (folder.path().join("chain/state.dumped.json"), folder.path().join("kept.json"));
    Stack::start(folder.path()).stop();
    std::fs::copy(&dumped, &kept).unwrap();
    let stack = Stack::start(folder.path());
    let chain = stack.chain().await;
    chain.mine(30).await.unwrap();
    let pool: Address = stack.text("pool").parse().unwrap();
    let head = chain.heads().await.unwrap().head.number;
    assert_equal(&chain, &database(folder.path()).await, pool).await;
    stack.stop();
    // As if the last state had never been written.
    std::fs::rename(&kept, &dumped).unwrap();
    let stack = Stack::start(folder.path());
    let (chain, database) = (stack.chain().await, database(folder.path()).await);
    assert!(chain.heads().await.unwrap().head.number < head);
    assert_equal(&chain, &database, pool).await;
    let said = stack.stop();
    assert!(said.contains("the chain came back older than the database"), "{said}");
}

/// The stack's own database, found as an operator finds it.
async fn database(folder: &Path) -> Database {
    let url = std::fs::read_to_string(folder.join("database-url")).unwrap();
    Database::connect(&Connect::new(url.trim())).await.unwrap()
}
