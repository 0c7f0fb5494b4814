//! Where a difference in the state began: the first block after which the events say something else than the contract.

use linkpool_db::{columns::Fields, state::StateReader};
use linkpool_primitives::Address;

use super::{Subject, Verification, contract::Contract, operator, state::differing, timelock};
use crate::Result;

/// Differences looked into; the others most often have the same cause.
const MAX_LOCATED: usize = 8;

/// How the events and the contract compare at a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Same,
    Different,
    /// The endpoint no longer has the contract's state there.
    NoState,
}

/// Adds the first bad block of each difference in the state to `found.bad_blocks`, or a note why it is not known.
pub(super) async fn locate(
    reader: &mut StateReader,
    contract: &Contract<'_>,
    (link, start): (Address, u64),
    found: &mut Verification,
) -> Result<()> {
    let mut subjects: Vec<Subject> = found.differences.iter().map(|difference| difference.subject).collect();
    subjects.retain(|subject| !matches!(subject, Subject::Event(..) | Subject::Stakers(_) | Subject::Delay(_)));
    subjects.sort_unstable();
    subjects.dedup();
    for subject in subjects.into_iter().take(MAX_LOCATED) {
        let head = found.block.number;
        match same(reader, contract, (subject, link), head).await? {
            // The events are right, so the row of the state is what is wrong: it belongs to its last event's block.
            Then::Same => found.bad_blocks.extend(last_change(reader, subject, head).await?),
            Then::Different => bisect(reader, contract, (subject, link), start, found).await?,
            Then::NoState => {}
        }
    }
    Ok(())
}

/// Halves the blocks between one that is right and one that is wrong until they are neighbours.
async fn bisect(
    reader: &mut StateReader,
    contract: &Contract<'_>,
    (subject, link): (Subject, Address),
    start: u64,
    found: &mut Verification,
) -> Result<()> {
    let (mut right, mut wrong) = (start, found.block.number);
    while wrong - right > 1 {
        let middle = right + (wrong - right) / 2;
        match same(reader, contract, (subject, link), middle).await? {
            Then::Same => right = middle,
            Then::Different => wrong = middle,
            Then::NoState => {
                let endpoint = &found.endpoint;
                found.notes.push(format!(
                    "{subject}: the first bad block lies in {}..={wrong}; `{endpoint}` no longer has the contract's state of block {middle}: \
                     give an archive endpoint to find it",
                    right + 1
                ));
                return Ok(());
            }
        }
    }
    found.bad_blocks.insert(wrong);
    Ok(())
}

async fn same(reader: &mut StateReader, head: &Contract<'_>, subject: (Subject, Address), block: u64) -> Result<Then> {
    let Some(header) = head.chain.header(block).await? else { return Ok(Then::NoState) };
    let contract = Contract { at: header.block.hash, ..*head };
    match differs(reader, &contract, subject, block).await {
        Ok(true) => Ok(Then::Different),
        Ok(false) => Ok(Then::Same),
        // Each provider has its own words for a state that it has pruned.
        Err(crate::Error::Chain(
            linkpool_chain::Error::Rpc { .. }
            | linkpool_chain::Error::Lagging { .. }
            | linkpool_chain::Error::Pruned { .. }
            | linkpool_chain::Error::Absent { .. }
            | linkpool_chain::Error::Inconsistent { .. },
        )) => Ok(Then::NoState),
        Err(error) => Err(error),
    }
}

/// Whether the events up to a block say something else about a subject than the contract at that block.
async fn differs(
    reader: &mut StateReader,
    contract: &Contract<'_>,
    (subject, link): (Subject, Address),
    block: u64,
) -> Result<bool> {
    Ok(match subject {
        Subject::Pool => {
            let past = reader.past_pool(block).await?.map(|(fields, _)| fields).unwrap_or_default();
            !differing(&past, &contract.pool().await?)?.is_empty()
        }
        Subject::Node(node) => {
            let past = reader.past_node(&node, block).await?.map(|(fields, _)| fields);
            unlike(past, contract.nodes(&[node]).await?)?
        }
        Subject::Position(node, staker) => {
            let past = reader.past_position(&node, &staker, block).await?.map(|(fields, _)| fields);
            let answer = contract.positions(&[(node, staker)]).await?.into_iter().map(|(fields, _)| fields).collect();
            unlike(past, answer)?
        }
        Subject::Ticket(node, staker, ticket) => {
            let past = reader.past_ticket(&node, &staker, ticket, block).await?.map(|(fields, _)| fields);
            unlike(past, contract.tickets(&[(node, staker, ticket)]).await?)?
        }
        Subject::Role(account) => {
            let past = reader.past_role(&account, block).await?.and_then(|(fields, _)| fields.roles).unwrap_or_default();
            contract.roles(&[account]).await?.first() != Some(&past)
        }
        Subject::Slot(slot) => {
            let past =
                reader.past_penalty_slot(slot, block).await?.and_then(|(fields, _)| fields.slot_ends_at).unwrap_or_default();
            contract.penalty_slots().await?.get(usize::from(slot.unsigned_abs())) != Some(&past)
        }
        Subject::Shares(node) => {
            let past = reader.past_shares(&node, block).await?;
            contract.nodes(&[node]).await?.first().and_then(|fields| fields.active_shares) != Some(past)
        }
        Subject::Operation(of, operation) => timelock::differs(reader, contract, (of, operation), block).await?,
        Subject::Operator(of) => operator::differs(reader, contract, (link, of), block).await?,
        Subject::Stakers(_) | Subject::Event(..) | Subject::Delay(_) => false,
    })
}

/// What no event has touched is all zeros in the contract.
fn unlike<F: Fields>(past: Option<F>, answer: Vec<F>) -> Result<bool> {
    let Some(answer) = answer.first() else { return Ok(past.is_some()) };
    Ok(match past {
        Some(past) => !differing(&past, answer)?.is_empty(),
        None => {
            let mut carried = Vec::new();
            answer.carried(&mut carried)?;
            carried
                .iter()
                .any(|(_, value)| !matches!(value, linkpool_db::read::After::Amount(0) | linkpool_db::read::After::Integer(0)))
        }
    })
}

/// The block of the last event that changed a subject.
async fn last_change(reader: &mut StateReader, subject: Subject, block: u64) -> Result<Option<u64>> {
    Ok(match subject {
        Subject::Pool => reader.past_pool(block).await?.map(|(_, block)| block),
        Subject::Node(node) | Subject::Shares(node) => reader.past_node(&node, block).await?.map(|(_, block)| block),
        Subject::Position(node, staker) => reader.past_position(&node, &staker, block).await?.map(|(_, block)| block),
        Subject::Ticket(node, staker, ticket) => reader.past_ticket(&node, &staker, ticket, block).await?.map(|(_, block)| block),
        Subject::Role(account) => reader.past_role(&account, block).await?.map(|(_, block)| block),
        Subject::Slot(slot) => reader.past_penalty_slot(slot, block).await?.map(|(_, block)| block),
        Subject::Operation(of, operation) => timelock::last_change(reader, (of, operation), block).await?,
        // What is unanswered follows from the events themselves.
        Subject::Stakers(_) | Subject::Event(..) | Subject::Delay(_) | Subject::Operator(_) => None,
    })
}
