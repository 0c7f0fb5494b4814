//! Reads the old logs of contracts that joined late, beside the newer blocks, which are read with everybody's. Each step is a transaction of
//! its own, under the lease and only where the fill stands as it did when the logs were asked for: so a kill, a reorg or another instance
//! costs a step, and nothing is there twice.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use linkpool_chain::Chain;
use linkpool_db::{
    Database,
    followed::{Fill, Filled, Followed, FollowedContract},
    lease::Lease,
};
use linkpool_primitives::{Address, B256};
use tokio::{sync::Notify, task::JoinHandle};
use tracing::{info, warn};

use super::{ask::block_times, rows::Rows, watched::Watched};
use crate::Result;

/// Where a backend on a dead branch could answer, blocks are read by a run of headers that ends in one of ours.
const NEAR: u64 = 256;
/// The same where nothing is ever final.
const NEAR_WITHOUT_FINALITY: u64 = linkpool_db::ingest::HEADER_WINDOW;
/// Blocks of such a run that are asked for at once.
const RUN: u64 = 200;
/// While the blocks that are wanted are not written yet.
const EARLY_DELAY: Duration = Duration::from_millis(500);
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(50);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);

/// What it takes to fill.
#[derive(Debug, Clone)]
pub(super) struct Filler {
    pub chain: Chain,
    pub database: Database,
    pub pool: Address,
    /// Most blocks of one question.
    pub most_blocks: u64,
}

/// Who fills, as long as a lease lasts. Dropped it gives up.
#[derive(Debug)]
pub(super) struct Filling {
    lease: Lease,
    /// There may be more to fill.
    look: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Drop for Filling {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Filling {
    /// `None` where nothing is to be filled.
    pub fn begin(filler: &Filler, lease: &Lease, followed: &Followed) -> Option<Self> {
        followed.contracts.iter().any(|contract| contract.fill.is_some()).then(|| {
            let (filler, lease, look) = (filler.clone(), lease.clone(), Arc::new(Notify::new()));
            let (its_lease, its_look) = (lease.clone(), look.clone());
            let task = tokio::spawn(async move { filler.run(&its_lease, &its_look).await });
            Self { lease, look, task }
        })
    }

    /// Has it look whether there is more to fill. False where it is of another lease, or has lost its own.
    pub fn look(&self, lease: &Lease) -> bool {
        self.look.notify_one();
        self.lease == *lease && !self.task.is_finished()
    }
}

/// Where a fill is, from step to step.
#[derive(Debug)]
struct Progress {
    length: u64,
    /// The block before the next, where it is known.
    last: Option<(u64, B256)>,
}

enum Step {
    Further,
    /// The blocks are not written yet.
    Early,
    Done,
}

impl Filler {
    async fn run(&self, lease: &Lease, look: &Notify) {
        let mut progress = Progress { length: self.most_blocks, last: None };
        let (mut pause, mut has_told) = (FIRST_RETRY_DELAY, false);
        loop {
            match self.step(lease, &mut progress).await {
                Ok(Step::Done) => look.notified().await,
                Ok(Step::Further) => (pause, has_told) = (FIRST_RETRY_DELAY, false),
                Ok(Step::Early) => tokio::time::sleep(EARLY_DELAY).await,
                Err(crate::Error::Database(linkpool_db::Error::LeaseLost { .. })) => return,
                Err(error) => {
                    // A reorg, or an endpoint that lags, is over before the pauses have become long.
                    if pause == MAX_RETRY_DELAY && !std::mem::replace(&mut has_told, true) {
                        warn!(%error, "the old logs of a followed contract can't be read; it is tried again");
                    }
                    if may_be_too_long(&error) {
                        progress.length = (progress.length / 2).max(1);
                    }
                    progress.last = None;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(MAX_RETRY_DELAY);
                }
            }
        }
    }

    async fn step(&self, lease: &Lease, progress: &mut Progress) -> Result<Step> {
        let followed = self.database.followed().await?;
        let mut fills: BTreeMap<Fill, Vec<FollowedContract>> = BTreeMap::new();
        for contract in followed.contracts {
            if let Some(fill) = contract.fill {
                fills.entry(fill).or_default().push(contract);
            }
        }
        let Some((fill, contracts)) = fills.pop_first() else { return Ok(Step::Done) };
        let Some((cursor, copied)) = self.database.copied().await? else { return Ok(Step::Done) };
        let Some(watched) = Watched::alone(self.pool, &contracts) else { return Ok(Step::Done) };
        let (from, end) = (fill.done + 1, fill.end.min(copied));
        if from > end {
            return Ok(Step::Early);
        }
        let settled = match cursor.tags.finalized {
            0 => copied.saturating_sub(NEAR_WITHOUT_FINALITY),
            finalized => finalized.saturating_sub(NEAR),
        };
        let (to, rows) = match from <= settled {
            true => self.range(&watched, from, end.min(settled).min(from + progress.length - 1), progress.last).await?,
            false => self.run_of_blocks(&watched, from, end).await?,
        };
        progress.last = Some(to);
        progress.length = (progress.length * 2).min(self.most_blocks);
        let Rows { contract_events: events, dead_letters, .. } = rows;
        let (count, addresses) = (events.len(), contracts.iter().map(|of| of.contract).collect());
        self.database.fill(Some(lease), &Filled { contracts: addresses, fill, to, events, dead_letters }).await?;
        if to.0 == fill.end {
            info!(contracts = contracts.len(), through = to.0, events = count, "the old logs of followed contracts are read");
        }
        Ok(Step::Further)
    }

    /// Final blocks, which go on where the last step ended.
    async fn range(&self, watched: &Watched, from: u64, to: u64, last: Option<(u64, B256)>) -> Result<((u64, B256), Rows)> {
        let range = self.chain.final_logs(&watched.addresses, from, to).await?;
        if last.is_some_and(|(number, hash)| number + 1 == from && hash != range.first.parent_hash) {
            return Err(broken(&range.endpoint, from));
        }
        let times = block_times(&self.chain, &range.logs, &[&range.first, &range.last]).await?;
        Ok(((to, range.last.block.hash), watched.read(range.logs, &times)))
    }

    /// Blocks up to one whose hash we have, each the child of the one before.
    async fn run_of_blocks(&self, watched: &Watched, from: u64, end: u64) -> Result<((u64, B256), Rows)> {
        let kept = self.database.kept_block(from, end, RUN).await?;
        let (number, hash) = kept.ok_or_else(|| self.lagging(end))?;
        let (mut rows, mut last): (Rows, Option<(u64, B256)>) = (Rows::default(), None);
        let mut first = from;
        while first <= number {
            let to = number.min(first + RUN - 1);
            let blocks = self.chain.blocks_ignoring_bloom(&watched.addresses, first, to).await?;
            let parent = blocks.headers.first().map(|header| header.parent_hash);
            if last.is_some_and(|(_, hash)| parent != Some(hash)) {
                return Err(broken(&blocks.endpoint, first));
            }
            last = blocks.headers.last().map(|header| (header.block.number, header.block.hash));
            let times = blocks.headers.iter().map(|header| (header.block.number, header.block.timestamp)).collect();
            let mut read = watched.read(blocks.logs, &times);
            rows.contract_events.append(&mut read.contract_events);
            rows.dead_letters.append(&mut read.dead_letters);
            first = to + 1;
        }
        // Another branch's logs have no place here: what is written is replaced first.
        if last != Some((number, hash)) {
            return Err(self.lagging(number));
        }
        Ok(((number, hash), rows))
    }

    fn lagging(&self, block: u64) -> crate::Error {
        linkpool_chain::Error::Lagging { endpoint: self.chain.name().to_owned(), block: block.to_string() }.into()
    }
}

fn broken(endpoint: &str, block: u64) -> crate::Error {
    let what = format!("block {block} is not the child of the one before");
    linkpool_chain::Error::Inconsistent { endpoint: endpoint.to_owned(), what }.into()
}

/// Whatever the words: fewer blocks may be answered.
fn may_be_too_long(error: &crate::Error) -> bool {
    use linkpool_chain::Error::{Rpc, TooLarge};
    matches!(error, crate::Error::Chain(TooLarge { .. } | Rpc { .. }))
        || matches!(error, crate::Error::Chain(error) if error.is_time_out())
}
