//! One event of the contract as a row.

use linkpool_primitives::{Address, B256, EventKind};
use sqlx::postgres::{PgArguments, PgRow};

use crate::{
    Result,
    column::Take,
    columns::{After, Fields, NodeFields, PenaltySlotFields, PoolFields, PositionFields, RoleFields, TicketFields, write_field},
    compound::Compound,
    copy::write_bytes,
    packed::{Packer, Unpacker},
    parameter::Bind,
};

/// One row of `event`: where it stands, what changed, and what each changed field is afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    pub block_number: i64,
    pub log_index: i32,
    pub block_hash: B256,
    pub block_time: i64,
    pub transaction_hash: B256,
    pub kind: EventKind,
    pub node: Option<Address>,
    pub staker: Option<Address>,
    /// Whoever else takes part: sender of a reward, recipient of fees, target of a restake.
    pub account: Option<Address>,
    pub ticket: Option<i64>,
    /// One of the pool's penalty slots.
    pub slot: Option<i16>,
    pub amount: Option<u128>,
    pub fee: Option<u128>,
    pub shares: Option<u128>,
    /// What has no column: old values, evidence, reasons.
    pub detail: Option<serde_json::Value>,
    pub after_node: NodeFields,
    pub after_position: PositionFields,
    pub after_ticket: TicketFields,
    pub after_pool: PoolFields,
    /// Of `account`.
    pub after_role: RoleFields,
    /// Of `slot`.
    pub after_penalty_slot: PenaltySlotFields,
}

const OWN_COLUMNS: &[&str] = &[
    "block_number",
    "log_index",
    "block_hash",
    "block_time",
    "transaction_hash",
    "kind",
    "node",
    "staker",
    "account",
    "ticket",
    "slot",
    "amount",
    "fee",
    "shares",
    "detail",
];

/// How many columns [`EventRow::columns`] names.
const COLUMNS: i16 = (OWN_COLUMNS.len()
    + NodeFields::NAMES.len()
    + PositionFields::NAMES.len()
    + TicketFields::NAMES.len()
    + PoolFields::NAMES.len()
    + RoleFields::NAMES.len()
    + PenaltySlotFields::NAMES.len()) as i16;

impl EventRow {
    /// Of the zeroth log of the zeroth block; it changes nothing.
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            block_number: 0,
            log_index: 0,
            block_hash: B256::ZERO,
            block_time: 0,
            transaction_hash: B256::ZERO,
            node: None,
            staker: None,
            account: None,
            ticket: None,
            slot: None,
            amount: None,
            fee: None,
            shares: None,
            detail: None,
            after_node: NodeFields::default(),
            after_position: PositionFields::default(),
            after_ticket: TicketFields::default(),
            after_pool: PoolFields::default(),
            after_role: RoleFields::default(),
            after_penalty_slot: PenaltySlotFields::default(),
        }
    }

    /// The fields that it carries, by name.
    pub(crate) fn after(&self) -> Result<Vec<(&'static str, After)>> {
        let mut after = Vec::new();
        self.after_node.carried(&mut after)?;
        self.after_position.carried(&mut after)?;
        self.after_ticket.carried(&mut after)?;
        self.after_pool.carried(&mut after)?;
        self.after_role.carried(&mut after)?;
        self.after_penalty_slot.carried(&mut after)?;
        Ok(after)
    }

    /// The columns in the order of [`EventRow::write`].
    pub(crate) fn columns() -> String {
        Self::names().concat().join(", ")
    }

    fn names() -> [&'static [&'static str]; 7] {
        [
            OWN_COLUMNS,
            NodeFields::NAMES,
            PositionFields::NAMES,
            TicketFields::NAMES,
            PoolFields::NAMES,
            RoleFields::NAMES,
            PenaltySlotFields::NAMES,
        ]
    }

    /// Their types.
    fn types() -> Vec<&'static str> {
        let own = [
            "int8", "int4", "bytea", "int8", "bytea", "text", "bytea", "bytea", "bytea", "int8", "int2", "numeric", "numeric",
            "numeric", "jsonb",
        ];
        let after = [
            NodeFields::TYPES,
            PositionFields::TYPES,
            TicketFields::TYPES,
            PoolFields::TYPES,
            RoleFields::TYPES,
            PenaltySlotFields::TYPES,
        ];
        own.into_iter().chain(after.concat()).collect()
    }

    /// Inserts a few rows, as a part of a statement.
    pub(crate) fn insert(rows: &[Self], compound: &mut Compound) -> Result<()> {
        let arrays: Vec<String> = (1..).zip(Self::types()).map(|(number, sql)| format!("${number}::{sql}[]")).collect();
        let insert = format!("insert into event ({}) select * from unnest({})", Self::columns(), arrays.join(", "));
        compound.part("events", &insert, arrays.len(), |to| Self::bind_all(rows, to))
    }

    fn bind_all(rows: &[Self], to: &mut PgArguments) -> Result<()> {
        rows.iter().map(|row| row.block_number).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.log_index).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.block_hash).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.block_time).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.transaction_hash).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.kind).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.node).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.staker).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.account).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.ticket).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.slot).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.amount).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.fee).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.shares).collect::<Vec<_>>().bind(to)?;
        rows.iter().map(|row| row.detail.clone()).collect::<Vec<_>>().bind(to)?;
        NodeFields::bind_all(rows.iter().map(|row| &row.after_node), to)?;
        PositionFields::bind_all(rows.iter().map(|row| &row.after_position), to)?;
        TicketFields::bind_all(rows.iter().map(|row| &row.after_ticket), to)?;
        PoolFields::bind_all(rows.iter().map(|row| &row.after_pool), to)?;
        RoleFields::bind_all(rows.iter().map(|row| &row.after_role), to)?;
        PenaltySlotFields::bind_all(rows.iter().map(|row| &row.after_penalty_slot), to)
    }

    /// Appends the row as one binary COPY tuple.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend(COLUMNS.to_be_bytes());
        write_field(Some(self.block_number), out);
        write_field(Some(self.log_index), out);
        write_bytes(self.block_hash.as_slice(), out);
        write_field(Some(self.block_time), out);
        write_bytes(self.transaction_hash.as_slice(), out);
        write_bytes(self.kind.as_str().as_bytes(), out);
        write_field(self.node, out);
        write_field(self.staker, out);
        write_field(self.account, out);
        write_field(self.ticket, out);
        write_field(self.slot, out);
        write_field(self.amount, out);
        write_field(self.fee, out);
        write_field(self.shares, out);
        match &self.detail {
            None => out.extend((-1i32).to_be_bytes()),
            // Binary jsonb is a version byte, 1, and the text.
            Some(detail) => write_bytes(format!("\u{1}{detail}").as_bytes(), out),
        }
        self.after_node.write(out);
        self.after_position.write(out);
        self.after_ticket.write(out);
        self.after_pool.write(out);
        self.after_role.write(out);
        self.after_penalty_slot.write(out);
    }

    /// All but where it stands, its kind, and its detail.
    pub(crate) fn pack(&self, to: &mut Packer<'_>) {
        to.put(Some(self.transaction_hash));
        to.put(self.node);
        to.put(self.staker);
        to.put(self.account);
        to.put(self.ticket);
        to.put(self.slot);
        to.put(self.amount);
        to.put(self.fee);
        to.put(self.shares);
        self.after_node.pack(to);
        self.after_position.pack(to);
        self.after_ticket.pack(to);
        self.after_pool.pack(to);
        self.after_role.pack(to);
        self.after_penalty_slot.pack(to);
    }

    /// What [`EventRow::pack`] packed.
    pub(crate) fn unpack(kind: EventKind, from: &mut Unpacker<'_>) -> Self {
        Self {
            transaction_hash: from.take().unwrap_or_default(),
            node: from.take(),
            staker: from.take(),
            account: from.take(),
            ticket: from.take(),
            slot: from.take(),
            amount: from.take(),
            fee: from.take(),
            shares: from.take(),
            after_node: NodeFields::unpack(from),
            after_position: PositionFields::unpack(from),
            after_ticket: TicketFields::unpack(from),
            after_pool: PoolFields::unpack(from),
            after_role: RoleFields::unpack(from),
            after_penalty_slot: PenaltySlotFields::unpack(from),
            ..Self::new(kind)
        }
    }

    /// From its columns.
    pub(crate) fn read(row: &PgRow) -> Result<Self> {
        Ok(Self {
            block_number: row.take("block_number")?,
            log_index: row.take("log_index")?,
            block_hash: row.take("block_hash")?,
            block_time: row.take("block_time")?,
            transaction_hash: row.take("transaction_hash")?,
            kind: row.take("kind")?,
            node: row.take("node")?,
            staker: row.take("staker")?,
            account: row.take("account")?,
            ticket: row.take("ticket")?,
            slot: row.take("slot")?,
            amount: row.take("amount")?,
            fee: row.take("fee")?,
            shares: row.take("shares")?,
            detail: row.take("detail")?,
            after_node: NodeFields::read(row)?,
            after_position: PositionFields::read(row)?,
            after_ticket: TicketFields::read(row)?,
            after_pool: PoolFields::read(row)?,
            after_role: RoleFields::read(row)?,
            after_penalty_slot: PenaltySlotFields::read(row)?,
        })
    }
}
