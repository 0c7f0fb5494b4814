//! The event log against the chain's logs: a row too many, a row too few, a row that says something else.

use std::collections::{BTreeMap, HashMap};

use linkpool_chain::{Chain, Log, Range};
use linkpool_db::{contract_event::ContractEvent, read::EventRecord, state::StateReader};

use super::{Subject, Verification};
use crate::{
    Error, Result, apply,
    driver::{ask::block_times, watched::Watched},
};

/// Events held at a time.
const EVENTS: u32 = 5_000;
/// Most blocks asked for at once.
const RANGE: u64 = 5_000;

/// Compares the events of the blocks after `after`, up to the reader's block.
pub(super) async fn compare(
    reader: &mut StateReader,
    chain: &Chain,
    watched: &Watched,
    after: u64,
    found: &mut Verification,
) -> Result<()> {
    let (mut done, to) = (after, reader.block().number);
    let mut range = RANGE;
    while done < to {
        let end = reader.run_of_events(done, to.min(done + range), EVENTS).await?;
        let (logs, times) = match logs(chain, watched, done + 1, end).await {
            Ok((answer, _)) if end == to && answer.last.block.hash != reader.block().hash => {
                return Err(
                    linkpool_chain::Error::Lagging { endpoint: answer.endpoint.to_string(), block: to.to_string() }.into()
                );
            }
            Ok((answer, times)) => {
                found.endpoint = answer.endpoint.to_string();
                (answer.logs, times)
            }
            // Whatever the words: a shorter range may be answered.
            Err(error) if end > done + 1 && may_be_too_long(&error) => {
                range = ((end - done) / 2).max(1);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let stored = reader.events_between(done, end).await?;
        let others = reader.contract_events_between(done, end).await?;
        let others: Vec<ContractEvent> = others.into_iter().filter(|event| watched.looks_at(event)).collect();
        found.events += stored.len() + others.len();
        let (of_pool, of_others): (Vec<&Log>, Vec<&Log>) = logs.iter().partition(|log| watched.is_pool(log));
        compare_run(stored, &of_pool, &times, found)?;
        compare_others(others, &of_others, (watched, &times), found)?;
        done = end;
        range = (range * 2).min(RANGE);
    }
    Ok(())
}

async fn logs(chain: &Chain, watched: &Watched, from: u64, to: u64) -> linkpool_chain::Result<(Range, HashMap<u64, u64>)> {
    let range = chain.final_logs(&watched.addresses, from, to).await?;
    let times = block_times(chain, &range.logs, &[&range.first, &range.last]).await?;
    Ok((range, times))
}

fn may_be_too_long(error: &linkpool_chain::Error) -> bool {
    use linkpool_chain::Error::{Rpc, TooLarge};
    matches!(error, TooLarge { .. } | Rpc { .. }) || error.is_time_out()
}

fn compare_run(stored: Vec<EventRecord>, logs: &[&Log], times: &HashMap<u64, u64>, found: &mut Verification) -> Result<()> {
    let mut stored: BTreeMap<(u64, u32), EventRecord> =
        stored.into_iter().map(|record| ((record.block_number, record.log_index), record)).collect();
    for log in logs {
        let Some(place) = log.position() else { continue };
        let position = (place.number, u32::try_from(place.index).unwrap_or(u32::MAX));
        let known = stored.remove(&position);
        let time = times.get(&place.number).copied().unwrap_or_default();
        let row = match apply::row(log, time) {
            Ok(row) => EventRecord::try_from(&row)?,
            // It is kept among the dead letters.
            Err(Error::Decode { .. }) => continue,
            Err(error) => return Err(error),
        };
        let subject = Subject::Event(position.0, position.1);
        match known {
            None => note(found, subject, "", "no row".into(), row.kind.to_string()),
            Some(known) if known != row => {
                let (part, database, chain) = first_difference(&known, &row);
                note(found, subject, part, database, chain);
            }
            Some(_) => {}
        }
    }
    for ((block, index), record) in stored {
        note(found, Subject::Event(block, index), "", record.kind.to_string(), "no log".into());
    }
    Ok(())
}

/// The same of the contracts beside the pool.
fn compare_others(
    stored: Vec<ContractEvent>,
    logs: &[&Log],
    (watched, times): (&Watched, &HashMap<u64, u64>),
    found: &mut Verification,
) -> Result<()> {
    let mut stored: BTreeMap<(u64, u32), ContractEvent> =
        stored.into_iter().map(|event| ((event.block_number, event.log_index), event)).collect();
    for log in logs {
        let Some(place) = log.position() else { continue };
        let time = times.get(&place.number).copied().unwrap_or_default();
        let event = match watched.contract_event(log, place, time) {
            Ok(Some(event)) => event,
            Ok(None) | Err(Error::Decode { .. }) => continue,
            Err(error) => return Err(error),
        };
        let position = (event.block_number, event.log_index);
        match stored.remove(&position) {
            Some(known) if known == event => {}
            known => {
                let known = known.map_or_else(|| "no row".to_owned(), |known| format!("{known:?}"));
                note(found, Subject::Event(position.0, position.1), "", known, format!("{event:?}"));
            }
        }
    }
    for ((block, index), event) in stored {
        note(found, Subject::Event(block, index), "", event.kind.to_string(), "no log".into());
    }
    Ok(())
}

fn note(found: &mut Verification, subject: Subject, part: &str, database: String, chain: String) {
    if let Subject::Event(block, _) = subject {
        found.bad_blocks.insert(block);
        found.events_differ = true;
    }
    found.note(subject, part, database, chain);
}

/// Names one part of a row that is not as the log says.
fn first_difference(known: &EventRecord, row: &EventRecord) -> (&'static str, String, String) {
    macro_rules! part {
        ($($field:ident),+) => {
            $(if known.$field != row.$field {
                return (stringify!($field), format!("{:?}", known.$field), format!("{:?}", row.$field));
            })+
        };
    }
    part!(block_hash, transaction_hash, kind, node, staker, account, ticket, amount, fee, shares, block_time, detail);
    let differs = row.after.iter().find(|field| !known.after.contains(field));
    match differs {
        Some((name, value)) => {
            let stored = known.after.iter().find(|(known, _)| known == name).map(|(_, value)| value);
            (name, format!("{stored:?}"), format!("{value:?}"))
        }
        None => ("fields", format!("{:?}", known.after), format!("{:?}", row.after)),
    }
}
