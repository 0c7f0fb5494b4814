//! Logs from one endpoint, refused where one answer alone shows that it is wrong.

use std::sync::atomic::Ordering;

use futures_util::future::{BoxFuture, FutureExt};
use linkpool_primitives::{Address, B256};
use serde_json::{Value, json};

use super::{Batch, Peer, headers::block};
use crate::{Addresses, Checked, Log, LogPosition, Range, Result, call::Call};

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
    pub async fn final_logs(&self, of: &Addresses, from: u64, to: u64) -> Result<Range> {
        let ask = |lists: Vec<Vec<Address>>| async move {
            let questions = lists.iter().map(|list| by_range(list, from, to));
            let calls: Vec<Call> = [block(from), block(to)].into_iter().chain(questions).collect();
            let mut batch = self.batch(&calls).await?;
            let (answer_bytes, is_whole) = (batch.bytes, batch.is_whole);
            let first = self.at(from, batch.take()?)?;
            let last = self.at(to, batch.take()?)?;
            let mut logs = taken(&mut batch, lists.len())?;
            drop(batch);
            // Answers in several requests may be of several backends, and one that lacks the range finds nothing in it.
            if !is_whole && logs.is_empty() {
                logs = taken(&mut self.batch(&calls[2..]).await?, lists.len())?;
            }
            self.check(&logs, of, from, to)?;
            self.check_blooms(&logs, &[&first, &last]);
            Ok(Range { endpoint: self.name.clone(), first, last, logs, answer_bytes })
        };
        self.by_lists(of, |lists| ask(lists).boxed()).await
    }

    /// The logs of a range, and nothing that shows whether the endpoint has it.
    pub async fn logs_by_range(&self, of: &Addresses, from: u64, to: u64) -> Result<Vec<Log>> {
        let ask = |lists: Vec<Vec<Address>>| async move {
            let calls: Vec<Call> = lists.iter().map(|list| by_range(list, from, to)).collect();
            let logs = taken(&mut self.batch(&calls).await?, lists.len())?;
            self.check(&logs, of, from, to)?;
            Ok(logs)
        };
        self.by_lists(of, |lists| ask(lists).boxed()).await
    }

    /// The logs of these blocks, asked for by hash.
    pub async fn logs_by_hash(&self, of: &Addresses, headers: &[&Checked]) -> Result<Found> {
        let ask = |lists: Vec<Vec<Address>>| async move {
            let mut found = Found { logs: Vec::new(), bytes: 0 };
            for part in headers.chunks((BATCH / lists.len()).max(1)) {
                let of_block = |header: &&Checked| lists.iter().map(|list| by_hash(list, header.block.hash)).collect::<Vec<_>>();
                let calls: Vec<Call> = part.iter().flat_map(of_block).collect();
                let mut batch = self.batch(&calls).await?;
                found.bytes += batch.bytes;
                for header in part {
                    let logs = taken(&mut batch, lists.len())?;
                    self.check(&logs, of, header.block.number, header.block.number)?;
                    if logs.iter().any(|log| log.position().is_none_or(|position| position.hash != header.block.hash)) {
                        return Err(self.inconsistent(format!("logs of another block than the {} asked for", header.block)));
                    }
                    self.check_blooms(&logs, &[*header]);
                    found.logs.extend(logs);
                }
            }
            Ok(found)
        };
        self.by_lists(of, |lists| ask(lists).boxed()).await
    }

    /// Asks with lists of addresses as long as the endpoint takes them. Nobody says how long that is: after a refusal that is about the
    /// addresses they are half as long, and stay so.
    async fn by_lists<'a, T>(&self, of: &Addresses, ask: impl Fn(Vec<Vec<Address>>) -> BoxFuture<'a, Result<T>>) -> Result<T> {
        loop {
            let most = self.list_length.load(Ordering::Relaxed).min(of.count());
            match ask(of.lists(most)).await {
                Err(error) if most > 1 && error.is_about_addresses() => {
                    tracing::info!(endpoint = %self.name, addresses = most, "an endpoint refuses a list of addresses: shorter ones are asked for");
                    self.list_length.fetch_min(most / 2, Ordering::Relaxed);
                }
                answered => return answered,
            }
        }
    }

    /// A block that has a log and whose bloom, filled in for others, denies it.
    fn check_blooms(&self, logs: &[Log], headers: &[&Checked]) {
        let is_of = |log: &Log, header: &Checked| log.position().is_some_and(|position| position.hash == header.block.hash);
        let denies = |header: &&&Checked| logs.iter().any(|log| is_of(log, header) && !header.may_hold(log.address));
        if let Some(header) = headers.iter().find(denies) {
            self.gave_false_bloom(header.block.number);
        }
    }

    /// In the order of the chain, in the range, of the addresses, none removed, one hash a height.
    fn check(&self, logs: &[Log], of: &Addresses, from: u64, to: u64) -> Result<()> {
        let mut last: Option<LogPosition> = None;
        for log in logs {
            let Some(position) = log.position() else { return Err(self.inconsistent("a log of a pending block")) };
            let LogPosition { number, hash, index } = position;
            if i32::try_from(index).is_err() {
                return Err(self.inconsistent(format!("no block has a log {index}, as block {number} is said to")));
            }
            if log.removed || !of.contains(&log.address) || number < from || number > to {
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

/// The answers to so many questions about the same blocks, as one. Each must be in order: what is not, is not put in order by this.
fn taken(batch: &mut Batch<'_>, questions: usize) -> Result<Vec<Log>> {
    let mut logs = batch.take_logs()?;
    for _ in 1..questions {
        let (mut one, mut other) = (logs.into_iter().peekable(), batch.take_logs()?.into_iter().peekable());
        let place = |log: Option<&Log>| log.and_then(Log::position).map(|position| (position.number, position.index));
        logs = std::iter::from_fn(|| match (one.peek(), other.peek()) {
            (Some(first), Some(second)) if place(Some(second)) < place(Some(first)) => other.next(),
            (Some(_), _) => one.next(),
            (None, _) => other.next(),
        })
        .collect();
    }
    Ok(logs)
}

/// One address stands alone, as every endpoint knows it.
fn whose(list: &[Address]) -> Value {
    if let [one] = list { json!(one) } else { json!(list) }
}

fn by_range(list: &[Address], from: u64, to: u64) -> Call {
    let blocks = json!([{ "address": whose(list), "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}") }]);
    Call::new("eth_getLogs", blocks)
}

fn by_hash(list: &[Address], hash: B256) -> Call {
    Call::new("eth_getLogs", json!([{ "address": whose(list), "blockHash": hash }]))
}
