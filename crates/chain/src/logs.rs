//! Logs that belong to the blocks they claim.

use alloy::rpc::{
    client::BatchRequest,
    types::{Block, Log},
};
use linkpool_primitives::Address;
use serde_json::json;

use crate::{Chain, Checked, Error, Result};

/// Most blocks asked for in one batch.
const BATCH: usize = 100;

/// The logs of a range of blocks and the blocks at its ends, answered together.
#[derive(Debug)]
pub struct Range {
    pub first: Checked,
    pub last: Checked,
    pub logs: Vec<Log>,
}

impl Chain {
    /// All logs of `address` in final blocks `from..=to`. The blocks at both ends are asked for in the same batch, so one
    /// backend answers all three: a lagging one can't pass off an empty answer as an empty range, and the caller can check
    /// that the range continues what it has.
    pub async fn final_logs(&self, address: Address, from: u64, to: u64) -> Result<Range> {
        let failed = |error| Error::classify(&self.name, error);
        let mut batch = BatchRequest::new(&self.client);
        let mut block = |number: u64| {
            let parameters = (format!("{number:#x}"), false);
            batch.add_call::<_, Option<Block>>("eth_getBlockByNumber", &parameters).map_err(failed)
        };
        let (first, last) = (block(from)?, block(to)?);
        let filter = json!([{ "address": address, "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}") }]);
        let logs = batch.add_call::<_, Vec<Log>>("eth_getLogs", &filter).map_err(failed)?;
        batch.send().await.map_err(failed)?;
        let first = self.at(from, first.await.map_err(failed)?)?;
        let last = self.at(to, last.await.map_err(failed)?)?;
        let logs = logs.await.map_err(failed)?;
        self.check(&logs, address, from, to)?;
        Ok(Range { first, last, logs })
    }

    /// All logs of `address` in these blocks, asked for by hash: a block that is gone is an error, never an empty answer.
    pub async fn logs_of(&self, address: Address, headers: &[Checked]) -> Result<Vec<Log>> {
        let asked: Vec<&Checked> = headers.iter().filter(|header| header.may_hold(address)).collect();
        let mut all = Vec::new();
        for part in asked.chunks(BATCH) {
            all.extend(self.logs_of_batch(address, part).await?);
        }
        Ok(all)
    }

    async fn logs_of_batch(&self, address: Address, headers: &[&Checked]) -> Result<Vec<Log>> {
        let failed = |error| Error::classify(&self.name, error);
        let mut batch = BatchRequest::new(&self.client);
        let mut answers = Vec::new();
        for header in headers {
            let filter = json!([{ "address": address, "blockHash": header.block.hash }]);
            answers.push((header.block, batch.add_call::<_, Vec<Log>>("eth_getLogs", &filter).map_err(failed)?));
        }
        batch.send().await.map_err(failed)?;
        let mut all = Vec::new();
        for (block, answer) in answers {
            let logs = answer.await.map_err(failed)?;
            self.check(&logs, address, block.number, block.number)?;
            if logs.iter().any(|log| log.block_hash != Some(block.hash)) {
                return Err(self.inconsistent(format!("logs of another block than the {block} asked for")));
            }
            all.extend(logs);
        }
        Ok(all)
    }

    /// In the order of the chain, in the range, of the address, none removed, one hash a height.
    fn check(&self, logs: &[Log], address: Address, from: u64, to: u64) -> Result<()> {
        let mut last: Option<(u64, u64, _)> = None;
        for log in logs {
            let (Some(number), Some(index), Some(hash)) = (log.block_number, log.log_index, log.block_hash) else {
                return Err(self.inconsistent("a log of a pending block"));
            };
            if log.removed || log.address() != address || number < from || number > to {
                return Err(self.inconsistent(format!("log {index} of block {number} is not what was asked for")));
            }
            if let Some((last_number, last_index, last_hash)) = last {
                if (number, index) <= (last_number, last_index) {
                    return Err(self.inconsistent(format!("logs out of order at block {number}")));
                }
                if number == last_number && hash != last_hash {
                    return Err(self.inconsistent(format!("two hashes for block {number}")));
                }
            }
            last = Some((number, index, hash));
        }
        Ok(())
    }
}
