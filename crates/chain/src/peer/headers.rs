//! Headers from one endpoint.

use std::time::{Duration, Instant};

use linkpool_primitives::BlockRef;
use serde_json::json;

use super::{Peer, recent::Recent};
use crate::{Checked, Error, Heads, Result, call::Call, checked::Tags, wire::WireHeader};

/// Most headers asked for in one batch.
pub(super) const BATCH: u64 = 100;

/// How often an endpoint that is not in use is asked which chain it serves.
const CHAIN_ID_INTERVAL: Duration = Duration::from_secs(60);

pub(super) fn block(number: u64) -> Call {
    tag(&format!("{number:#x}"))
}

fn latest() -> Call {
    tag("latest")
}

fn tag(tag: &str) -> Call {
    Call::new("eth_getBlockByNumber", json!([tag, false]))
}

impl Peer {
    /// Head, safe and finalized, in one batch, or the head alone.
    pub async fn heads(&self, tags: Tags) -> Result<Heads> {
        if tags == Tags::Left {
            let asked = Instant::now();
            let head = self.newest(self.request(&latest()).await, asked)?;
            return Ok(Heads { head, safe: 0, finalized: 0 });
        }
        // The answers of a batch are not of one moment, nor always of one machine: a second look is most often straight.
        match self.heads_once().await {
            Err(Error::Lagging { .. }) => self.heads_once().await,
            heads => heads,
        }
    }

    async fn heads_once(&self) -> Result<Heads> {
        // The newest last: what comes in between makes it higher and never lower than the others.
        let calls = [tag("finalized"), tag("safe"), latest()];
        let asked = Instant::now();
        let mut batch = self.batch(&calls).await?;
        let (final_block, safe_block) = (tagged(batch.take())?, tagged(batch.take())?);
        let number = |block: &Option<WireHeader>| block.as_ref().map_or(0, |block| block.number.to::<u64>());
        let (finalized, safe) = (number(&final_block), number(&safe_block));
        let head: Option<WireHeader> = batch.take()?;
        // A node that has only just started has none.
        let newest = self.checked(head.ok_or_else(|| self.lagging("latest"))?)?;
        let (head, finalized_hash) = (newest.block, final_block.map(|block| block.hash).filter(|_| batch.is_whole));
        // Behind one name there may be several machines, and one that lags answers for the newest block.
        let highest = safe.max(finalized);
        if highest > head.number {
            return Err(self.lagging(highest));
        }
        self.saw_head(head.number, asked.elapsed());
        self.recent.remember(Recent { head: newest, finalized: finalized_hash.map(|hash| (finalized, hash)), at: asked });
        Ok(Heads { head, safe, finalized })
    }

    fn newest(&self, answer: Result<Option<WireHeader>>, asked: Instant) -> Result<BlockRef> {
        let newest = self.checked(answer?.ok_or_else(|| self.lagging("latest"))?)?;
        let head = newest.block;
        self.saw_head(head.number, asked.elapsed());
        self.recent.remember(Recent { head: newest, finalized: None, at: asked });
        Ok(head)
    }

    /// The newest block, and from time to time the chain id, to see how it does.
    pub async fn probe(&self, chain_id: u64) -> Result<()> {
        let asked = Instant::now();
        let is_known = self.health().is_verified_since(asked.checked_sub(CHAIN_ID_INTERVAL));
        let calls = [latest(), Call::new("eth_chainId", json!([]))];
        let calls = if is_known { &calls[..1] } else { &calls[..] };
        let mut batch = self.batch(calls).await?;
        let head: Option<WireHeader> = batch.take()?;
        if !is_known {
            let found: alloy::primitives::U64 = batch.take()?;
            if found.to::<u64>() != chain_id {
                return Err(Error::WrongChain { endpoint: self.name.to_string(), expected: chain_id, found: found.to() });
            }
            self.health().verify(Instant::now());
        }
        self.newest(Ok(head), asked).map(drop)
    }

    pub async fn header(&self, number: u64) -> Result<Option<Checked>> {
        let answer: Option<WireHeader> = self.request(&block(number)).await?;
        answer.map(|answer| self.at(number, Some(answer))).transpose()
    }

    /// The headers at these heights, as far as it has them.
    pub async fn headers_at(&self, numbers: &[u64]) -> Result<Vec<Option<Checked>>> {
        let mut headers = Vec::with_capacity(numbers.len());
        for part in numbers.chunks(BATCH as usize) {
            let calls: Vec<Call> = part.iter().map(|number| block(*number)).collect();
            let mut batch = self.batch(&calls).await?;
            for number in part {
                let answer: Option<WireHeader> = batch.take()?;
                headers.push(answer.map(|answer| self.at(*number, Some(answer))).transpose()?);
            }
        }
        Ok(headers)
    }

    /// The headers `from..=to`, each the child of the one before.
    pub async fn headers(&self, from: u64, to: u64) -> Result<Vec<Checked>> {
        // A reorg between two answers breaks a link as a lie does; a second look tells them apart.
        match self.headers_once(from, to).await {
            Err(Error::Inconsistent { .. }) => self.headers_once(from, to).await,
            headers => headers,
        }
    }

    async fn headers_once(&self, from: u64, to: u64) -> Result<Vec<Checked>> {
        let mut headers: Vec<Checked> = Vec::new();
        let mut next = from;
        while next <= to {
            let last = to.min(next + BATCH - 1);
            let calls: Vec<Call> = (next..=last).map(block).collect();
            let mut batch = self.batch(&calls).await?;
            for number in next..=last {
                let header = self.at(number, batch.take()?)?;
                if headers.last().is_some_and(|parent| parent.block.hash != header.parent_hash) {
                    return Err(self.inconsistent(format!("block {number} is not the child of the block before it")));
                }
                if headers.last().is_some_and(|parent| parent.block.timestamp > header.block.timestamp) {
                    return Err(self.inconsistent(format!("block {number} is older than its parent")));
                }
                headers.push(header);
            }
            next = last + 1;
        }
        Ok(headers)
    }

    /// The block that was asked for, and not another.
    pub(super) fn at(&self, number: u64, header: Option<WireHeader>) -> Result<Checked> {
        let header = header.ok_or_else(|| self.lagging(number))?;
        if header.number.to::<u64>() != number {
            return Err(self.inconsistent(format!("asked for block {number}, it gave {}", header.number)));
        }
        self.checked(header)
    }

    /// A header, unless its figures are beyond any chain's: the database counts in 63 bits, and one such number would stay in it.
    fn checked(&self, header: WireHeader) -> Result<Checked> {
        let (number, timestamp) = (header.number.to::<u64>(), header.timestamp.to::<u64>());
        if i64::try_from(number.max(timestamp)).is_err() {
            return Err(self.inconsistent(format!("no chain has a block {number} of time {timestamp}")));
        }
        Ok(Checked::new(header))
    }
}

/// Chains without finality answer null, or do not know the tag: nothing is final there. Any other error is one.
fn tagged(answer: Result<Option<WireHeader>>) -> Result<Option<WireHeader>> {
    match answer {
        Ok(block) => Ok(block),
        Err(Error::Rpc { .. } | Error::Lagging { .. } | Error::Pruned { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
