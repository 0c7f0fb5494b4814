//! The transactions that are under way: each gets on, and none waits for a key that the registrar does not use any more.

use std::collections::BTreeMap;

use linkpool_db::{
    Database,
    tx::{Account, NonceState, TransactionFilter, TransactionView},
};
use linkpool_primitives::checksum;
use linkpool_tx_manager::TransactionKind;

use super::report::Report;

/// Most that are looked through, and that are named one by one.
const MAX_OPEN: u16 = 1_000;
const MAX_NAMED: usize = 5;

/// What only the registrar sends.
const NODE_KINDS: [TransactionKind; 5] =
    [TransactionKind::Fund, TransactionKind::TopUp, TransactionKind::Register, TransactionKind::Close, TransactionKind::Reopen];

/// `registrar`: its account, where that is known.
pub async fn check(database: &Database, registrar: Option<Account>, report: &mut Report) {
    let filter = TransactionFilter { open: true, limit: MAX_OPEN, ..TransactionFilter::default() };
    let open = match database.transactions(&filter).await {
        Ok(open) => open,
        Err(error) => return report.fail("transactions", error.to_string(), "repeat when the database answers"),
    };
    let stuck = stuck(&open, report);
    let stranded = registrar.is_some_and(|registrar| stranded(&open, registrar, report));
    if !stuck && !stranded {
        report.ok("transactions", format!("{} transactions are under way, and each gets on", open.len()));
    }
}

/// The oldest first: it holds up all after it.
fn stuck(open: &[TransactionView], report: &mut Report) -> bool {
    let has_nonce = |it: &&TransactionView| matches!(it.nonce_state, Some(NonceState::Reserved | NonceState::Sent));
    let stuck: Vec<(i64, &str, &str)> =
        open.iter().rev().filter(has_nonce).filter_map(|it| Some((it.id, it.kind.as_str(), it.trouble.as_deref()?))).collect();
    for (id, kind, trouble) in stuck.iter().take(MAX_NAMED) {
        let to_do = format!("`linkpool tx show {id}` has all of it; docs/registrar.md says what to do in each state");
        report.fail("transactions", format!("transaction {id} ({kind}) makes no progress: {trouble}"), to_do);
    }
    if stuck.len() > MAX_NAMED {
        let sentence = format!("{} more transactions make no progress", stuck.len() - MAX_NAMED);
        report.fail("transactions", sentence, "`linkpool tx list` has them all");
    }
    !stuck.is_empty()
}

/// What was asked for under another key is sent by nobody.
fn stranded(open: &[TransactionView], registrar: Account, report: &mut Report) -> bool {
    let is_for_a_node = |it: &&TransactionView| NODE_KINDS.iter().any(|kind| kind.as_str() == it.kind);
    let is_stranded =
        |it: &&TransactionView| it.account.chain_id == registrar.chain_id && it.account.address != registrar.address;
    let mut by_account: BTreeMap<String, usize> = BTreeMap::new();
    for it in open.iter().filter(is_for_a_node).filter(is_stranded) {
        *by_account.entry(checksum(&it.account.address)).or_default() += 1;
    }
    for (account, count) in &by_account {
        let sentence = format!(
            "{count} transactions for nodes wait for the account {account}, and the registrar's is {}",
            checksum(&registrar.address)
        );
        let to_do = format!("`linkpool tx list --signer {account}` has them; docs/operations.md: Another key for the registrar");
        report.fail("transactions", sentence, to_do);
    }
    !by_account.is_empty()
}
