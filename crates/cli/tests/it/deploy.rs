//! `linkpool deploy`: once, verified, and whole however often it is killed.

use std::{fs, process::Stdio, time::Duration};

use alloy::{primitives::utils::parse_ether, sol_types::SolCall};
use linkpool_contracts::{Artefact, earnings, earnings_factory};
use linkpool_db::{Connect, Database};
use linkpool_primitives::{Address, checksum};
use linkpool_testkit::{
    Fault, Proxy,
    fixture::{Accounts, Contracts},
};
use serde_json::{Value, json};

use crate::{
    fixture::{CliFixture, restrict},
    program::assert_refused,
};

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const DAY: u64 = 86_400;

/// The terms of a deployment by `accounts`, with the changes that a test makes.
pub fn terms(accounts: &Accounts, changes: &[(&str, &str)]) -> String {
    let one = |account: Address| format!("[\"{account}\"]");
    let mut terms = vec![
        ("proposers", one(accounts.operator)),
        ("sink", format!("\"{}\"", accounts.treasury)),
        ("fee_recipient", format!("\"{}\"", accounts.operator)),
        ("fee_bps", "500".into()),
        ("max_share_bps", "1000".into()),
        ("network_ceiling", "19000".into()),
        ("network_reported", "19000".into()),
        ("registrars", one(accounts.registrar)),
        ("guardians", one(accounts.guardian)),
        ("slashers", one(accounts.slasher)),
        ("reporters", one(accounts.reporter)),
    ];
    for (key, value) in changes {
        terms.retain(|(known, _)| known != key);
        terms.push((*key, (*value).to_owned()));
    }
    let lines: Vec<String> = terms.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("[deploy]\n{}\n", lines.join("\n"))
}

async fn fixture() -> (CliFixture, Accounts) {
    let fixture = CliFixture::open().await;
    let accounts = Accounts::of(&fixture.chain).await.unwrap();
    fixture.configure(31337, "", &terms(&accounts, &[]));
    (fixture, accounts)
}

fn record(fixture: &CliFixture) -> Value {
    serde_json::from_str(&fs::read_to_string(fixture.path("deployments/31337/deployment.json")).unwrap()).unwrap()
}

async fn assert_made(fixture: &CliFixture, record: &Value) {
    for artefact in Artefact::ALL {
        let placed = &record["contracts"][artefact.name()];
        let address: Address = placed["address"].as_str().unwrap().parse().unwrap();
        let code = fixture.chain.code(address).await.unwrap();
        assert!(artefact.is_code(&code), "{artefact} is not at {address}");
        assert_eq!(placed["code_hash"], alloy::primitives::keccak256(&code).to_string());
        let input = fs::read_to_string(fixture.path(&format!("deployments/31337/{artefact}.input.json"))).unwrap();
        assert_eq!(input, artefact.compiler_input());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_deployed_once_and_the_indexer_follows_its_file() {
    let (fixture, accounts) = fixture().await;
    let shown = fixture.succeed("deploy --dev-token --dry-run");
    assert!(shown.contains("StakingPool") && shown.contains("Nothing was signed and nothing was sent."), "{shown}");
    assert_eq!(fixture.nonce().await, 0, "a dry run sent something");

    let printed = fixture.succeed("deploy --dev-token");
    let record = record(&fixture);
    assert!(printed.contains(&linkpool_primitives::checksum(&record["pool"].as_str().unwrap().parse().unwrap())), "{printed}");
    assert!(shown.contains(&linkpool_primitives::checksum(&record["pool"].as_str().unwrap().parse().unwrap())), "{shown}");
    assert_made(&fixture, &record).await;
    assert_eq!(fixture.nonce().await, 5);

    assert_refused(&fixture.run("deploy --dev-token"), 3, &["chain 31337 has a pool already", "--again NAME"]);
    fixture.configure(31337, "deployment = \"deployments/31337/deployment.json\"\n", &terms(&accounts, &[]));
    followed(&fixture).await;
    let verified = fixture.json("verify");
    assert_eq!(verified["differences"], Value::Array(Vec::new()));
    assert_refused(&fixture.run("deploy --dev-token --out elsewhere"), 3, &["this database follows the pool", "--again NAME"]);
    assert_eq!(fixture.nonce().await, 5);

    fixture.succeed("deploy --dev-token --again second");
    assert_eq!(fixture.nonce().await, 10, "a second set on purpose is a whole one");
}

/// Runs the indexer until it has the pool's first events.
async fn followed(fixture: &CliFixture) {
    let mut indexer = fixture.command("index --quiet").stderr(Stdio::null()).spawn().unwrap();
    let database = Database::connect(&Connect::new(fixture.database.url()).patient()).await.unwrap();
    let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
    loop {
        let state = database.state().await.ok().flatten();
        if state.is_some_and(|state| state.pool.is_some()) {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "the indexer has no pool");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    indexer.kill().unwrap();
    indexer.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nodes_own_contract_is_where_it_was_said_to_be_and_its_wallet_stands_in_its_code() {
    let (fixture, _) = fixture().await;
    fixture.succeed("deploy --dev-token");
    let factory: Address = record(&fixture)["earnings_factory"].as_str().unwrap().parse().unwrap();
    let wallet = Address::repeat_byte(0xab);
    let predicted = earnings_factory::earnings_of(factory, wallet);
    let told = fixture.chain.call(factory, &earnings_factory::earningsOfCall { node: wallet }).await.unwrap();
    assert_eq!(told, predicted);
    let create = earnings_factory::createCall { node: wallet }.abi_encode();
    let operator = Accounts::of(&fixture.chain).await.unwrap().operator;
    fixture.chain.send_now(operator, Some(factory), create).await.unwrap();
    assert_eq!(fixture.chain.code(predicted).await.unwrap(), earnings_factory::clone_code(factory, wallet));
    assert_eq!(fixture.chain.call(predicted, &earnings::nodeCall {}).await.unwrap(), wallet);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_stands_gets_what_passes_earnings_on_once_and_whole_however_often_it_is_killed() {
    let (fixture, accounts) = fixture().await;
    fixture.succeed("deploy --dev-token");
    // As if it had been made before there was a factory.
    let file = fixture.path("deployments/31337/deployment.json");
    let whole = record(&fixture);
    let mut before = whole.clone();
    before.as_object_mut().unwrap().remove("earnings_factory");
    for name in ["NodeEarnings", "NodeEarningsFactory"] {
        before["contracts"].as_object_mut().unwrap().remove(name);
    }
    fs::write(&file, before.to_string()).unwrap();
    fixture.configure(31337, "deployment = \"deployments/31337/deployment.json\"\n", "");
    let shown = fixture.json("deploy --earnings --dry-run");
    assert_eq!((shown["contracts"].as_array().unwrap().len(), &shown["pool"]), (1, &json!(checksum(&parsed(&whole["pool"])))));
    assert!(shown["gas"].as_u64().unwrap() > 100_000, "{shown}");
    assert_eq!(fixture.nonce().await, 5, "a dry run sent something");
    for point in ["reserved", "committed", "sent", "seen"] {
        fixture.killed_at(point, "deploy --earnings");
    }
    fixture.succeed("deploy --earnings");
    assert_eq!(fixture.nonce().await, 6, "it was made once");
    let after = record(&fixture);
    assert_made(&fixture, &after).await;
    let factory = parsed(&after["earnings_factory"]);
    assert_ne!(factory, parsed(&whole["earnings_factory"]));
    let pool = fixture.chain.call(earnings_factory::implementation(factory), &earnings::POOLCall {}).await.unwrap();
    assert_eq!((pool, &after["pool"], &after["terms"]), (parsed(&whole["pool"]), &before["pool"], &before["terms"]));
    assert_refused(&fixture.run("deploy --earnings"), 3, &["has its earnings passed on already", "nothing was sent"]);

    // The settings name another pool than the file, and then something that is no pool.
    let other = Contracts::deploy(&fixture.chain, &accounts).await.unwrap();
    fixture.configure(31337, &format!("pool = \"{}\"\n", other.pool), "");
    assert_refused(&fixture.run("deploy --earnings"), 3, &["is the file of the pool", "--out FOLDER"]);
    let made = fixture.json("deploy --earnings --out elsewhere");
    assert_eq!(parsed(&made["pool"]), other.pool);
    assert!(fixture.path("elsewhere/NodeEarnings.input.json").is_file() && !fixture.path("elsewhere/deployment.json").exists());
    fixture.configure(31337, &format!("pool = \"{}\"\n", other.lens), "");
    assert_refused(&fixture.run("deploy --earnings --out nowhere"), 3, &["is not the StakingPool of this version"]);
}

fn parsed(address: &Value) -> Address {
    address.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_killed_goes_on_and_makes_one_set() {
    let (fixture, accounts) = fixture().await;
    for point in ["reserved", "committed", "sent", "seen"] {
        fixture.killed_at(point, "deploy --dev-token");
    }
    // The timelock's delay is in what was begun.
    let longer = terms(&accounts, &[("timelock_delay_seconds", &(29 * DAY).to_string())]);
    fixture.succeed("deploy --dev-token --dry-run");
    let begun = fixture.nonce().await;
    fixture.succeed("deploy --dev-token");
    assert!(begun >= 1, "the first contract was on its way");
    assert_eq!(fixture.nonce().await, 5, "each contract was made once");
    assert_made(&fixture, &record(&fixture)).await;

    // Without its file the same deployment is finished again, and one with other terms is refused.
    fs::remove_file(fixture.path("deployments/31337/deployment.json")).unwrap();
    fixture.configure(31337, "", &longer);
    assert_refused(&fixture.run("deploy --dev-token"), 3, &["was begun with other terms", "TimelockController"]);
    fixture.configure(31337, "", &terms(&accounts, &[]));
    fixture.succeed("deploy --dev-token");
    assert_eq!(fixture.nonce().await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_go_wrong_is_refused_before_anything_is_sent() {
    let (fixture, accounts) = fixture().await;
    let deployed = Contracts::deploy(&fixture.chain, &accounts).await.unwrap();
    let refuse = |changes: &[(&str, &str)], line: &str, code: i32, texts: &[&str]| {
        fixture.configure(31337, "", &terms(&accounts, changes));
        assert_refused(&fixture.run(line), code, texts);
    };
    let quoted = |address: Address| format!("\"{address}\"");
    refuse(&[], "deploy", 2, &["set deploy.token"]);
    refuse(&[("token", &quoted(accounts.treasury))], "deploy", 2, &["there is no contract at"]);
    refuse(&[("token", &quoted(deployed.lens))], "deploy", 3, &["is not the LINK token", "it has no symbol"]);
    let other = fixture.chain.send_now(accounts.operator, None, answers_always("FAKE")).await.unwrap().contract_address.unwrap();
    refuse(&[("token", &quoted(other))], "deploy", 3, &["is not the LINK token", "it calls itself \"FAKE\""]);
    let token = quoted(deployed.link);
    refuse(&[("token", &token), ("reporters", "[]")], "deploy", 2, &["deploy.reporters is empty"]);
    let short = [("token", token.as_str()), ("timelock_delay_seconds", "86400")];
    refuse(&short, "deploy", 3, &["StakingPool can't be made", "delay is at least 2419200 seconds; its delay is 86400"]);
    refuse(&[("token", &token), ("fee_bps", "2001")], "deploy", 3, &["out of bounds", "from 0 to 2000"]);

    fixture.chain.set_balance(fixture.account, 1_000).await.unwrap();
    refuse(&[("token", &token)], "deploy", 3, &["0.000000000000001 ETH", "send it some first"]);
    fixture.configure(1, "", &terms(&accounts, &[]));
    assert_refused(&fixture.run("deploy --dev-token"), 2, &["serves chain 31337, not chain 1"]);
    fixture.configure(31337, "", &terms(&accounts, &[("token", &token)]));
    restrict(&fixture.path("password"), 0o644);
    assert_refused(&fixture.run("deploy"), 2, &["chmod 600"]);
    assert_eq!(fixture.nonce().await, 0);
}

/// Creation code of a contract that answers every call with one short text.
fn answers_always(text: &str) -> Vec<u8> {
    let word = |number: usize| alloy::primitives::U256::from(number).to_be_bytes::<32>().to_vec();
    let mut letters = text.as_bytes().to_vec();
    letters.resize(32, 0);
    // PUSH32 word, PUSH1 place, MSTORE for offset, length and letters; then PUSH1 96, PUSH0, RETURN.
    let mut runtime = Vec::new();
    for (place, word) in [(0x00, word(32)), (0x20, word(text.len())), (0x40, letters)] {
        runtime.extend([&[0x7f], word.as_slice(), &[0x60, place, 0x52]].concat());
    }
    runtime.extend([0x60, 0x60, 0x5f, 0xf3]);
    // PUSH1 length, DUP1, PUSH1 9, PUSH0, CODECOPY, PUSH0, RETURN.
    let length = u8::try_from(runtime.len()).unwrap();
    [vec![0x60, length, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3], runtime].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_refuse_or_ignore_state_overrides_are_good_enough_and_the_terms_are_not_blamed() {
    let (fixture, _) = fixture().await;
    let proxy = Proxy::start(fixture.chain_port()).await.unwrap();
    let shown = |more: &str| fixture.json(&format!("deploy --dev-token --rpc-url {}{more}", proxy.http_url()));
    let gas = |shown: &Value| shown["contracts"][2]["gas"].as_u64().unwrap();
    let factory = |shown: &Value| shown["contracts"][4]["gas"].as_u64().unwrap();
    let whole = shown(" --dry-run");
    assert_eq!((&whole["notes"], &whole["contracts"][2]["contract"]), (&json!([]), &json!("StakingPool")));
    let refused = Fault::RefusesOverrides.on("eth_estimateGas");
    for (rule, notes) in [(refused, 1), (Fault::RefusesOverrides.into(), 2), (Fault::IgnoresOverrides.into(), 2)] {
        proxy.clear();
        proxy.set(rule);
        let reckoned = shown(" --dry-run");
        assert_eq!(reckoned["notes"].as_array().unwrap().len(), notes, "{reckoned}");
        assert!(reckoned["notes"].to_string().contains("takes no state override in eth_estimateGas"), "{reckoned}");
        let (exact, reckoned, of_factory) = (gas(&whole), gas(&reckoned), factory(&reckoned));
        assert!(reckoned > exact && reckoned < exact * 5 / 4, "{reckoned} for {exact}");
        assert!(of_factory > factory(&whole) && of_factory < factory(&whole) * 5 / 4, "{of_factory} for {}", factory(&whole));
    }
    let made = shown("");
    let address = |shown: &Value| shown.as_str().unwrap().parse::<Address>().unwrap();
    assert_eq!(address(&made["contracts"]["StakingPool"]["address"]), address(&whole["contracts"][2]["address"]));
    assert_eq!(fixture.nonce().await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_deployment_costs_is_what_the_chain_takes_for_it_by_then() {
    let (fixture, _) = fixture().await;
    let proxy = Proxy::start(fixture.chain_port()).await.unwrap();
    let dry_run = || fixture.json(&format!("deploy --dev-token --dry-run --rpc-url {}", proxy.http_url()));
    let wei = |shown: &Value, key: &str| parse_ether(shown[key].as_str().unwrap()).unwrap().to::<u128>();
    let gas = |shown: &Value| u128::from(shown["gas"].as_u64().unwrap());
    let before = dry_run();
    let price_wei = wei(&before, "cost_eth") / gas(&before);
    assert_eq!(wei(&before, "cost_eth"), gas(&before) * price_wei);
    // After an upgrade code costs several times as much.
    proxy.set(Fault::Answer(json!("0x1312d00")).on("eth_estimateGas"));
    let after = dry_run();
    assert_eq!(after["contracts"][0]["gas"], 22_000_000, "the estimate and a tenth: {after}");
    assert!(gas(&after) > 4 * 20_000_000 && gas(&after) > 2 * gas(&before), "{after}");
    assert_eq!(wei(&after, "cost_eth"), gas(&after) * price_wei);
    assert!(wei(&after, "max_eth") > wei(&after, "cost_eth"), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_missing_is_named_and_the_command_ends_at_its_time_out() {
    let (fixture, _) = fixture().await;
    let proxy = Proxy::start(fixture.chain_port()).await.unwrap();
    let lacks = |method: &'static str| Fault::error(-32601, &format!("the method {method} does not exist")).on(method);
    proxy.set(lacks("eth_estimateGas"));
    let line = format!("deploy --dev-token --rpc-url {}", proxy.http_url());
    assert_refused(&fixture.run(&line), 2, &["does not offer eth_estimateGas", "docs/rpc.md"]);
    // What is sent is never answered for: the transaction waits, and the command says for what.
    proxy.clear();
    proxy.set(Fault::ForgetsTransactions);
    // It says so after ten seconds of it, however slow the machine is before.
    let output = fixture.run(&format!("{line} --timeout 25"));
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("waiting for the transaction") && said.contains("run the same command again"), "{said}");
    proxy.clear();
    fixture.succeed("deploy --dev-token");
    assert_eq!(fixture.nonce().await, 5);
}
