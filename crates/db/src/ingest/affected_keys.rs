//! Which entities some events had changed.

use linkpool_primitives::Address;

use crate::{
    Result,
    event::EventRow,
    pool::Connection,
    statement::{all, args},
};

/// Node, staker and ticket of an event, as far as it has them.
type Key = (Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>);

/// Keys of the projections, as columns.
#[derive(Debug, Default)]
pub(super) struct AffectedKeys {
    pub nodes: Vec<Vec<u8>>,
    pub positions: (Vec<Vec<u8>>, Vec<Vec<u8>>),
    pub tickets: (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<i64>),
    /// Accounts whose roles changed.
    pub accounts: Vec<Vec<u8>>,
    pub penalty_slots: Vec<i16>,
    /// Whether there was any event at all, and so the pool may have changed.
    pub pool: bool,
}

impl AffectedKeys {
    /// By the events above `ancestor`.
    pub(super) async fn above(connection: &mut Connection, ancestor: u64) -> Result<Self> {
        let mut affected = Self::default();
        affected.add_between(connection, ancestor, i64::MAX.unsigned_abs()).await?;
        Ok(affected)
    }

    /// Adds what the events of the blocks after `after`, up to `through`, changed.
    pub(super) async fn add_between(&mut self, connection: &mut Connection, after: u64, through: u64) -> Result<()> {
        let (after, through) = (after as i64, through as i64);
        let select =
            "select distinct node::bytea, staker::bytea, ticket from event where block_number > $1 and block_number <= $2";
        let keys: Vec<Key> = all(&mut *connection, select, args![after, through]).await?;
        if keys.is_empty() {
            return Ok(());
        }
        self.pool = true;
        for (node, staker, ticket) in keys {
            self.add(node, staker, ticket);
        }
        // Roles and penalty slots change rarely, and an index of their own finds them.
        let select = "select distinct account::bytea from event where block_number > $1 and block_number <= $2 and roles is not null and account is not null";
        let accounts: Vec<Vec<u8>> = all(&mut *connection, select, args![after, through]).await?;
        let select = "select distinct slot from event where block_number > $1 and block_number <= $2 and slot_ends_at is not null and slot is not null";
        let penalty_slots: Vec<i16> = all(connection, select, args![after, through]).await?;
        self.accounts.extend(accounts);
        self.penalty_slots.extend(penalty_slots);
        Ok(())
    }

    pub(super) fn add_row(&mut self, row: &EventRow) {
        let bytes = |address: Address| address.to_vec();
        self.pool = true;
        self.add(row.node.map(bytes), row.staker.map(bytes), row.ticket);
        self.accounts.extend(row.account.filter(|_| row.after_role.roles.is_some()).map(bytes));
        self.penalty_slots.extend(row.slot.filter(|_| row.after_penalty_slot.slot_ends_at.is_some()));
    }

    pub(super) fn add(&mut self, node: Option<Vec<u8>>, staker: Option<Vec<u8>>, ticket: Option<i64>) {
        let Some(node) = node else { return };
        self.nodes.push(node.clone());
        let Some(staker) = staker else { return };
        self.positions.0.push(node.clone());
        self.positions.1.push(staker.clone());
        let Some(ticket) = ticket else { return };
        self.tickets.0.push(node);
        self.tickets.1.push(staker);
        self.tickets.2.push(ticket);
    }
}
