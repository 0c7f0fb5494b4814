//! What was announced against the timelocks themselves.

use std::collections::BTreeMap;

use linkpool_chain::Error::{Absent, Reverted, UnexpectedContract};
use linkpool_contracts::timelock::{getMinDelayCall, getOperationStateCall, getTimestampCall};
use linkpool_db::{read::AnnouncementRecord, state::StateReader};
use linkpool_primitives::{Address, AnnouncementState, B256, checksum};

use super::{Subject, Verification, contract::Contract};
use crate::{Error, Result, apply::ready_at};

/// Operations asked about at once.
const PAGE: usize = 500;

/// OpenZeppelin's `OperationState`.
const UNSET: u8 = 0;
const WAITING: u8 = 1;
const READY: u8 = 2;
const DONE: u8 = 3;
/// What stands in the place of the time once it is done.
const DONE_AT: u64 = 1;

/// The last announcement of each operation, by timelock.
type Operations = BTreeMap<Address, BTreeMap<B256, AnnouncementRecord>>;

pub(super) async fn compare(reader: &mut StateReader, contract: &Contract<'_>, found: &mut Verification) -> Result<()> {
    for (timelock, operations) in last(reader.announcements(None).await?) {
        let operations: Vec<AnnouncementRecord> = operations.into_values().collect();
        for page in operations.chunks(PAGE) {
            if let Err(error) = compare_page(timelock, page, contract, found).await {
                skip(error, timelock, found)?;
            }
        }
    }
    for (timelock, delay) in reader.delays().await? {
        match contract.chain.call_at(timelock, &getMinDelayCall {}, contract.at).await {
            Ok(answer) => found.compare(Subject::Delay(timelock), "", &delay, &ready_at(answer)),
            Err(error) => skip(error.into(), timelock, found)?,
        }
    }
    Ok(())
}

/// Whether the events up to a block say something else about an operation than its timelock at that block.
pub(super) async fn differs(
    reader: &mut StateReader,
    contract: &Contract<'_>,
    (timelock, operation): (Address, B256),
    block: u64,
) -> Result<bool> {
    let mut operations = last(reader.announcements(Some(block)).await?);
    let announced = operations.remove(&timelock).and_then(|mut operations| operations.remove(&operation));
    let answer = match contract.chain.call_at(timelock, &getTimestampCall { id: operation }, contract.at).await {
        Ok(answer) => ready_at(answer),
        // Before its own block it knows of nothing.
        Err(Absent { .. }) => 0,
        Err(error) => return Err(error.into()),
    };
    Ok(announced.as_ref().map_or(0, timestamp) != answer)
}

/// The block of the last event about an operation.
pub(super) async fn last_change(
    reader: &mut StateReader,
    (timelock, operation): (Address, B256),
    block: u64,
) -> Result<Option<u64>> {
    let mut operations = last(reader.announcements(Some(block)).await?);
    let announced = operations.remove(&timelock).and_then(|mut operations| operations.remove(&operation));
    Ok(announced.map(|announced| announced.ended_block.unwrap_or(announced.block_number)))
}

async fn compare_page(
    timelock: Address,
    page: &[AnnouncementRecord],
    contract: &Contract<'_>,
    found: &mut Verification,
) -> Result<()> {
    let states: Vec<_> = page.iter().map(|of| getOperationStateCall { id: of.operation }).collect();
    let states = contract.chain.call_many_at(timelock, &states, contract.at).await?;
    let times: Vec<_> = page.iter().map(|of| getTimestampCall { id: of.operation }).collect();
    let times = contract.chain.call_many_at(timelock, &times, contract.at).await?;
    for ((announced, state), time) in page.iter().zip(states).zip(times) {
        let subject = Subject::Operation(timelock, announced.operation);
        found.compare(subject, "state", &code(announced.state), &state);
        found.compare(subject, "ready at", &timestamp(announced), &ready_at(time));
    }
    Ok(())
}

/// An owner that is no timelock of OpenZeppelin's need not answer: then its word is that of its logs.
fn skip(error: Error, timelock: Address, found: &mut Verification) -> Result<()> {
    match error {
        Error::Chain(error @ (Absent { .. } | UnexpectedContract { .. } | Reverted { .. })) => {
            let name = checksum(&timelock);
            found.notes.push(format!("what the pool's owner {name} has announced could not be compared with it: {error}"));
            Ok(())
        }
        error => Err(error),
    }
}

/// Later ones come later.
fn last(announced: Vec<AnnouncementRecord>) -> Operations {
    let mut operations = Operations::new();
    for announced in announced {
        operations.entry(announced.contract).or_default().insert(announced.operation, announced);
    }
    operations
}

fn code(state: AnnouncementState) -> u8 {
    match state {
        AnnouncementState::Waiting => WAITING,
        AnnouncementState::Ready => READY,
        AnnouncementState::Done => DONE,
        AnnouncementState::Cancelled => UNSET,
    }
}

fn timestamp(announced: &AnnouncementRecord) -> u64 {
    match announced.state {
        AnnouncementState::Waiting | AnnouncementState::Ready => announced.ready_at,
        AnnouncementState::Done => DONE_AT,
        AnnouncementState::Cancelled => 0,
    }
}
