//! Roles start in any order: what is away is waited for and said, and what waiting does not mend ends them.

use std::{
    io::Read,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use linkpool_testkit::{Fault, Proxy};

use crate::office::Office;

const PATIENCE: Duration = Duration::from_secs(60);

/// A role whose words go to a file.
struct Role {
    child: Child,
    words: std::path::PathBuf,
}

impl Role {
    fn start(office: &Office, line: &str) -> Self {
        let words = office.path(&format!("{}.log", line.split_whitespace().next().unwrap()));
        let file = std::fs::File::create(&words).unwrap();
        let child = office.command(line).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, words }
    }

    fn said(&self) -> String {
        let mut text = String::new();
        std::fs::File::open(&self.words).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    async fn until(&mut self, word: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.said().contains(word) {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended: {}", self.said());
            assert!(Instant::now() < deadline, "it did not say `{word}`: {}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn ended(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it did not end: {}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_waits_for_its_chain_says_so_at_once_and_goes_on_when_it_is_there() {
    let (office, contracts, _) = Office::with_pool(|_, _| {}).await;
    let proxy = Proxy::start(office.chain_port()).await.unwrap();
    proxy.stop().await.unwrap();
    let url = proxy.http_url();
    let mut role = Role::start(&office, &format!("index --rpc-url {url} --deploy-block {}", contracts.deploy_block));
    role.until("waiting for the chain").await;
    assert!(role.said().contains("connection refused"), "{}", role.said());
    proxy.resume().unwrap();
    role.until("following the contract").await;
    // A command does not wait.
    proxy.stop().await.unwrap();
    let output = office.run(&format!("guard status --rpc-url {url} --pool {}", contracts.pool));
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waiting_does_not_mend_ends_a_role_with_a_sentence() {
    let (office, contracts, people) = Office::with_pool(|_, _| {}).await;
    let proxy = Proxy::start(office.chain_port()).await.unwrap();
    let url = proxy.http_url();
    // The chain has the block in which the contract is said to be made, and nothing is there.
    let mut role = Role::start(&office, &format!("index --rpc-url {url} --pool {} --deploy-block 1", people.treasury));
    assert_eq!(role.ended().await, Some(2), "{}", role.said());
    assert!(role.said().contains("there is no contract at"), "{}", role.said());
    proxy.set(Fault::ChainId(5));
    let mut role = Role::start(&office, &format!("index --rpc-url {url} --pool {} --deploy-block 1", contracts.pool));
    assert_eq!(role.ended().await, Some(2), "{}", role.said());
    assert!(role.said().contains("chain 5"), "{}", role.said());
}
