//! Headers: the newest, and runs of them whose links were checked.

use alloy::{
    primitives::{Bloom, BloomInput},
    rpc::{client::BatchRequest, types::Block},
    transports::TransportResult,
};
use linkpool_primitives::{Address, B256, BlockRef};

use crate::{Chain, Error, Result};

/// Most headers asked for in one batch.
const BATCH: u64 = 100;

/// The newest blocks by tag. `safe` and `finalized` are 0 where the chain has none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    pub head: BlockRef,
    pub safe: u64,
    pub finalized: u64,
}

/// A header of a checked run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub block: BlockRef,
    pub parent_hash: B256,
    bloom: Bloom,
}

impl Checked {
    fn new(block: Block) -> Self {
        let header = block.header;
        Self {
            block: BlockRef { number: header.number, hash: header.hash, timestamp: header.timestamp },
            parent_hash: header.parent_hash,
            bloom: header.logs_bloom,
        }
    }

    /// Whether the block may hold a log of `address`; false is certain.
    pub fn may_hold(&self, address: Address) -> bool {
        self.bloom.contains_input(BloomInput::Raw(address.as_slice()))
    }
}

impl Chain {
    /// Head, safe and finalized, in one batch.
    pub async fn heads(&self) -> Result<Heads> {
        let mut batch = BatchRequest::new(&self.client);
        let mut ask = |tag: &'static str| {
            batch
                .add_call::<_, Option<Block>>("eth_getBlockByNumber", &(tag, false))
                .map_err(|error| Error::classify(&self.name, error))
        };
        let (head, safe, finalized) = (ask("latest")?, ask("safe")?, ask("finalized")?);
        batch.send().await.map_err(|error| Error::classify(&self.name, error))?;
        let head = head.await.map_err(|error| Error::classify(&self.name, error))?;
        let head = Checked::new(head.ok_or_else(|| self.inconsistent("it has no latest block"))?).block;
        let (safe, finalized) = (self.tagged(safe.await)?, self.tagged(finalized.await)?);
        if finalized > head.number {
            return Err(self.inconsistent(format!("its final block {finalized} is above its newest, {}", head.number)));
        }
        Ok(Heads { head, safe, finalized })
    }

    /// Chains without finality answer null, or do not know the tag: nothing is final there. Any other error is one.
    fn tagged(&self, answer: TransportResult<Option<Block>>) -> Result<u64> {
        match answer.map_err(|error| Error::classify(&self.name, error)) {
            Ok(block) => Ok(block.map_or(0, |block| block.header.number)),
            Err(Error::Rpc { .. } | Error::Lagging { .. }) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// The header at a height, if the chain is that long.
    pub async fn header(&self, number: u64) -> Result<Option<Checked>> {
        let block: Option<Block> = self.request("eth_getBlockByNumber", (format!("{number:#x}"), false)).await?;
        block.map(|block| self.at(number, Some(block))).transpose()
    }

    /// The headers `from..=to`, each the child of the one before.
    ///
    /// # Errors
    /// [`Error::Lagging`] where one is missing, [`Error::Inconsistent`] where a link is broken (a reorg in between, or two backends).
    pub async fn headers(&self, from: u64, to: u64) -> Result<Vec<Checked>> {
        let mut headers: Vec<Checked> = Vec::new();
        let mut next = from;
        while next <= to {
            let last = to.min(next + BATCH - 1);
            for header in self.header_batch(next, last).await? {
                if headers.last().is_some_and(|parent| parent.block.hash != header.parent_hash) {
                    return Err(
                        self.inconsistent(format!("block {} is not the child of the block before it", header.block.number))
                    );
                }
                headers.push(header);
            }
            next = last + 1;
        }
        Ok(headers)
    }

    /// The block that was asked for, and not another.
    pub(crate) fn at(&self, number: u64, block: Option<Block>) -> Result<Checked> {
        let block = block.ok_or_else(|| Error::Lagging { endpoint: self.name.clone(), block: number.to_string() })?;
        if block.header.number != number {
            return Err(self.inconsistent(format!("asked for block {number}, it gave {}", block.header.number)));
        }
        Ok(Checked::new(block))
    }

    async fn header_batch(&self, from: u64, to: u64) -> Result<Vec<Checked>> {
        let mut batch = BatchRequest::new(&self.client);
        let mut answers = Vec::new();
        for number in from..=to {
            let call = batch.add_call::<_, Option<Block>>("eth_getBlockByNumber", &(format!("{number:#x}"), false));
            answers.push((number, call.map_err(|error| Error::classify(&self.name, error))?));
        }
        batch.send().await.map_err(|error| Error::classify(&self.name, error))?;
        let mut headers = Vec::with_capacity(answers.len());
        for (number, answer) in answers {
            let block = answer.await.map_err(|error| Error::classify(&self.name, error))?;
            headers.push(self.at(number, block)?);
        }
        Ok(headers)
    }
}
