//! The thirty days that a new development chain has behind it: what whoever opens the page first sees is a pool that lives.
//!
//! All of it is made on the real contract, by transactions in blocks of their own time. The chain begins thirty days ago and reaches the
//! present. Four nodes have a past here, and no replicas: the database takes them for nodes that somebody else runs. The fleet makes two
//! more, which are empty.

mod acts;
mod adopt;
mod blocks;
mod plan;

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use linkpool_chain::Chain;
use linkpool_contracts::pool::{nodeCountCall, nodeOfCall};
use linkpool_primitives::Address;
use linkpool_testkit::fixture::{Accounts, Contracts};

pub use self::adopt::adopt;
use self::{acts::Cast, blocks::Blocks};

const DAYS: u64 = 30;
const DAY: Duration = Duration::from_secs(86_400);
/// A chain that is no further back than this has no room for a past.
const LEAST_AGE: Duration = Duration::from_secs((DAYS - 1) * 86_400);

/// When a new chain begins, in Unix seconds.
pub fn genesis_time() -> Result<u64> {
    Ok(now()? - DAYS * DAY.as_secs())
}

/// Gives a chain that begins in the past, and has no node yet, its history; any other chain of ours is brought to the present.
/// The blocks are made here, by their own times: the chain's own clock stands still meanwhile. Returns the nodes of the history that are on
/// the chain.
pub async fn make(chain: &Chain, accounts: &Accounts, contracts: &Contracts, block_time: u64) -> Result<Vec<Address>> {
    let cast = Cast::new(chain, accounts, contracts)?;
    let blocks = Blocks::stop_clock(chain).await?;
    let begin = chain.heads().await?.head.timestamp;
    let is_bare = chain.call(contracts.pool, &nodeCountCall {}).await?.is_zero();
    if is_bare && begin + LEAST_AGE.as_secs() < now()? {
        cast.prepare(&blocks).await.context("preparing the history")?;
        for planned in plan::plan() {
            let at = begin + planned.minute * 60;
            ensure!(at < now()?, "the history would reach into the future");
            cast.play(&blocks, at, &planned.acts).await.with_context(|| format!("minute {} of the history", planned.minute))?;
        }
        cast.leave(&blocks).await?;
    }
    if chain.heads().await?.head.timestamp < now()? {
        blocks.make(now()?, &[]).await?;
    }
    blocks.start_clock(block_time).await?;
    let wallets = cast.wallets();
    let first = chain.call(contracts.pool, &nodeOfCall { node: wallets[0] }).await?;
    Ok(if first.status == 0 { Vec::new() } else { wallets })
}

fn now() -> Result<u64> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Ok(since.context("the computer's clock is before 1970")?.as_secs())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{
        plan::{Act, CAP_LINK, NODES, plan},
        *,
    };

    #[test]
    fn the_plan_goes_forward_and_ends_before_the_present() {
        let minutes: Vec<u64> = plan().iter().map(|planned| planned.minute).collect();
        assert!(minutes.windows(2).all(|pair| pair[0] < pair[1]), "{minutes:?}");
        assert!(minutes.last().is_some_and(|last| *last < DAYS * 1_440), "{minutes:?}");
    }

    #[test]
    fn one_node_is_full_at_the_end_and_the_others_are_not() {
        let mut active = BTreeMap::new();
        for act in plan().into_iter().flat_map(|planned| planned.acts) {
            let (node, change) = match act {
                Act::Stake { node, link, .. } => (node, i64::from(link)),
                Act::Unbond { node, link, .. } => (node, -i64::from(link)),
                _ => continue,
            };
            *active.entry(node).or_default() += change;
        }
        let active: Vec<i64> = active.into_values().collect();
        assert_eq!(active.len(), NODES);
        assert_eq!(active[0], i64::from(CAP_LINK), "{active:?}");
        assert!(active[1..].iter().all(|link| *link > 0 && *link < i64::from(CAP_LINK)), "{active:?}");
    }

    #[test]
    fn the_report_is_renewed_before_it_is_too_old() {
        let week = 7 * 1_440;
        let reports = plan().into_iter().filter(|planned| planned.acts.contains(&Act::Report));
        let times: Vec<u64> = std::iter::once(0).chain(reports.map(|planned| planned.minute)).collect();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] < week), "{times:?}");
        assert!(times.last().is_some_and(|last| DAYS * 1_440 - last < week), "{times:?}");
    }
}
