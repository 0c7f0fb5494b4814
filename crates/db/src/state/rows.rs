//! Rows of the state tables as the fields they hold.

use linkpool_primitives::Address;
use sqlx::{Row, postgres::PgRow};

use crate::{
    Result,
    amount::Numeric,
    columns::{NodeFields, PoolFields, PositionFields, TicketFields},
    convert::{address, node_status},
};

pub(super) fn key(row: &PgRow, column: &str) -> Result<Address> {
    address(row.try_get_unchecked::<&[u8], _>(column)?)
}

fn optional_key(row: &PgRow, column: &str) -> Result<Option<Address>> {
    row.try_get_unchecked::<Option<&[u8]>, _>(column)?.map(address).transpose()
}

pub(super) fn amount(row: &PgRow, column: &str) -> Result<Option<u128>> {
    row.try_get_unchecked::<Option<Numeric>, _>(column)?.map(u128::try_from).transpose()
}

pub(super) fn node(row: &PgRow) -> Result<NodeFields> {
    Ok(NodeFields {
        node_index: row.try_get("node_index")?,
        proof: row.try_get("proof")?,
        registered_at: row.try_get("registered_at")?,
        // An impossible one is a difference for whoever compares, and no end of the comparison.
        status: row.try_get::<Option<i16>, _>("status")?.and_then(|code| node_status(code).ok()),
        cap_link: row.try_get("cap_link")?,
        penalty_until: row.try_get("penalty_until")?,
        retired_at: row.try_get("retired_at")?,
        total_shares: amount(row, "total_shares")?,
        assets: amount(row, "assets")?,
        active_shares: amount(row, "active_shares")?,
        acc_per_share: amount(row, "acc_per_share")?,
        unvested: amount(row, "unvested")?,
        vest_end: row.try_get("vest_end")?,
        last_update: row.try_get("last_update")?,
        penalty_bps: row.try_get("penalty_bps")?,
        penalty_slot: row.try_get("penalty_slot")?,
        bucket_level: row.try_get("bucket_level")?,
        bucket_at: row.try_get("bucket_at")?,
    })
}

pub(super) fn position(row: &PgRow) -> Result<PositionFields> {
    let debt: Option<Numeric> = row.try_get_unchecked("position_debt")?;
    Ok(PositionFields { position_shares: amount(row, "position_shares")?, position_debt: debt.map(i128::try_from).transpose()? })
}

pub(super) fn ticket(row: &PgRow) -> Result<TicketFields> {
    Ok(TicketFields { ticket_shares: amount(row, "ticket_shares")?, ready_at: row.try_get("ready_at")? })
}

pub(super) fn pool(row: &PgRow) -> Result<PoolFields> {
    Ok(PoolFields {
        accounted: amount(row, "accounted")?,
        fees_owed: amount(row, "fees_owed")?,
        sink_owed: amount(row, "sink_owed")?,
        fee_bps: row.try_get("fee_bps")?,
        fee_recipient: optional_key(row, "fee_recipient")?,
        default_cap_link: row.try_get("default_cap_link")?,
        paused_until: row.try_get("paused_until")?,
        live_nodes: row.try_get("live_nodes")?,
        registration_level: row.try_get("registration_level")?,
        registration_at: row.try_get("registration_at")?,
        network_reported: row.try_get("network_reported")?,
        network_reported_at: row.try_get("network_reported_at")?,
        network_ceiling: row.try_get("network_ceiling")?,
        proofless_allowed: row.try_get("proofless_allowed")?,
        owner: optional_key(row, "owner")?,
        pending_owner: optional_key(row, "pending_owner")?,
        offer_ends_at: row.try_get("offer_ends_at")?,
    })
}
