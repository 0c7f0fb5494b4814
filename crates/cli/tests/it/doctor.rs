//! `linkpool doctor` finds what was planted, says what to do, and finds nothing where nothing is wrong.

use std::{
    fs,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use alloy::sol_types::SolCall;
use linkpool_contracts::pool::{setFeeCall, setRolesCall};
use linkpool_db::{
    Connect, Database,
    cursor::Tags,
    fleet::{ListedName, ProofMode, Replica, ReplicaState, Source},
    lease::Leader,
    tx::{Account, NewTransactionRequest, TransactionKind},
};
use linkpool_primitives::{IndexerState, rfc3339};
use linkpool_testkit::{
    Fault, Proxy, TestDatabase,
    fixture::{Accounts, Contracts},
};
use serde_json::{Value, json};

use crate::fixture::{CliFixture, restrict};

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const REGISTRAR: u8 = 1;
const ETHER: u128 = 1_000_000_000_000_000_000;
/// A slot of the only signer, taken by somebody else's transaction.
const FOREIGN: &str = "with planted as (
        insert into transaction_request (idempotency_key, chain_id, signer, kind, value, data, state)
        select 'planted', chain_id, address, 'call', 0, '', 'failed' from signer returning transaction_request_id, chain_id, signer)
    insert into nonce_reservation (chain_id, signer, nonce, transaction_request_id, gas_limit, state)
    select chain_id, signer, 0, transaction_request_id, 21000, 'used_elsewhere' from planted";

struct Practice {
    fixture: CliFixture,
    contracts: Contracts,
    database: Database,
}

impl Practice {
    /// A pool whose registrar is ours, indexed up to its head by an indexer that has ended since.
    async fn open() -> Self {
        let (fixture, contracts, _) = CliFixture::with_pool(|accounts, ours| accounts.registrar = ours).await;
        let practice = Self {
            database: Database::connect(&Connect::new(fixture.database.url()).patient()).await.unwrap(),
            fixture,
            contracts,
        };
        practice.configure("");
        practice.index().await;
        practice
    }

    fn configure(&self, more: &str) {
        let chain = format!("pool = \"{}\"\n", self.contracts.pool);
        let registrar = "[registrar]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n";
        self.fixture.configure(31_337, &chain, &format!("{registrar}{more}"));
    }

    /// Has the indexer catch up, and ends it.
    async fn index(&self) {
        let line = format!("index --deploy-block {}", self.contracts.deploy_block);
        let mut indexer = self.fixture.command(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let head = self.fixture.chain.heads().await.unwrap().head.number;
            if self.database.cursor().await.unwrap().is_some_and(|cursor| cursor.block.number == head) {
                break;
            }
            assert!(Instant::now() < deadline && is_alive(&mut indexer), "the indexer does not catch up");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        indexer.kill().unwrap();
        indexer.wait().unwrap();
    }

    /// Every check as `check level`, with its sentences, and whether the exit code says that something is wrong.
    fn examine(&self, flags: &str) -> (Vec<(String, String, String)>, bool) {
        let output = self.fixture.run(&format!("doctor --json {flags}"));
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let line = |check: &Value| {
            let words = format!("{}; {}", text(check, "sentence"), text(check, "to_do"));
            (text(check, "check"), text(check, "level"), words)
        };
        let checks: Vec<_> = report["checks"].as_array().unwrap().iter().map(line).collect();
        let fails = checks.iter().filter(|(_, level, _)| level == "fail").count();
        assert_eq!(report["failed"], fails);
        assert_eq!(output.status.code(), Some(if fails == 0 { 0 } else { 3 }), "{checks:#?}");
        (checks, fails > 0)
    }

    /// The doctor must find exactly this one thing, and say what to do.
    fn finds(&self, check: &str, sentence: &str, to_do: &str, flags: &str) {
        let (checks, _) = self.examine(flags);
        let failed: Vec<_> = checks.iter().filter(|(_, level, _)| level == "fail").collect();
        let [(name, _, words)] = failed.as_slice() else { panic!("planted {check}, found {failed:#?}") };
        assert_eq!(name, check, "{words}");
        assert!(words.contains(sentence) && words.contains(to_do), "{check}: {words}");
    }

    /// The doctor must find this, with what to do, whatever else follows from it.
    fn finds_among(&self, level: &str, check: &str, texts: [&str; 2], flags: &str) {
        let (checks, _) = self.examine(flags);
        let is_it = |(name, found, words): &(String, String, String)| {
            name == check && found == level && texts.iter().all(|text| words.contains(text))
        };
        assert!(checks.iter().any(is_it), "planted {check} {texts:?}, found {checks:#?}");
    }

    fn is_well(&self) {
        let (checks, ill) = self.examine("");
        assert!(!ill, "{checks:#?}");
        for expected in
            ["secret-file", "database", "clock", "rpc", "index", "contract-code", "guard-report", "announced", "role", "balance"]
        {
            assert!(checks.iter().any(|(check, level, _)| check == expected && level == "ok"), "{expected}: {checks:#?}");
        }
    }

    async fn roles(&self, roles: u8) {
        let call = setRolesCall { account: self.fixture.account, roles };
        let impersonate = json!([self.contracts.timelock]);
        self.fixture.chain.forward("anvil_impersonateAccount".into(), impersonate).await.unwrap();
        self.fixture.chain.set_balance(self.contracts.timelock, ETHER).await.unwrap();
        self.fixture.chain.send_now(self.contracts.timelock, Some(self.contracts.pool), call.abi_encode()).await.unwrap();
    }
}

fn is_alive(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_none()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_owner_has_announced_is_said_in_words_with_its_date() {
    let practice = Practice::open().await;
    let accounts = Accounts::of(&practice.fixture.chain).await.unwrap();
    practice.contracts.announce(&practice.fixture.chain, &accounts, &setFeeCall { feeBps: 400 }).await.unwrap();
    practice.index().await;
    let database = &practice.database;
    let ready_at = rfc3339(database.open_announcements().await.unwrap()[0].ready_at).unwrap();
    practice.finds_among(
        "warn",
        "announced",
        [&format!("from {ready_at} on the pool's owner"), "may set the maker fee to 4 %"],
        "",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_planted_illness_is_found_with_its_cure_and_health_has_no_findings() {
    let practice = Practice::open().await;
    let (fixture, chain) = (&practice.fixture, &practice.fixture.chain);
    practice.is_well();

    // Role missing.
    practice.roles(0).await;
    practice.finds("role", "does not have the role registrar", "setRoles", "");
    practice.roles(REGISTRAR).await;

    // Low balance.
    let balance_wei = chain.balance(fixture.account).await.unwrap();
    chain.set_balance(fixture.account, ETHER / 2).await.unwrap();
    practice.finds("balance", "has 0.5", "send it some", "");
    chain.set_balance(fixture.account, balance_wei).await.unwrap();

    // Wrong chain. The pool can't be looked at there, and nothing is said about it.
    practice.finds("wrong-chain", "is on chain 31337, and the pool is on chain 5", "chain.rpc_url", "--chain-id 5");

    // The file of a secret that everybody can read.
    restrict(&fixture.path("password"), 0o644);
    practice.finds_among("fail", "secret-file", ["holds a secret but has mode 0644", "run chmod 600"], "");
    restrict(&fixture.path("password"), 0o600);

    // Code that is not the pool's.
    let another = format!("--pool {}", practice.contracts.link);
    practice.finds_among("fail", "contract-code", ["is not the StakingPool of this executable", "correct chain.pool"], &another);

    // An endpoint that is behind what the index has seen.
    let tags = practice.database.cursor().await.unwrap().unwrap().tags;
    practice.database.set_tags(None, Tags { head: tags.head + 100, ..tags }).await.unwrap();
    practice.finds_among("fail", "rpc-lag", ["blocks behind: its head is", "wait until it has synchronised"], "");
    practice.database.set_tags(None, tags).await.unwrap();

    // A transaction that is not ours.
    let account = Account { chain_id: 31_337, address: fixture.account };
    practice.database.signer_nonce(&account, fixture.nonce().await).await.unwrap();
    practice.is_well();
    let somebody = chain.accounts().await.unwrap()[9];
    chain.send_unlocked(fixture.account, Some(somebody), Vec::new()).await.unwrap();
    practice.finds("nonce", "somebody else sends from it, or the database is an old copy", "linkpool signer resync", "");
    practice.database.resync_signer(&account, fixture.nonce().await, "a test").await.unwrap();
    practice.is_well();

    // A nonce that we had given out, and that was used by something else.
    let plant = |sql: &str| fixture.database.server().run(fixture.database.name(), sql).unwrap();
    plant(FOREIGN);
    let words = ["1 nonces were used by transactions that this database does not know", "restored from a backup"];
    practice.finds_among("warn", "nonce", words, "");
    assert!(!practice.examine("").1, "what was looked at once must not fail for ever");
    plant("delete from nonce_reservation; delete from transaction_request");
    practice.is_well();

    // A database that has stopped following.
    chain.mine(40).await.unwrap();
    practice.finds("index", "the database is 4", "check that `linkpool index` runs", "");
    practice.index().await;

    // Final blocks that can't be compared, while the index goes on; then one that stands still.
    let says = async |state, detail| practice.database.set_state(None, state, detail).await.unwrap();
    says(IndexerState::CannotRecheck, Some("its state is gone")).await;
    practice.finds_among("warn", "index", ["cannot-recheck: its state is gone", "docs/operations.md"], "");
    assert!(!practice.examine("").1, "blocks are written all the same");
    says(IndexerState::Stalled, Some("no endpoint answers")).await;
    practice.finds("index", "the indexer is stalled: no endpoint answers", "docs/operations.md", "");
    says(IndexerState::Ok, None).await;
    practice.is_well();

    // One of two endpoints that is behind the other.
    let behind = Proxy::start(fixture.chain_port()).await.unwrap();
    behind.set(Fault::LagsBehind(25));
    let settings = fs::read_to_string(fixture.path("linkpool.toml")).unwrap();
    let single = format!("rpc_url = \"{}\"\n", fixture.rpc_url());
    let two = [("good", fixture.rpc_url()), ("late", behind.http_url())];
    let two = two.map(|(name, url)| format!("[[chain.endpoints]]\nname = \"{name}\"\nurl = \"{url}\"\n")).concat();
    fs::write(fixture.path("linkpool.toml"), settings.replace(&single, "") + &two).unwrap();
    practice.finds("rpc-lag", "late is 25 blocks behind", "use another endpoint", "");
    fs::write(fixture.path("linkpool.toml"), settings).unwrap();
    practice.is_well();

    // A report that the guard does not believe any more.
    chain.advance_time(Duration::from_secs(6 * 86_400)).await.unwrap();
    practice.finds_among("warn", "guard-report", ["expires in", "start the reporter"], "");
    chain.advance_time(Duration::from_secs(2 * 86_400)).await.unwrap();
    practice.finds("guard-report", "no node can be registered", "start the reporter", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_get_on_is_an_illness_though_every_part_answers() {
    let practice = Practice::open().await;
    let (fixture, database) = (&practice.fixture, &practice.database);
    let plant = |sql: &str| fixture.database.server().run(fixture.database.name(), sql).unwrap();
    let account = Account { chain_id: 31_337, address: fixture.account };
    database.signer_nonce(&account, fixture.nonce().await).await.unwrap();
    practice.is_well();

    // An amount that the registrar would refuse at its start.
    practice.configure("funding_initial_eth = \"0,05\"\n");
    practice.finds("settings", "registrar.funding_initial_eth", "correct linkpool.toml or the variable", "");
    practice.configure("");
    practice.is_well();

    // Leases that nobody holds: those of roles are told, those of commands that have ended are not.
    let other = practice.contracts.pool;
    for name in ["indexer".to_owned(), format!("signer/31337/{:#x}", fixture.account), format!("signer/31337/{other:#x}")] {
        let mut leader = Leader::new(database.clone(), &name, Duration::from_secs(60));
        plant(&format!("delete from lease where name = '{name}'"));
        assert!(leader.hold().await.unwrap().is_some());
        practice.finds_among("ok", "lease", [&format!("{name} is held by"), "the 1. holder"], "");
        leader.release().await.unwrap();
    }
    practice.finds_among("warn", "lease", ["nobody holds indexer", "start the role"], "");
    let ours = format!("nobody holds signer/31337/{:#x}", fixture.account);
    practice.finds_among("warn", "lease", [&ours, "start the role"], "");
    assert!(!format!("{:?}", practice.examine("")).contains(&format!("{other:#x}")), "a command's end is no fault");

    // A next nonce that the chain will never reach.
    plant("update signer set next_nonce = next_nonce + 7");
    practice.finds("nonce", "nothing behind the gap is ever mined", "compare the endpoints with an explorer", "");
    plant("update signer set next_nonce = next_nonce - 7");

    // A transaction that was replaced as often as it may be.
    plant(&FOREIGN.replace("'failed'", "'assigned'").replace("'used_elsewhere'", "'sent'"));
    plant("update nonce_reservation set trouble = 'stuck after 11 attempts'");
    practice.finds("transactions", "(call) makes no progress: stuck after 11 attempts", "linkpool tx show", "");
    plant("delete from nonce_reservation; delete from transaction_request");

    // Work for a key that the registrar had before.
    let old = Account { address: practice.contracts.pool, ..account };
    database.signer_nonce(&old, 0).await.unwrap();
    let close = NewTransactionRequest::call(TransactionKind::Close, practice.contracts.pool, vec![1]);
    database.submit_request(&old, "close", &close).await.unwrap();
    practice.finds("transactions", "1 transactions for nodes wait for the account", "Another key for the registrar", "");
    plant("delete from transaction_request");
    practice.is_well();

    // A node that was never reached, one that went away, and one whose address is a slip with a password in it.
    let listed = ListedName { source: Source::Settings, name: "planted".into(), proof_mode: ProofMode::Signature };
    let id = database.listed_node(&listed).await.unwrap();
    practice.finds_among("warn", "node-serving", ["nodes that have not served yet (1)", &id], "");
    plant("update fleet_node set phase = 'open'");
    practice.finds("node-serving", &format!("nodes that have served and do not serve now (1): {id}"), "linkpool node show", "");
    let login = fixture.path("login");
    fs::write(&login, "user@node.local\na password of sixteen\n").unwrap();
    restrict(&login, 0o600);
    let replica = Replica {
        node_id: id,
        generation: 1,
        replica_id: "0".into(),
        state: ReplicaState::Serving,
        base_url: Some("http://user:planted-secret@host:port".into()),
        credentials_file: Some(login.display().to_string()),
        admin_credentials_file: None,
        starts: 0,
        detail: None,
        seen_at: chrono::DateTime::UNIX_EPOCH,
        location: None,
    };
    database.set_replicas(&[replica]).await.unwrap();
    practice.finds("node-login", "its address is not a URL", "linkpool node show", "");
    assert!(!format!("{:?}", practice.examine("")).contains("planted-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_lacks_migrations_or_is_away_is_said_and_nothing_is_changed() {
    let (fixture, contracts, _) = CliFixture::with_pool(|accounts, ours| accounts.registrar = ours).await;
    let empty = TestDatabase::create().await.unwrap();
    let settings = fs::read_to_string(fixture.path("linkpool.toml")).unwrap();
    let with = |url: &str| fs::write(fixture.path("linkpool.toml"), settings.replace(fixture.database.url(), url)).unwrap();
    with(empty.url());
    let output = fixture.run("doctor --json");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed: Vec<&Value> = report["checks"].as_array().unwrap().iter().filter(|check| check["level"] == "fail").collect();
    assert!(matches!(failed.as_slice(), [check] if check["check"] == "schema"), "{failed:#?}");
    assert!(failed[0]["sentence"].as_str().unwrap().contains("the database is empty"), "{failed:#?}");
    let database = Database::connect(&Connect::new(empty.url()).patient()).await.unwrap();
    assert_eq!(database.schema().await.unwrap().found, 0, "the doctor migrated");
    with("postgres://nobody@127.0.0.1:1/none");
    let output = fixture.run("doctor");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("fail  database"), "{said}");
    assert!(
        said.contains("ok    contract-code") && said.contains(&contracts.pool.to_string()),
        "the chain is looked at all the same: {said}"
    );
    assert_eq!(output.status.code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_a_days_work_will_reach_is_told_before_it_is_reached() {
    let practice = Practice::open().await;
    practice.finds_among("ok", "fees", ["gas to register and pay", "the budget of a day has room for 50"], "");
    let base_fee = |gwei: u64| {
        let chain = practice.fixture.chain.clone();
        async move {
            let wei = json!([format!("{:#x}", gwei * 1_000_000_000)]);
            chain.forward("anvil_setNextBlockBaseFeePerGas".into(), wei).await.unwrap();
            chain.mine(1).await.unwrap();
        }
    };

    let configure = |registrar: &str, transactions: &str| {
        practice.configure(registrar);
        let path = practice.fixture.path("linkpool.toml");
        let settings = fs::read_to_string(&path).unwrap();
        fs::write(path, settings.replace("[transactions]\n", &format!("[transactions]\n{transactions}"))).unwrap();
    };

    // Sums of the operator's own, that were enough when gas cost one gwei.
    base_fee(30).await;
    configure("funding_daily_cap_eth = \"1\"\n", "fees_daily_cap_eth = \"0.1\"\n");
    practice.finds_among(
        "warn",
        "fees",
        ["the 50 that a day allows take up to 0.", "set transactions.fees_daily_cap_eth to 0."],
        "",
    );
    practice.finds_among("warn", "funding", ["the 50 new wallets", "set registrar.funding_daily_cap_eth to 2.5 or more"], "");
    assert!(!practice.examine("").1, "everything works yet");
    configure("", "fees_daily_cap_eth = \"0.001\"\n");
    practice.finds("fees", "enough for 0", "set transactions.fees_daily_cap_eth to", "");

    // Gas that is dearer than is accepted, and than what the wallets are given pays for.
    configure("", "max_fee_gwei = 20\n");
    practice.finds("fees", "transactions.max_fee_gwei (20)", "until transactions.max_fee_gwei is 3", "");
    base_fee(150).await;
    configure("", "");
    practice.finds_among("ok", "fees", ["the budget of a day has room for 50", "gas to register"], "");
    for setting in ["registrar.funding_initial_eth", "registrar.funding_top_up_below_eth"] {
        practice.finds_among("warn", "funding", [setting, "a node's transaction of 500000 gas costs 0.0"], "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_hang_are_waited_for_side_by_side() {
    let practice = Practice::open().await;
    // It takes connections and never says a word.
    let hole = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = fs::read_to_string(practice.fixture.path("linkpool.toml")).unwrap();
    let entry =
        |name: String, url: String| format!("[[chain.endpoints]]\nname = \"{name}\"\nurl = \"{url}\"\ntimeout_ms = 4000\n");
    let holes = (0..15).map(|number| entry(format!("hole {number}"), format!("http://{}", hole.local_addr().unwrap())));
    let endpoints = holes.collect::<String>() + &entry("good".into(), practice.fixture.rpc_url());
    let single = format!("rpc_url = \"{}\"\n", practice.fixture.rpc_url());
    fs::write(practice.fixture.path("linkpool.toml"), settings.replace(&single, "") + &endpoints).unwrap();
    let begun = Instant::now();
    let (checks, _) = practice.examine("");
    // One after the other they take a minute.
    assert!(begun.elapsed() < Duration::from_secs(55), "{:?}", begun.elapsed());
    let of = |level: &str| checks.iter().filter(|(check, found, _)| check == "rpc" && found == level).count();
    assert_eq!((of("fail"), of("ok")), (15, 1), "{checks:#?}");
}
