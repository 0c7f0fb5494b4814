//! The events of followed contracts.

use linkpool_primitives::{Address, B256, ContractEventKind};
use serde_json::Value;
use sqlx::postgres::PgArguments;

use crate::{
    Result,
    column::{row, stored_enums},
    compound::Compound,
    parameter::Bind,
    pool::Connection,
    statement::run,
};

stored_enums!(ContractEventKind);

row! {
    /// One of them, decoded.
    #[derive(Debug, Clone, PartialEq, Eq)]
    ContractEvent {
        block_number: u64,
        log_index: u32,
        block_hash: B256,
        block_time: u64,
        transaction_hash: B256,
        contract: Address,
        kind: ContractEventKind,
        /// Of a timelock: the operation it is about.
        operation: Option<B256>,
        detail: Value,
    }
}

/// The columns in the order of the fields.
pub(crate) const COLUMNS: &str = "block_number, log_index, block_hash::bytea, block_time, transaction_hash::bytea, contract::bytea, kind, operation::bytea, detail";

/// Of a contract that is not followed no row is written, and none that its fill is still to read.
const INSERT: &str = "insert into contract_event (block_number, log_index, block_hash, block_time, transaction_hash, contract, kind, operation, detail)
    select n.* from unnest($1::int8[], $2::int4[], $3::bytea[], $4::int8[], $5::bytea[], $6::bytea[], $7::text[], $8::bytea[], $9::jsonb[])
             as n (block_number, log_index, block_hash, block_time, transaction_hash, contract, kind, operation, detail)
      join followed_contract f on f.contract = n.contract
     where f.fill_block is null or n.block_number <= f.fill_block or n.block_number > f.fill_end";

pub(crate) async fn insert(connection: &mut Connection, events: &[ContractEvent]) -> Result<u64> {
    if events.is_empty() {
        return Ok(0);
    }
    let mut args = PgArguments::default();
    bind(events, &mut args)?;
    run(connection, INSERT, args).await
}

/// The same as a part of a statement.
pub(crate) fn add_to(events: &[ContractEvent], compound: &mut Compound) -> Result<()> {
    match events.is_empty() {
        true => Ok(()),
        false => compound.part("contract_events", INSERT, 9, |to| bind(events, to)),
    }
}

fn bind(events: &[ContractEvent], to: &mut PgArguments) -> Result<()> {
    events.iter().map(|event| event.block_number).collect::<Vec<_>>().bind(to)?;
    events.iter().map(|event| event.log_index).collect::<Vec<_>>().bind(to)?;
    events.iter().map(|event| event.block_hash).collect::<Vec<_>>().bind(to)?;
    events.iter().map(|event| event.block_time).collect::<Vec<_>>().bind(to)?;
    events.iter().map(|event| event.transaction_hash).collect::<Vec<_>>().bind(to)?;
    events.iter().map(|event| event.contract).collect::<Vec<_>>().bind(to)?;
    events.iter().map(|event| event.kind).collect::<Vec<_>>().bind(to)?;
    events.iter().map(|event| event.operation).collect::<Vec<_>>().bind(to)?;
    events.iter().map(|event| event.detail.clone()).collect::<Vec<_>>().bind(to)
}
