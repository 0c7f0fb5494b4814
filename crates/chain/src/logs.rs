//! Logs that belong to the blocks they claim.
//!
//! What is checked of one answer: its logs are of the contracts asked for, in the range, in the order of the chain, none removed, one hash a
//! height; a final range comes in one batch with the headers at both of its ends; the logs of newer blocks are asked for by the
//! hash of their block. A block whose header's bloom has the address of one of them and whose logs of it do not come is asked for elsewhere.
//!
//! A bloom may also spare the question, and may be wrong: who asks because something is missing asks for every block.
//!
//! What is not: that a range or a block holds no further logs. An endpoint that drops some of them consistently is found by a
//! quorum, and by comparing what was indexed with the contract.

use std::{collections::HashSet, sync::Arc};

use linkpool_primitives::{Address, B256};

use crate::{
    Addresses, Chain, Checked, Log, Result,
    health::Rank,
    peer::{EndpointName, Peer},
    quorum::Agreement,
};

/// Most other endpoints asked about a block whose logs seem to be missing.
const WITNESSES: usize = 2;

/// All logs of a range of blocks and the blocks at its ends, answered together.
#[derive(Debug, Clone)]
pub struct Range {
    /// Who answered.
    pub endpoint: EndpointName,
    pub first: Checked,
    pub last: Checked,
    pub logs: Vec<Log>,
    pub answer_bytes: usize,
}

/// Blocks whose links were checked, and all of their logs.
#[derive(Debug, Clone)]
pub struct Blocks {
    /// Who answered.
    pub endpoint: EndpointName,
    pub headers: Vec<Checked>,
    pub logs: Vec<Log>,
    /// Size of the answers that hold the logs.
    pub answer_bytes: usize,
}

impl Chain {
    /// All logs of these contracts in final blocks `from..=to`. The blocks at both ends are asked for in the same batch, so one
    /// backend answers all three: a lagging one can't pass off an empty answer as an empty range, and the caller can check
    /// that the range continues what it has.
    pub async fn final_logs(&self, of: impl Into<Addresses>, from: u64, to: u64) -> Result<Range> {
        let of = &of.into();
        self.agreed(
            |peer| async move { peer.final_logs(of, from, to).await },
            |one: &Range, other| match one.last.block == other.last.block && one.first.block == other.first.block {
                false => Agreement::OtherBranch,
                true => same(&one.logs, &other.logs),
            },
        )
        .await
    }

    /// All logs of these contracts in these blocks, asked for by hash whatever their blooms say: a block that is gone is an error,
    /// never an empty answer.
    pub async fn logs_of(&self, of: impl Into<Addresses>, headers: &[Checked]) -> Result<Vec<Log>> {
        let of = &of.into();
        self.agreed(
            |peer| async move { Ok(self.logs_from(&peer, of, headers, Look::Everywhere).await?.0) },
            |one: &Vec<Log>, other| same(one, other),
        )
        .await
    }

    /// The headers `from..=to` and all logs of these contracts in them, from one endpoint.
    pub async fn blocks(&self, of: impl Into<Addresses>, from: u64, to: u64) -> Result<Blocks> {
        self.blocks_with(&of.into(), from, to, Look::WhereBloomsAllow).await
    }

    /// As [`Chain::blocks`], and no bloom spares a question: for blocks of which something is missing, or is to be compared.
    pub async fn blocks_ignoring_bloom(&self, of: impl Into<Addresses>, from: u64, to: u64) -> Result<Blocks> {
        self.blocks_with(&of.into(), from, to, Look::Everywhere).await
    }

    async fn blocks_with(&self, of: &Addresses, from: u64, to: u64, look: Look) -> Result<Blocks> {
        self.agreed(
            |peer| async move {
                // The newest block's header came with the news of it. What is looked at once more is asked for once more.
                let known = peer.recent.head(from).filter(|_| from == to && look == Look::WhereBloomsAllow);
                let headers = match known {
                    Some(head) => vec![head],
                    None => peer.headers(from, to).await?,
                };
                let (mut logs, answer_bytes) = self.logs_from(&peer, of, &headers, look).await?;
                if look == Look::Everywhere {
                    add_by_range(&peer, of, &headers, &mut logs).await;
                }
                Ok(Blocks { endpoint: peer.name.clone(), headers, logs, answer_bytes })
            },
            |one: &Blocks, other| match one.headers == other.headers {
                false => Agreement::OtherBranch,
                true => same(&one.logs, &other.logs),
            },
        )
        .await
    }

    /// The logs of those blocks that may have some, and how long the answers were. Where the bloom says that there may be logs of a
    /// contract and there are none, others are asked, and alone the endpoint itself again: nodes were seen that lack the logs of
    /// their newest block for a moment (geth#26098).
    async fn logs_from(&self, peer: &Arc<Peer>, of: &Addresses, headers: &[Checked], look: Look) -> Result<(Vec<Log>, usize)> {
        let everywhere = look == Look::Everywhere || !peer.believes_blooms();
        let asked: Vec<&Checked> = headers.iter().filter(|header| everywhere || header.may_hold_any(of)).collect();
        let mut found = peer.logs_by_hash(of, &asked).await?;
        let Some((silent, missing)) = silent(&asked, of, &found.logs) else { return Ok((found.logs, found.bytes)) };
        let others = self.order().into_iter().filter(|(rank, other)| *rank < Rank::Pausing && other.name != peer.name);
        let others: Vec<Arc<Peer>> = others.take(WITNESSES).map(|(_, other)| other).collect();
        let ask = |other: Arc<Peer>| {
            let (silent, missing) = (&silent, &missing);
            async move { other.logs_by_hash(missing, silent).await }
        };
        let mut has_witness = false;
        let seen = self.side_by_side(&others, 1, ask).await;
        for (other, seen) in others.iter().zip(seen) {
            match seen.map(|seen| further(&found.logs, seen.logs)) {
                Ok(further) if further.is_empty() => has_witness = true,
                Ok(further) => {
                    let number = further.first().and_then(Log::position).map_or(0, |position| position.number);
                    return Err(peer.inconsistent(format!("it has no logs of block {number}, and `{}` has some", other.name)));
                }
                // Whoever does not have the block says nothing about its logs.
                Err(_) => {}
            }
        }
        if !has_witness {
            let again = peer.logs_by_hash(&missing, &silent).await?.logs;
            let again = further(&found.logs, again);
            found.logs.extend(again);
            found.logs.sort_by_key(|log| log.position().map(|position| (position.number, position.index)));
        }
        Ok((found.logs, found.bytes))
    }
}

/// The blocks whose blooms promise a log of a contract that has none there, and those contracts. Only a bloom that has the address makes
/// an empty answer suspicious.
fn silent<'a>(asked: &[&'a Checked], of: &Addresses, logs: &[Log]) -> Option<(Vec<&'a Checked>, Addresses)> {
    let is_there = |header: &Checked, address: Address| {
        logs.iter().any(|log| log.address == address && log.position().is_some_and(|at| at.number == header.block.number))
    };
    let (mut silent, mut missing) = (Vec::new(), Vec::new());
    for header in asked {
        let before = missing.len();
        missing.extend(header.promised(of).filter(|address| !is_there(header, *address)));
        if missing.len() > before {
            silent.push(*header);
        }
    }
    of.only(&missing).map(|missing| (silent, missing))
}

/// Those that were not given before.
fn further(known: &[Log], logs: Vec<Log>) -> Vec<Log> {
    logs.into_iter().filter(|log| !known.iter().any(|known| known.position() == log.position())).collect()
}

/// Which blocks are asked for their logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    WhereBloomsAllow,
    Everywhere,
}

/// Some give by range what they leave out by hash. A log that says it is of one of these very blocks is one of theirs; where the
/// range is not answered the other answer has to do.
async fn add_by_range(peer: &Peer, of: &Addresses, headers: &[Checked], logs: &mut Vec<Log>) {
    let (Some(first), Some(last)) = (headers.first(), headers.last()) else { return };
    let Ok(range) = peer.logs_by_range(of, first.block.number, last.block.number).await else { return };
    let known: HashSet<(u64, u64)> =
        logs.iter().filter_map(Log::position).map(|position| (position.number, position.index)).collect();
    let hashes: HashSet<B256> = headers.iter().map(|header| header.block.hash).collect();
    let is_new = |log: &Log| {
        log.position()
            .is_some_and(|position| hashes.contains(&position.hash) && !known.contains(&(position.number, position.index)))
    };
    logs.extend(range.into_iter().filter(is_new));
    logs.sort_by_key(|log| log.position().map(|position| (position.number, position.index)));
}

fn same(one: &[Log], other: &[Log]) -> Agreement {
    if one == other { Agreement::Same } else { Agreement::Contradiction }
}
