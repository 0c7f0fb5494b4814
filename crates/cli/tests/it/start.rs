//! Roles start in any order: what is unreachable is waited for and said, and what waiting does not mend ends them.

use std::{
    io::Read,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use linkpool_testkit::{Fault, Proxy, until};

use crate::{fixture::CliFixture, roles::get};

const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

/// A role whose words go to a file.
struct Role {
    child: Child,
    words: std::path::PathBuf,
}

impl Role {
    fn start(fixture: &CliFixture, line: &str) -> Self {
        let words = fixture.path(&format!("{}.log", line.split_whitespace().next().unwrap()));
        let file = std::fs::File::create(&words).unwrap();
        let child = fixture.command(line).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, words }
    }

    fn said(&self) -> String {
        let mut text = String::new();
        std::fs::File::open(&self.words).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    async fn until(&mut self, word: &str) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while !self.said().contains(word) {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended: {}", self.said());
            assert!(Instant::now() < deadline, "it did not say `{word}`: {}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn ended(&mut self) -> Option<i32> {
        let deadline = Instant::now() + WAIT_TIMEOUT;
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
    let (fixture, contracts, _) = CliFixture::with_pool(|_, _| {}).await;
    let proxy = Proxy::start(fixture.chain_port()).await.unwrap();
    proxy.stop().await.unwrap();
    let url = proxy.http_url();
    let mut role = Role::start(&fixture, &format!("index --rpc-url {url} --deploy-block {}", contracts.deploy_block));
    role.until("waiting for the chain").await;
    assert!(role.said().contains("connection refused"), "{}", role.said());
    proxy.resume().unwrap();
    role.until("following the contract").await;
    // A command does not wait.
    proxy.stop().await.unwrap();
    let output = fixture.run(&format!("guard status --rpc-url {url} --pool {}", contracts.pool));
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registrar_without_its_role_on_chain_says_what_it_waits_for() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|_, _| {}).await;
    let settings = "[registrar]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\nhealth_listen = \"127.0.0.1:0\"\n";
    fixture.configure(31337, &format!("pool = \"{}\"\n", contracts.pool), settings);
    assert_ne!(accounts.registrar, fixture.account);
    let mut role = Role::start(&fixture, "registrar");
    role.until("the registrar waits for its role on chain").await;
    let said = role.said();
    let base = said.split("health and metrics at ").nth(1).unwrap().split_whitespace().next().unwrap().trim_end_matches('/');
    for (path, expect) in [("health", 200), ("ready", 503)] {
        let (status, body) = get(&format!("{base}/{path}"), None).await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &body["state"]), (expect, &"waiting".into()), "{path}: {body}");
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains("does not have the role registrar") && detail.contains("setRoles("), "{body}");
    }
    let doctor = fixture.run("doctor");
    let found = String::from_utf8(doctor.stdout).unwrap();
    assert!(found.contains("fail  role") && found.contains("have the owner call setRoles"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_that_can_not_be_subscribed_to_is_told_once_and_when_one_works_again() {
    let (fixture, contracts, _) = CliFixture::with_pool(|_, _| {}).await;
    let proxy = Proxy::start(fixture.chain_port()).await.unwrap();
    // First nobody is there, then somebody who gives no subscription.
    proxy.stop().await.unwrap();
    let chain = format!("pool = \"{}\"\nws_url = \"{}\"\n", contracts.pool, proxy.ws_url());
    fixture.configure(31337, &chain, "[indexer]\npoll_ms = 50\n");
    let mut role = Role::start(&fixture, &format!("index --deploy-block {}", contracts.deploy_block));
    role.until("no websocket can be subscribed to: new heads are looked for until one can").await;
    assert!(role.said().contains("no connection"), "{}", role.said());
    role.until("following the contract").await;
    proxy.set(Fault::NoSubscriptions);
    proxy.resume().unwrap();
    let opened = proxy.subscriptions();
    until("three more attempts", WAIT_TIMEOUT, async || proxy.subscriptions() >= opened + 3).await;
    assert_eq!(role.said().matches("no websocket can be subscribed to").count(), 1, "{}", role.said());
    proxy.clear();
    role.until("over: new heads are announced again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_may_have_as_many_files_open_as_the_system_lets_it() {
    let fixture = CliFixture::open().await;
    let words = fixture.path("api.log");
    let line = "ulimit -Sn 256; exec \"$0\" api --listen 127.0.0.1:0";
    let mut command = std::process::Command::new("sh");
    let child = command.current_dir(fixture.folder.path()).args(["-c", line, env!("CARGO_BIN_EXE_linkpool")]);
    let child = child
        .env("LINKPOOL_DATABASE_URL", fixture.database.url())
        .stderr(std::fs::File::create(&words).unwrap())
        .spawn()
        .unwrap();
    let limits = format!("/proc/{}/limits", child.id());
    let mut role = Role { child, words };
    role.until("serving the page").await;
    let limits = std::fs::read_to_string(limits).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [.., soft, hard, _] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert!(soft == hard && soft != "256", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waiting_does_not_mend_ends_a_role_with_a_sentence() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|_, _| {}).await;
    let proxy = Proxy::start(fixture.chain_port()).await.unwrap();
    let url = proxy.http_url();
    // The chain has the block in which the contract is said to be made, and nothing is there.
    let mut role = Role::start(&fixture, &format!("index --rpc-url {url} --pool {} --deploy-block 1", accounts.treasury));
    assert_eq!(role.ended().await, Some(2), "{}", role.said());
    assert!(role.said().contains("there is no contract at"), "{}", role.said());
    proxy.set(Fault::ChainId(5));
    let mut role = Role::start(&fixture, &format!("index --rpc-url {url} --pool {} --deploy-block 1", contracts.pool));
    assert_eq!(role.ended().await, Some(2), "{}", role.said());
    assert!(role.said().contains("chain 5"), "{}", role.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn black_holes_that_are_listed_first_hold_up_no_start() {
    let (fixture, contracts, _) = CliFixture::with_pool(|_, _| {}).await;
    let mut holes = Vec::new();
    let mut list = String::new();
    for number in 0..15 {
        let hole = Proxy::start(fixture.chain_port()).await.unwrap();
        hole.set(Fault::TimeoutBefore);
        list.push_str(&format!("[[chain.endpoints]]\nname = \"hole {number}\"\nurl = \"{}\"\n", hole.http_url()));
        holes.push(hole);
    }
    list.push_str(&format!("[[chain.endpoints]]\nname = \"good\"\nurl = \"{}\"\n", fixture.rpc_url()));
    let settings = format!(
        "[chain]\nchain_id = 31337\npool = \"{}\"\ndeploy_block = {}\n{list}[database]\nurl = \"{}\"\n",
        contracts.pool,
        contracts.deploy_block,
        fixture.database.url()
    );
    std::fs::write(fixture.path("linkpool.toml"), settings).unwrap();
    let begun = Instant::now();
    let mut role = Role::start(&fixture, "index");
    role.until("following the contract").await;
    // Each of them alone would take ten seconds to give up: two and a half minutes, one after the other.
    assert!(begun.elapsed() < WAIT_TIMEOUT, "{:?}: {}", begun.elapsed(), role.said());
}
