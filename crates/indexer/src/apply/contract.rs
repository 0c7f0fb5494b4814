//! From a log of a followed contract to its event.

use alloy::{primitives::U256, sol_types::SolEventInterface};
use linkpool_chain::{Log, LogPosition};
use linkpool_contracts::{
    DecodeError, announced,
    timelock::TimelockController::{
        CallExecuted, CallSalt, CallScheduled, Cancelled, MinDelayChange, TimelockControllerEvents as OfTimelock,
    },
};
use linkpool_db::contract_event::ContractEvent;
use linkpool_primitives::{Address, B256, ContractEventKind, ContractKind, checksum};
use serde_json::{Value, json};

use super::{
    operator::of_operator,
    read::{Read, later, seconds},
};
use crate::{Error, Result};

/// Calls longer than this are told by their length: whoever wants all of it asks the chain.
const SHOWN_BYTES: usize = 4_096;

/// The event of a log; `None` for one that says nothing that counts, as who may do what at a timelock.
///
/// # Errors
/// [`Error::Decode`] where it is one of those that count and can't be read.
pub fn contract_event(kind: ContractKind, pool: Address, log: &Log, block_time: u64) -> Result<Option<ContractEvent>> {
    let LogPosition { number: block, hash, index } =
        log.position().unwrap_or(LogPosition { number: 0, hash: B256::ZERO, index: 0 });
    let read = match kind {
        ContractKind::Timelock => of_timelock(pool, log, block_time),
        ContractKind::Operator => Ok(of_operator(log)),
    };
    let read = read.map_err(|source| Error::Decode { block, index, source })?;
    let Some((kind, operation, detail)) = read else { return Ok(None) };
    let log_index = u32::try_from(index).map_err(|_| Error::OutOfRange { block, index, what: "the log index" })?;
    let (contract, transaction_hash) = (log.address, log.transaction_hash());
    Ok(Some(ContractEvent {
        block_number: block,
        log_index,
        block_hash: hash,
        block_time,
        transaction_hash,
        contract,
        kind,
        operation,
        detail,
    }))
}

fn of_timelock(pool: Address, log: &Log, block_time: u64) -> Result<Option<Read>, DecodeError> {
    let topic = log.topics.first().copied().unwrap_or_default();
    let event = OfTimelock::decode_raw_log(&log.topics, &log.data)
        .map_err(|error| DecodeError { topic: topic.to_string(), reason: error.to_string() });
    // Another contract that owns the pool has events of its own.
    if event.is_err() && !OfTimelock::SELECTORS.contains(&topic.0) {
        return Ok(None);
    }
    Ok(match event? {
        OfTimelock::CallScheduled(event) => {
            Some((ContractEventKind::CallScheduled, Some(event.id), scheduled(pool, log.address, &event, block_time)))
        }
        OfTimelock::CallExecuted(CallExecuted { id, index, target, .. }) => {
            let detail = json!({ "index": index.saturating_to::<u64>(), "target": checksum(&target) });
            Some((ContractEventKind::CallExecuted, Some(id), detail))
        }
        OfTimelock::CallSalt(CallSalt { id, salt }) => Some((ContractEventKind::CallSalt, Some(id), json!({ "salt": salt }))),
        OfTimelock::Cancelled(Cancelled { id }) => Some((ContractEventKind::Cancelled, Some(id), json!({}))),
        OfTimelock::MinDelayChange(MinDelayChange { oldDuration, newDuration }) => {
            let detail = json!({ "old_delay_seconds": seconds(oldDuration), "delay_seconds": seconds(newDuration) });
            Some((ContractEventKind::MinDelayChange, None, detail))
        }
        OfTimelock::RoleAdminChanged(_) | OfTimelock::RoleGranted(_) | OfTimelock::RoleRevoked(_) => None,
    })
}

fn scheduled(pool: Address, timelock: Address, event: &CallScheduled, block_time: u64) -> Value {
    let CallScheduled { index, target, value, data, predecessor, delay, .. } = event;
    let (delay, is_short) = (seconds(*delay), data.len() <= SHOWN_BYTES);
    let call = announced(pool, timelock, *target, data);
    json!({
        "index": index.saturating_to::<u64>(),
        "target": checksum(target),
        "value_wei": value.to_string(),
        "function": call.function,
        "arguments": if is_short { json!(call.arguments) } else { json!([]) },
        "description": call.description,
        "data": is_short.then_some(data),
        "data_bytes": data.len(),
        "predecessor": predecessor,
        "delay_seconds": delay,
        "ready_at": later(block_time, delay),
    })
}

/// When an operation may be executed, as it is stored.
pub fn ready_at(timestamp: U256) -> u64 {
    seconds(timestamp)
}
