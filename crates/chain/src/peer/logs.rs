//! Logs from one endpoint, refused where one answer alone shows that it is wrong.

use linkpool_primitives::Address;
use serde_json::json;

use super::{Peer, headers::block};
use crate::{Checked, Log, LogPosition, Range, Result, call::Call};

/// Most blocks asked for in one batch.
const BATCH: usize = 100;

/// The logs of some blocks, and how long the answers were.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub logs: Vec<Log>,
    pub bytes: usize,
}

impl Peer {
    /// The logs of a range and the blocks at both ends, in one batch, so that one backend answers all three.
    pub async fn final_logs(&self, address: Address, from: u64, to: u64) -> Result<Range> {
        let filter = json!([{ "address": address, "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}") }]);
        let calls = [block(from), block(to), Call::new("eth_getLogs", filter)];
        let mut batch = self.batch(&calls).await?;
        let (answer_bytes, is_whole) = (batch.bytes, batch.is_whole);
        let first = self.at(from, batch.take()?)?;
        let last = self.at(to, batch.take()?)?;
        let mut logs = batch.take_logs()?;
        drop(batch);
        // Three answers in three requests may be of three backends, and one that lacks the range finds nothing in it.
        if !is_whole && logs.is_empty() {
            logs = self.batch(&calls[2..]).await?.take_logs()?;
        }
        self.check(&logs, address, from, to)?;
        self.check_blooms(&logs, address, &[&first, &last]);
        Ok(Range { endpoint: self.name.clone(), first, last, logs, answer_bytes })
    }

    /// The logs of a range, and nothing that shows whether the endpoint has it.
    pub async fn logs_by_range(&self, address: Address, from: u64, to: u64) -> Result<Vec<Log>> {
        let filter = json!([{ "address": address, "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}") }]);
        let logs = self.batch(&[Call::new("eth_getLogs", filter)]).await?.take_logs()?;
        self.check(&logs, address, from, to)?;
        Ok(logs)
    }

    /// The logs of these blocks, asked for by hash.
    pub async fn logs_by_hash(&self, address: Address, headers: &[&Checked]) -> Result<Found> {
        let mut found = Found { logs: Vec::new(), bytes: 0 };
        for part in headers.chunks(BATCH) {
            let filter = |header: &&Checked| json!([{ "address": address, "blockHash": header.block.hash }]);
            let calls: Vec<Call> = part.iter().map(|header| Call::new("eth_getLogs", filter(header))).collect();
            let mut batch = self.batch(&calls).await?;
            found.bytes += batch.bytes;
            for header in part {
                let logs = batch.take_logs()?;
                self.check(&logs, address, header.block.number, header.block.number)?;
                if logs.iter().any(|log| log.position().is_none_or(|position| position.hash != header.block.hash)) {
                    return Err(self.inconsistent(format!("logs of another block than the {} asked for", header.block)));
                }
                self.check_blooms(&logs, address, &[*header]);
                found.logs.extend(logs);
            }
        }
        Ok(found)
    }

    /// A block that has a log and whose bloom, filled in for others, denies it.
    fn check_blooms(&self, logs: &[Log], address: Address, headers: &[&Checked]) {
        let has_logs =
            |header: &Checked| logs.iter().any(|log| log.position().is_some_and(|position| position.hash == header.block.hash));
        if let Some(header) = headers.iter().find(|header| !header.may_hold(address) && has_logs(header)) {
            self.gave_false_bloom(header.block.number);
        }
    }

    /// In the order of the chain, in the range, of the address, none removed, one hash a height.
    fn check(&self, logs: &[Log], address: Address, from: u64, to: u64) -> Result<()> {
        let mut last: Option<LogPosition> = None;
        for log in logs {
            let Some(position) = log.position() else { return Err(self.inconsistent("a log of a pending block")) };
            let LogPosition { number, hash, index } = position;
            if i32::try_from(index).is_err() {
                return Err(self.inconsistent(format!("no block has a log {index}, as block {number} is said to")));
            }
            if log.removed || log.address != address || number < from || number > to {
                return Err(self.inconsistent(format!("log {index} of block {number} is not what was asked for")));
            }
            if let Some(last) = last {
                if (number, index) <= (last.number, last.index) {
                    return Err(self.inconsistent(format!("logs out of order at block {number}")));
                }
                if number == last.number && hash != last.hash {
                    return Err(self.inconsistent(format!("two hashes for block {number}")));
                }
            }
            last = Some(position);
        }
        Ok(())
    }
}
