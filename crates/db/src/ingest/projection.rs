//! State and history as some events leave them, folded in memory and written together.

use linkpool_primitives::Address;

use super::changes::{AccountKey, Changes, NodeKey, PoolKey};
use crate::{
    Result,
    columns::{NodeFields, PenaltySlotFields, PoolFields, PositionFields, RoleFields, TicketFields},
    event::EventRow,
    events::Events,
    history::Fold,
    pool::Connection,
    statement::{args, one},
};

/// What is folded and not written holds no more than this, and what one batch adds.
pub(super) const MAX_BEHIND_BYTES: usize = 24 << 20;

/// What is not written yet of the events that it took, and what it knows of those before.
#[derive(Debug, Default)]
pub(super) struct Projection {
    nodes: Changes<NodeKey, NodeFields>,
    positions: Changes<(Address, Address), PositionFields>,
    tickets: Changes<(Address, Address, i64), TicketFields>,
    roles: Changes<AccountKey, RoleFields>,
    penalty_slots: Changes<i16, PenaltySlotFields>,
    pool: Changes<PoolKey, PoolFields>,
    history: Fold,
    /// Whether the tables were found empty and nothing has been written since.
    is_first: bool,
}

impl Projection {
    /// For who writes much, and so wants to know whether the tables hold anything.
    pub async fn begin(connection: &mut Connection) -> Result<Self> {
        let is_first: bool = one(connection, ARE_EMPTY, args![]).await?;
        let history = if is_first { Fold::of_nothing() } else { Fold::default() };
        Ok(Self { history, is_first, ..Self::default() })
    }

    /// Takes events; those before them must be taken, and written up to what is not written here.
    pub async fn take(&mut self, connection: &mut Connection, events: &Events) -> Result<()> {
        #[cfg(feature = "measure")]
        if crate::measure::events_only() {
            return Ok(());
        }
        self.history.prepare(connection, events).await?;
        events.iter().for_each(|event| self.take_one(event));
        Ok(())
    }

    fn take_one(&mut self, event: &EventRow) {
        let (node, staker) = (event.node, event.staker);
        self.nodes.take(node.map(NodeKey), &event.after_node, event);
        self.positions.take(node.zip(staker), &event.after_position, event);
        let ticket = node.zip(staker).zip(event.ticket).map(|((node, staker), ticket)| (node, staker, ticket));
        self.tickets.take(ticket, &event.after_ticket, event);
        self.roles.take(event.account.map(AccountKey), &event.after_role, event);
        self.penalty_slots.take(event.slot, &event.after_penalty_slot, event);
        self.pool.take(Some(PoolKey), &event.after_pool, event);
        self.history.take(event);
    }

    /// Writes what is not written. Should the transaction fail, this is of no more use.
    pub async fn write(&mut self, connection: &mut Connection) -> Result<()> {
        let is_first = std::mem::take(&mut self.is_first);
        self.history.write(connection, is_first).await?;
        self.nodes.write(connection, "node", is_first).await?;
        self.positions.write(connection, "position", is_first).await?;
        self.tickets.write(connection, "ticket", is_first).await?;
        self.roles.write(connection, "role", is_first).await?;
        self.penalty_slots.write(connection, "penalty_slot", is_first).await?;
        self.pool.write(connection, "pool", is_first).await
    }

    /// Memory that it holds.
    pub fn bytes(&self) -> usize {
        self.nodes.bytes() + self.positions.bytes() + self.tickets.bytes() + self.roles.bytes() + self.history.bytes()
    }
}

const ARE_EMPTY: &str =
    "select not exists (select from node) and not exists (select from position) and not exists (select from ticket)
    and not exists (select from role) and not exists (select from penalty_slot) and not exists (select from pool)
    and not exists (select from statistic) and not exists (select from staker) and not exists (select from node_history)
    and not exists (select from pool_history)";
