//! How far the transactions of a place are: each stands under a key that says what it follows, so that it is sent once, by however
//! many instances and however often one is killed.

use linkpool_db::{
    Database,
    tx::{Account, RequestState},
};
use linkpool_primitives::Address;

use crate::{
    Result,
    source::{Sighting, Step},
};

/// Most attempts at the same thing that may have failed; each costs gas.
const MAX_FAILED: u32 = 20;
pub(crate) const HOUR: u64 = 3_600;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It may be handed in under this key.
    Free {
        key: String,
    },
    UnderWay {
        id: i64,
    },
    /// It was done in this block, with this nonce.
    Done {
        block: u64,
        nonce: Option<u64>,
    },
    /// So many have failed that a person must look.
    Exhausted,
}

/// What a step is known by: passing on by the block of the time before, so that the next one is another; taking over by the hour,
/// so that whoever takes an Operator back again and again can't make this account pay for it each block.
pub(crate) fn name(account: &Account, sighting: &Sighting, step: Step, after: Option<u64>, now: u64) -> String {
    let (chain_id, account, wallet) = (account.chain_id, account.address, sighting.node.wallet);
    let which = match step {
        // What is left of a retired node has names of its own (`release`).
        Step::Create | Step::Make | Step::Release => String::new(),
        Step::Take => format!("/{:#x}/{}", sighting.source, now / HOUR),
        Step::Pass => format!("/{}/{:#x}/{}", sighting.kind.as_str(), sighting.source, after.unwrap_or_default()),
    };
    format!("earnings/{chain_id}/{account:#x}/{}/{wallet:#x}{which}", step.word())
}

/// A transaction that passes on what waits here and that no block holds yet, or none any more; whatever it follows.
pub(crate) async fn open_pass(database: &Database, account: &Account, sighting: &Sighting) -> Result<Option<i64>> {
    let of_any = name(account, sighting, Step::Pass, None, 0);
    let place = of_any.rsplit_once('/').map_or(&*of_any, |(place, _)| place);
    Ok(database.find_open_transaction(&format!("{place}/")).await?)
}

/// What making a node's Operator is known by: it is made once.
pub(crate) fn operator_name(account: &Account, wallet: Address) -> String {
    format!("earnings/{}/{:#x}/{}/{wallet:#x}", account.chain_id, account.address, Step::Make.word())
}

/// How far it is.
pub(crate) async fn progress(database: &Database, name: &str) -> Result<Progress> {
    for attempt in 0..MAX_FAILED {
        let key = format!("{name}/{attempt}");
        let known = match database.find_transaction(&key).await? {
            Some(id) => database.transaction(id).await?,
            None => None,
        };
        let Some(view) = known else { return Ok(Progress::Free { key }) };
        match view.state {
            RequestState::Queued | RequestState::Assigned => return Ok(Progress::UnderWay { id: view.id }),
            RequestState::Done => {
                let block = view.receipt.map_or(0, |receipt| receipt.block_number);
                return Ok(Progress::Done { block, nonce: view.nonce });
            }
            // Nothing was sent under it.
            RequestState::Refused => return Ok(Progress::Free { key }),
            RequestState::Failed | RequestState::Cancelled => {}
        }
    }
    Ok(Progress::Exhausted)
}

#[cfg(test)]
mod tests {
    use linkpool_db::earnings::SourceKind;
    use linkpool_primitives::{Address, NodeStatus};

    use super::*;
    use crate::source::Node;

    #[test]
    fn a_key_tells_what_it_is_about_and_fits() {
        let account = Account { chain_id: u64::MAX, address: Address::repeat_byte(1) };
        let node = Node {
            id: String::new(),
            wallet: Address::repeat_byte(2),
            contract: Address::repeat_byte(3),
            is_made: true,
            status: NodeStatus::Active,
            is_ending: false,
        };
        let (kind, source) = (SourceKind::Operator, Address::repeat_byte(4));
        let sighting = Sighting {
            node,
            kind,
            source,
            waiting: 0,
            unanswered: 0,
            nonce: 0,
            trouble: None,
            must_take: false,
            is_unnamed: false,
        };
        let longest = name(&account, &sighting, Step::Pass, Some(u64::MAX), 0);
        assert!(longest.len() + "/19".len() <= 200, "{} bytes", longest.len());
        assert_ne!(longest, name(&account, &sighting, Step::Pass, Some(7), 0));
        assert_eq!(name(&account, &sighting, Step::Take, None, 3_600), name(&account, &sighting, Step::Take, Some(7), 7_199));
        assert_ne!(name(&account, &sighting, Step::Take, None, 3_600), name(&account, &sighting, Step::Take, None, 7_200));
    }
}
