//! `eth_getLogs`: cut out of what is written.

use std::ops::RangeInclusive;

use bytes::Bytes;
use serde::Deserialize;

use super::{
    behaviour::{Behaviour, FaultKind},
    message::{Fault, Pieces},
};
use crate::{
    chain::{POOL, Replay},
    render::{TOPIC_LENGTH, TOPICS_AT},
};

/// A filter as it is asked for; block names are resolved by the caller.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter {
    pub from_block: Option<serde_json::Value>,
    pub to_block: Option<serde_json::Value>,
    pub block_hash: Option<alloy::primitives::B256>,
    #[serde(default)]
    pub address: Option<OneOrMany>,
    #[serde(default)]
    pub topics: Vec<Option<OneOrMany>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn lower(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.to_lowercase()],
            Self::Many(many) => many.iter().map(|one| one.to_lowercase()).collect(),
        }
    }
}

/// Logs of these blocks, which exist, that pass the filter.
pub(super) fn find(replay: &Replay, behaviour: &Behaviour, filter: &Filter, range: RangeInclusive<u64>) -> Result<Pieces, Fault> {
    let addresses = filter.address.as_ref().map(OneOrMany::lower).unwrap_or_default();
    let ours = addresses.is_empty() || addresses.contains(&format!("{POOL:#x}"));
    let by_range = filter.block_hash.is_none();
    if !ours || (by_range && behaviour.has_fault(FaultKind::EmptyLogs)) {
        return Ok(vec![Bytes::from_static(b"[]")]);
    }
    let topics = Topics::new(&filter.topics);
    let mut blocks: Vec<(u64, Bytes)> = Vec::new();
    let (mut count, mut bytes) = (0, 0);
    for number in range.clone() {
        let Some(block) = replay.block(number) else { break };
        let (logs, found) = match &topics {
            None => (block.logs.clone(), u64::from(block.events)),
            Some(topics) => topics.select(&block.logs),
        };
        if found == 0 {
            continue;
        }
        (count, bytes) = (count + found, bytes + logs.len());
        check_limits(behaviour, count, bytes, &range, blocks.last().map(|(number, _)| *number))?;
        blocks.push((number, logs));
    }
    Ok(list(deceive(behaviour, blocks)))
}

fn check_limits(
    behaviour: &Behaviour,
    count: u64,
    bytes: usize,
    range: &RangeInclusive<u64>,
    fits: Option<u64>,
) -> Result<(), Fault> {
    let (from, to) = (range.start(), fits.unwrap_or(*range.start()));
    if let Some(cap) = behaviour.log_cap.filter(|cap| count > *cap) {
        let message = format!("query returned more than {cap} results. Try with this block range [{from:#x}, {to:#x}].");
        return Err(Fault::new(-32_005, message));
    }
    if behaviour.response_cap.is_some_and(|cap| bytes > cap) {
        let message = format!("Log response size exceeded. This block range should work: [{from:#x}, {to:#x}]");
        return Err(Fault::new(-32_602, message));
    }
    Ok(())
}

fn deceive(behaviour: &Behaviour, mut blocks: Vec<(u64, Bytes)>) -> Vec<Bytes> {
    if behaviour.has_fault(FaultKind::DropLogs) && blocks.len() > 1 {
        blocks.pop();
    }
    if behaviour.has_fault(FaultKind::Shuffle) {
        blocks.reverse();
    }
    let logs = blocks.into_iter().map(|(_, logs)| logs);
    if behaviour.has_fault(FaultKind::Removed) {
        let removed = |logs: Bytes| String::from_utf8_lossy(&logs).replace(r#""removed":false"#, r#""removed":true"#);
        return logs.map(|logs| Bytes::from(removed(logs))).collect();
    }
    logs.collect()
}

fn list(blocks: Vec<Bytes>) -> Pieces {
    let mut pieces = Vec::with_capacity(2 * blocks.len() + 2);
    pieces.push(Bytes::from_static(b"["));
    for (index, logs) in blocks.into_iter().enumerate() {
        if index > 0 {
            pieces.push(Bytes::from_static(b","));
        }
        pieces.push(logs);
    }
    pieces.push(Bytes::from_static(b"]"));
    pieces
}

/// A filter by topics: for each place the accepted values, none for any.
struct Topics(Vec<Vec<String>>);

impl Topics {
    /// `None` if everything passes.
    fn new(topics: &[Option<OneOrMany>]) -> Option<Self> {
        let wanted: Vec<Vec<String>> =
            topics.iter().map(|topic| topic.as_ref().map(OneOrMany::lower).unwrap_or_default()).collect();
        wanted.iter().any(|values| !values.is_empty()).then_some(Self(wanted))
    }

    /// The logs of a block that pass, and how many they are.
    fn select(&self, logs: &Bytes) -> (Bytes, u64) {
        // No string of a log holds a brace: a log is from one to the next.
        let all = logs.split_inclusive(|byte| *byte == b'}').map(|log| log.strip_prefix(b",").unwrap_or(log));
        let kept: Vec<&[u8]> = all.filter(|log| self.pass(log)).collect();
        (Bytes::from(kept.join(b",".as_slice())), kept.len() as u64)
    }

    fn pass(&self, log: &[u8]) -> bool {
        let topic = |place: usize| {
            let start = TOPICS_AT + place * (TOPIC_LENGTH + 1);
            let quoted = log.get(start..start + TOPIC_LENGTH)?;
            quoted.strip_prefix(b"\"0x")?.strip_suffix(b"\"")
        };
        self.0.iter().enumerate().all(|(place, wanted)| {
            let matches = |value: &String| value.strip_prefix("0x").is_some_and(|value| topic(place) == Some(value.as_bytes()));
            wanted.is_empty() || wanted.iter().any(matches)
        })
    }
}
