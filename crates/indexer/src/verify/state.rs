//! The state tables against the contract's views, page by page.

use std::collections::{HashMap, HashSet};

use linkpool_db::{
    columns::{Fields, NodeFields},
    read::After,
    state::{StateReader, StoredPosition, StoredTicket},
};
use linkpool_primitives::Address;

use super::{Scope, Subject, Verification, contract::Contract};
use crate::Result;

/// Rows held at a time.
const PAGE: u32 = 2_000;

pub(super) async fn compare(reader: &mut StateReader, contract: &Contract<'_>, found: &mut Verification) -> Result<()> {
    let stored = reader.pool().await?.unwrap_or_default();
    fields(found, Subject::Pool, &stored, &contract.pool().await?)?;
    compare_authority(reader, contract, found).await?;
    compare_nodes(reader, contract, found).await?;
    match found.scope {
        Scope::All => {
            compare_all_positions(reader, contract, found).await?;
            compare_all_tickets(reader, contract, found).await
        }
        Scope::Sample { rows, since } => {
            let sample = reader.sample_positions(since, rows).await?;
            for page in sample.chunks(PAGE as usize) {
                compare_positions(page, contract, found).await?;
            }
            let sample = reader.sample_tickets(since, rows).await?;
            for page in sample.chunks(PAGE as usize) {
                compare_tickets(page, contract, found).await?;
            }
            Ok(())
        }
    }
}

async fn compare_authority(reader: &mut StateReader, contract: &Contract<'_>, found: &mut Verification) -> Result<()> {
    let stored = reader.roles().await?;
    let accounts: Vec<Address> = stored.iter().map(|(account, _)| *account).collect();
    for ((account, roles), answer) in stored.iter().zip(contract.roles(&accounts).await?) {
        found.compare(Subject::Role(*account), "", roles, &answer);
    }
    let stored: HashMap<i16, i64> = reader.penalty_slots().await?.into_iter().collect();
    for (slot, ends_at) in (0..).zip(contract.penalty_slots().await?) {
        found.compare(Subject::Slot(slot), "", &stored.get(&slot).copied().unwrap_or_default(), &ends_at);
    }
    Ok(())
}

async fn compare_nodes(reader: &mut StateReader, contract: &Contract<'_>, found: &mut Verification) -> Result<()> {
    let stored = reader.nodes().await?;
    found.nodes = stored.len();
    compare_list(&stored, &contract.list().await?, found);
    let sums: HashMap<Address, _> = reader.sums().await?.into_iter().map(|sums| (sums.node, sums)).collect();
    for page in stored.chunks(PAGE as usize) {
        let addresses: Vec<Address> = page.iter().map(|(node, _)| *node).collect();
        for ((address, database), node) in page.iter().zip(contract.nodes(&addresses).await?) {
            fields(found, Subject::Node(*address), database, &node)?;
            let Some(sums) = sums.get(address) else { continue };
            let active = node.active_shares.unwrap_or_default();
            found.compare(Subject::Shares(*address), "shares of all positions", &sums.position_shares, &active);
            let leaving = node.total_shares.unwrap_or_default().saturating_sub(active);
            found.compare(Subject::Shares(*address), "shares of all tickets", &sums.ticket_shares, &leaving);
            found.compare(Subject::Stakers(Some(*address)), "", &sums.stakers_recorded, &sums.stakers);
        }
    }
    let (counted, recorded) = reader.stakers().await?;
    found.compare(Subject::Stakers(None), "", &recorded, &counted);
    Ok(())
}

/// The contract's list of nodes by index: no node is missing, too many, or in another's place.
fn compare_list(stored: &[(Address, NodeFields)], list: &[(Address, i64)], found: &mut Verification) {
    let indexes_and_times: HashMap<Address, (i64, i64)> =
        (0..).zip(list).map(|(index, (node, at))| (*node, (index, *at))).collect();
    for (node, fields) in stored {
        let index_and_time = fields.node_index.zip(fields.registered_at);
        found.compare(
            Subject::Node(*node),
            "index and time of registration",
            &index_and_time,
            &indexes_and_times.get(node).copied(),
        );
    }
    let known: HashSet<Address> = stored.iter().map(|(node, _)| *node).collect();
    for (node, _) in list.iter().filter(|(node, _)| !known.contains(node)) {
        found.note(Subject::Node(*node), "", "no row".into(), "a node".into());
    }
}

async fn compare_all_positions(reader: &mut StateReader, contract: &Contract<'_>, found: &mut Verification) -> Result<()> {
    let mut after = None;
    loop {
        let page = reader.positions_after(after, PAGE).await?;
        compare_positions(&page, contract, found).await?;
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = Some((last.node, last.staker)),
            _ => return Ok(()),
        }
    }
}

async fn compare_all_tickets(reader: &mut StateReader, contract: &Contract<'_>, found: &mut Verification) -> Result<()> {
    let mut after = None;
    loop {
        let page = reader.tickets_after(after, PAGE).await?;
        compare_tickets(&page, contract, found).await?;
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = Some((last.node, last.staker, last.ticket)),
            _ => return Ok(()),
        }
    }
}

async fn compare_positions(page: &[StoredPosition], contract: &Contract<'_>, found: &mut Verification) -> Result<()> {
    let keys: Vec<_> = page.iter().map(|row| (row.node, row.staker)).collect();
    for (row, (position, tickets)) in page.iter().zip(contract.positions(&keys).await?) {
        let subject = Subject::Position(row.node, row.staker);
        fields(found, subject, &row.fields, &position)?;
        found.compare(subject, "number of tickets", &row.tickets, &tickets);
    }
    found.positions += page.len();
    Ok(())
}

async fn compare_tickets(page: &[StoredTicket], contract: &Contract<'_>, found: &mut Verification) -> Result<()> {
    let keys: Vec<_> = page.iter().map(|row| (row.node, row.staker, row.ticket)).collect();
    for (row, ticket) in page.iter().zip(contract.tickets(&keys).await?) {
        fields(found, Subject::Ticket(row.node, row.staker, row.ticket), &row.fields, &ticket)?;
    }
    found.tickets += page.len();
    Ok(())
}

/// Compares each field that the contract's view holds, and names the one that differs.
pub(super) fn fields<F: Fields>(found: &mut Verification, subject: Subject, database: &F, contract: &F) -> Result<()> {
    for (name, stored, answered) in differing(database, contract)? {
        found.note(subject, name, show(stored), show(Some(answered)));
    }
    Ok(())
}

/// The fields of the contract that the database has otherwise.
pub(super) fn differing<F: Fields>(database: &F, contract: &F) -> Result<Vec<(&'static str, Option<After>, After)>> {
    let (mut stored, mut answered) = (Vec::new(), Vec::new());
    database.carried(&mut stored)?;
    contract.carried(&mut answered)?;
    let stored: HashMap<&str, After> = stored.into_iter().collect();
    let answered = answered.into_iter().map(|(name, answer)| (name, stored.get(name).cloned(), answer));
    Ok(answered.filter(|(_, stored, answer)| stored.as_ref() != Some(answer)).collect())
}

fn show(value: Option<After>) -> String {
    match value {
        None => "nothing".into(),
        Some(After::Amount(amount)) => amount.to_string(),
        Some(After::Integer(number)) => number.to_string(),
        Some(After::Flag(flag)) => flag.to_string(),
        Some(After::Address(address)) => linkpool_primitives::checksum(&address),
    }
}
