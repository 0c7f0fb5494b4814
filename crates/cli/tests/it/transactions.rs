//! `linkpool tx` and `linkpool signer`: what a person sees and does when a transaction makes no progress.

use alloy::primitives::U256;
use linkpool_contracts::pool::{nodeAtCall, nodeOfCall, totalsCall};
use linkpool_primitives::NodeStatus;
use linkpool_testkit::fixture::{Contracts, register_node};

use crate::{fixture::CliFixture, program::assert_refused};

/// After so many blocks the ones before them are final on this chain.
const UNTIL_FINAL: u64 = 8;
/// The flags of the office's one key.
const KEY: &str = "--keystore keystore.json --password-file password";

async fn accounted(fixture: &CliFixture, contracts: &Contracts) -> u128 {
    fixture.chain.call(contracts.pool, &totalsCall {}).await.unwrap().accounted.to()
}

/// A reward whose bytes were committed and never sent, because the command was killed; its number.
async fn begun(fixture: &CliFixture, contracts: &Contracts, accounts: &linkpool_testkit::fixture::Accounts) -> i64 {
    let node = register_node(&fixture.chain, contracts, accounts).await.unwrap();
    fixture.killed_at("committed", &format!("reward deposit --node {node} --amount 3"));
    let list = fixture.json("tx list");
    assert_eq!((&list[0]["kind"], &list[0]["nonce_state"], &list[0]["attempts"]), (&"reward".into(), &"sent".into(), &1.into()));
    list[0]["id"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_found_by_number_hash_and_key_with_all_that_was_signed_for_it() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.operator = ours).await;
    assert!(fixture.succeed("tx list").contains("no transactions are under way"));
    let id = begun(&fixture, &contracts, &accounts).await;
    let listed = fixture.succeed("tx list");
    let column = |line: &str, from: usize, width: usize| line.chars().skip(from).take(width).collect::<String>();
    let from = listed.lines().next().unwrap().find("SIGNER").unwrap();
    let signer = linkpool_primitives::checksum(&fixture.account);
    assert_eq!(column(listed.lines().nth(1).unwrap(), from, signer.len()), signer, "{listed}");
    assert!(fixture.succeed(&format!("tx list --signer {}", accounts.treasury)).contains("no transactions are under way"));
    let whole = fixture.json(&format!("tx show {id}"));
    assert_eq!((&whole["signed"][0]["sends"], &whole["signed"][0]["cancels"]), (&0.into(), &false.into()));
    for word in ["hash", "idempotency_key"] {
        let output = fixture.command("tx show --json").arg(whole[word].as_str().unwrap()).output().unwrap();
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found["id"], id, "{word}");
    }
    let text = fixture.succeed(&format!("tx show {id}"));
    assert!(text.contains("attempt 0") && !text.contains("raw"), "{text}");
    assert_refused(&fixture.run("tx show 999"), 2, &["there is no transaction `999`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_transaction_is_bumped_or_cancelled_by_whoever_has_its_key() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.operator = ours).await;
    let id = begun(&fixture, &contracts, &accounts).await;
    assert_refused(&fixture.run(&format!("tx bump {id}")), 3, &["no role drives", "--keystore and --password-file"]);
    let shown = fixture.succeed(&format!("tx cancel {id} --dry-run"));
    assert!(shown.contains("would sign a payment of nothing to itself"), "{shown}");
    assert_eq!(fixture.json(&format!("tx show {id}"))["attempts"], 1, "a rehearsal signs nothing");
    let before = fixture.nonce().await;
    let done = fixture.json(&format!("tx cancel {id} {KEY}"));
    assert!(done["answer"].as_str().unwrap().contains("its nonce was used up for nothing"), "{done}");
    assert_eq!((fixture.nonce().await, accounted(&fixture, &contracts).await), (before + 1, 0));
    assert_refused(&fixture.run(&format!("tx resend {id} {KEY}")), 3, &["too late: the transaction is cancelled"]);
    let id = begun(&fixture, &contracts, &accounts).await;
    let done = fixture.json(&format!("tx bump {id} {KEY}"));
    assert!(done["answer"].as_str().unwrap().starts_with("signed as attempt 1, 0x"), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signer_that_somebody_else_used_sends_nothing_until_it_is_resynced() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.operator = ours).await;
    let address = linkpool_primitives::checksum(&fixture.account);
    assert_eq!(fixture.succeed(&format!("signer address {KEY}")).trim(), address);
    assert!(fixture.succeed(&format!("signer balance --address {address}")).trim().ends_with(" ETH"));
    assert_refused(&fixture.run(&format!("signer status --address {address}")), 2, &["nothing was ever sent from"]);
    let node = register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
    fixture.succeed(&format!("reward deposit --node {node} --amount 1"));
    let status = fixture.json(&format!("signer status --address {address}"));
    assert_eq!(
        (&status["chain_nonce"], &status["driven"], &status["used_elsewhere"]),
        (&status["next_nonce"], &false.into(), &0.into())
    );
    assert_refused(&fixture.run(&format!("signer resync --address {address}")), 3, &["nothing to do"]);

    fixture.chain.send_unlocked(fixture.account, Some(accounts.guardian), Vec::new()).await.unwrap();
    assert_refused(&fixture.run(&format!("signer status --address {address}")), 3, &["linkpool signer resync"]);
    // A nonce that is not final may be one endpoint's mistake, and the next one is never lowered again.
    for rehearsal in ["", " --dry-run"] {
        let resync = format!("signer resync --address {address}{rehearsal}");
        assert_refused(&fixture.run(&resync), 3, &["in the final block", "repeat when all of it is final"]);
    }
    fixture.chain.mine(UNTIL_FINAL).await.unwrap();
    let plan = fixture.json(&format!("signer resync --address {address} --dry-run"));
    let nonce = fixture.nonce().await;
    assert_eq!((plan["from_nonce"].as_u64(), plan["to_nonce"].as_u64()), (Some(nonce - 1), Some(nonce)));
    assert_refused(&fixture.run(&format!("signer status --address {address}")), 3, &["resync"]);
    assert!(fixture.succeed(&format!("signer resync --address {address}")).contains("the next nonce is"));
    fixture.succeed(&format!("signer status --address {address}"));
    fixture.succeed(&format!("reward deposit --node {node} --amount 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_that_a_resync_gave_up_is_not_paid_again_unless_it_gets_a_name() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.operator = ours).await;
    let id = begun(&fixture, &contracts, &accounts).await;
    // A copy of the database from before the reward got its nonce; meanwhile the chain goes on.
    let restored = "delete from attempt; delete from nonce_reservation; update transaction_request set state = 'queued'; update signer set next_nonce = next_nonce - 1";
    fixture.database.server().run(fixture.database.name(), restored).unwrap();
    fixture.chain.send_unlocked(fixture.account, Some(accounts.guardian), Vec::new()).await.unwrap();
    fixture.chain.mine(UNTIL_FINAL).await.unwrap();
    let done = fixture.json(&format!("signer resync {KEY}"));
    assert_eq!(done["cancelled"], serde_json::json!([id]));

    let before = fixture.nonce().await;
    let deposit = format!(
        "reward deposit --node {} --amount 3",
        fixture.chain.call(contracts.pool, &nodeAtCall { index: U256::ZERO }).await.unwrap().wallet
    );
    // One whose nonce was used by something unknown has failed, and is in no block either.
    for (state, ending) in [("failed", "which failed: it may"), ("cancelled", "which was cancelled: it may")] {
        fixture
            .database
            .server()
            .run(fixture.database.name(), &format!("update transaction_request set state = '{state}'"))
            .unwrap();
        assert_refused(&fixture.run(&deposit), 3, &[ending, "have happened", "Nothing was sent now", "--key NAME"]);
    }
    assert_eq!((fixture.nonce().await, accounted(&fixture, &contracts).await), (before, 0));
    fixture.succeed(&format!("{deposit} --key looked"));
    assert_ne!(accounted(&fixture, &contracts).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_and_not_done_is_refused_with_the_reason() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.operator = ours).await;
    let id = begun(&fixture, &contracts, &accounts).await;
    // Nothing is mined, so that the transaction stays open.
    fixture.chain.forward("evm_setAutomine".into(), serde_json::json!([false])).await.unwrap();
    let balance_wei = fixture.chain.balance(fixture.account).await.unwrap();
    fixture.chain.set_balance(fixture.account, 0).await.unwrap();
    assert_refused(&fixture.run(&format!("tx resend {id} {KEY}")), 3, &["resend was not done", "too little ether"]);
    fixture.chain.set_balance(fixture.account, balance_wei).await.unwrap();
    for action in ["bump", "cancel"] {
        let mut command = fixture.command(&format!("tx {action} {id} {KEY}"));
        let output = command.env("LINKPOOL__TRANSACTIONS__MAX_FEE_GWEI", "1").output().unwrap();
        assert_refused(&output, 3, &[&format!("{action} was not done: not signed")]);
    }
    assert_eq!(fixture.json(&format!("tx show {id}"))["attempts"], 1);
    let output = fixture.run(&format!("tx bump {id} {KEY}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retirement_that_was_cancelled_can_be_made_after_all() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.guardian = ours).await;
    let node = register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
    let retire = format!("node retire {node} {KEY}");
    fixture.killed_at("committed", &retire);
    let id = fixture.json("tx list")[0]["id"].as_i64().unwrap();
    fixture.succeed(&format!("tx cancel {id} {KEY}"));
    // Killed and repeated, it goes on with what it began.
    fixture.killed_at("committed", &retire);
    let before = fixture.nonce().await;
    let done = fixture.succeed(&retire);
    assert!(done.contains("retired") && done.contains("transaction 0x"), "{done}");
    assert_eq!(fixture.nonce().await, before + 1);
    let status = fixture.chain.call(contracts.pool, &nodeOfCall { node }).await.unwrap().status;
    assert_eq!(status, NodeStatus::Retired.code());
    assert_refused(&fixture.run(&retire), 3, &["is retired already"]);
}
