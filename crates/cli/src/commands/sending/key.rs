//! Under which idempotency key a call is handed in, so that a command that is repeated after a crash goes on with the
//! transaction that it began, and never pays twice.

use alloy::primitives::{B256, keccak256};
use anyhow::Result;
use linkpool_db::{
    Database,
    tx::{Account, RequestState, TransactionFilter, TransactionView},
};

use super::Call;
use crate::failure::Failure;

/// Most attempts of the same call that may have failed before somebody has to name a new one.
const MAX_FAILED: u32 = 20;
/// Open transactions of one account that are looked through; more are never in flight.
const MAX_OPEN: u16 = 1_000;

/// What the database knows about a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it may be handed in under this key.
    New { key: String },
    /// It is under way.
    Open { id: i64 },
    /// It was made.
    Done { id: i64 },
}

/// Finds the call under `name`, or under a key derived from what it is. Attempts that failed are passed over, but only where
/// the key is derived, and only those of which nothing can have happened.
pub async fn find(database: &Database, account: &Account, call: &Call, name: Option<&str>) -> Result<Known> {
    if let Some(name) = name {
        return named(database, account, call, name).await;
    }
    if let Some(open) = same_and_open(database, account, call).await? {
        return Ok(Known::Open { id: open.id });
    }
    for attempt in 0..MAX_FAILED {
        let key = format!("{}/{attempt}", derived(account, call));
        let Some(view) = by_key(database, &key).await? else { return Ok(Known::New { key }) };
        match view.state {
            RequestState::Queued | RequestState::Assigned => return Ok(Known::Open { id: view.id }),
            RequestState::Done => return Ok(Known::Done { id: view.id }),
            // Nothing was sent under it: handing it in again tries it again.
            RequestState::Refused => return Ok(Known::New { key }),
            RequestState::Failed | RequestState::Cancelled if may_have_happened(&view, call) => {
                return Err(unknown(&view, "give it a name: --key NAME"));
            }
            RequestState::Failed | RequestState::Cancelled => {}
        }
    }
    Err(Failure::refused(format!("this call has failed {MAX_FAILED} times: give --key NAME to try once more")))
}

async fn named(database: &Database, account: &Account, call: &Call, name: &str) -> Result<Known> {
    let key = format!("{}/{}/{:#x}/named/{name}", call.kind, account.chain_id, account.address);
    let Some(view) = by_key(database, &key).await? else { return Ok(Known::New { key }) };
    if view.recipient != Some(call.to) || view.data != call.data {
        return Err(Failure::bad_input(format!("--key {name} was used for another call: give a new name for a new call")));
    }
    match view.state {
        RequestState::Queued | RequestState::Assigned => Ok(Known::Open { id: view.id }),
        RequestState::Done => Ok(Known::Done { id: view.id }),
        RequestState::Refused => Ok(Known::New { key }),
        RequestState::Failed | RequestState::Cancelled if may_have_happened(&view, call) => {
            Err(unknown(&view, "give a new name"))
        }
        RequestState::Failed | RequestState::Cancelled => {
            Err(Failure::refused(format!("the call --key {name} {}: give a new name to make it once more", ending(&view))))
        }
    }
}

/// An attempt that ended without a block of its own was given up by a resync, or something unknown used its nonce: it may have
/// been this very call, sent by a database that was lost since. Made twice, that would do harm.
fn may_have_happened(view: &TransactionView, call: &Call) -> bool {
    view.receipt.is_none() && !call.kind.is_repeatable()
}

fn unknown(view: &TransactionView, once_more: &str) -> anyhow::Error {
    let why = view.last_error.as_deref().unwrap_or("no reason was recorded");
    Failure::refused(format!(
        "this call was begun before, as transaction {}, which {}: {why}. Nothing was sent now; to make the call once more on purpose, {once_more}",
        view.id,
        ending(view)
    ))
}

fn ending(view: &TransactionView) -> &'static str {
    if view.state == RequestState::Failed { "failed" } else { "was cancelled" }
}

/// One that was begun and is not settled is always the one that is meant, whatever has happened on chain since.
async fn same_and_open(database: &Database, account: &Account, call: &Call) -> Result<Option<TransactionView>> {
    let filter = TransactionFilter { account: Some(*account), open: true, limit: MAX_OPEN, ..TransactionFilter::default() };
    let open = database.transactions(&filter).await?;
    Ok(open.into_iter().find(|view| view.kind == call.kind.as_str() && view.recipient == Some(call.to) && view.data == call.data))
}

async fn by_key(database: &Database, key: &str) -> Result<Option<TransactionView>> {
    match database.find_transaction(key).await? {
        Some(id) => Ok(database.transaction(id).await?),
        None => Ok(None),
    }
}

/// Chain and account are in it, because keys are unique in the whole database.
fn derived(account: &Account, call: &Call) -> String {
    let content: B256 = keccak256([call.to.as_slice(), &call.data, call.occasion.as_bytes()].concat());
    format!("{}/{}/{:#x}/{content:#x}", call.kind, account.chain_id, account.address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use linkpool_primitives::Address;
    use linkpool_tx_manager::TransactionKind;

    #[test]
    fn a_derived_key_tells_every_part_of_a_call_and_fits() {
        let account = |byte| Account { chain_id: u64::MAX, address: Address::repeat_byte(byte) };
        let call = |data: &[u8], occasion: &str| Call {
            kind: TransactionKind::PenaltyExecute,
            to: Address::ZERO,
            data: data.to_vec(),
            description: String::new(),
            occasion: occasion.into(),
            probe: None,
        };
        let key = derived(&account(1), &call(&[1], "7"));
        assert_eq!(key, derived(&account(1), &call(&[1], "7")));
        for other in [
            derived(&account(2), &call(&[1], "7")),
            derived(&account(1), &call(&[2], "7")),
            derived(&account(1), &call(&[1], "8")),
        ] {
            assert_ne!(key, other);
        }
        assert!(key.len() + "/19".len() <= 200, "{} bytes", key.len());
    }
}
