//! State and history as some events leave them, folded in memory and written together.

use linkpool_primitives::Address;

use super::changes::{AccountKey, Changes, NodeKey, PoolKey};
use crate::{
    Result,
    columns::{NodeFields, PenaltySlotFields, PoolFields, PositionFields, RoleFields, TicketFields},
    compound::Compound,
    event::EventRow,
    events::Events,
    history::{Fold, HistoryRows},
    pool::Connection,
    statement::{args, one, run},
};

/// So many rows are those of some blocks at the tip.
const SMALL: usize = 2_000;

/// What is not written yet of the events that it took, and what it knows of those before.
#[derive(Debug, Default)]
pub(super) struct Projection {
    state: State,
    history: Fold,
    /// Whether the tables were found empty and nothing has been written since.
    is_first: bool,
}

/// Last values, by table.
#[derive(Debug, Default)]
struct State {
    nodes: Changes<NodeKey, NodeFields>,
    positions: Changes<(Address, Address), PositionFields>,
    tickets: Changes<(Address, Address, i64), TicketFields>,
    roles: Changes<AccountKey, RoleFields>,
    penalty_slots: Changes<i16, PenaltySlotFields>,
    pool: Changes<PoolKey, PoolFields>,
}

/// What is to be written: it follows from events up to some block, and from no later one.
#[derive(Debug)]
pub(super) struct Unwritten {
    state: State,
    history: HistoryRows,
    is_first: bool,
}

impl Projection {
    /// For who writes much, and so wants to know whether the tables hold anything.
    pub async fn begin(connection: &mut Connection) -> Result<Self> {
        let is_first: bool = one(connection, ARE_EMPTY, args![]).await?;
        let history = if is_first { Fold::of_nothing() } else { Fold::default() };
        Ok(Self { history, is_first, ..Self::default() })
    }

    /// Reads what it has to know before it takes these events. Those before them must be taken, and written or still in memory.
    pub async fn prepare(&mut self, connection: &mut Connection, events: &Events) -> Result<()> {
        #[cfg(feature = "measure")]
        if crate::measure::events_only() {
            return Ok(());
        }
        self.history.prepare(connection, events).await
    }

    /// Takes events that it is prepared for.
    pub fn take(&mut self, events: impl Iterator<Item = EventRow>) {
        #[cfg(feature = "measure")]
        if crate::measure::events_only() {
            return;
        }
        events.for_each(|event| {
            self.state.take(&event);
            self.history.take(&event);
        });
    }

    /// What is to be written now, so that it can be written while more is taken.
    pub fn hand_over(&mut self) -> Unwritten {
        Unwritten {
            state: std::mem::take(&mut self.state),
            history: self.history.hand_over(),
            is_first: std::mem::take(&mut self.is_first),
        }
    }

    /// What was handed over is written.
    pub fn written(&mut self) {
        self.history.written();
    }

    /// Writes what is not written. Should the transaction fail, this is of no more use.
    pub async fn write(&mut self, connection: &mut Connection) -> Result<()> {
        self.hand_over().write(connection).await?;
        self.written();
        Ok(())
    }

    /// Memory of what is not handed over.
    pub fn bytes(&self) -> usize {
        self.state.bytes() + self.history.bytes()
    }
}

impl State {
    fn take(&mut self, event: &EventRow) {
        let (node, staker) = (event.node, event.staker);
        self.nodes.take(node.map(NodeKey), &event.after_node, event);
        self.positions.take(node.zip(staker), &event.after_position, event);
        let ticket = node.zip(staker).zip(event.ticket).map(|((node, staker), ticket)| (node, staker, ticket));
        self.tickets.take(ticket, &event.after_ticket, event);
        self.roles.take(event.account.map(AccountKey), &event.after_role, event);
        self.penalty_slots.take(event.slot, &event.after_penalty_slot, event);
        self.pool.take(Some(PoolKey), &event.after_pool, event);
    }

    fn len(&self) -> usize {
        self.nodes.len() + self.positions.len() + self.tickets.len() + self.roles.len() + self.penalty_slots.len()
    }

    fn bytes(&self) -> usize {
        self.nodes.bytes() + self.positions.bytes() + self.tickets.bytes() + self.roles.bytes()
    }
}

impl Unwritten {
    /// Whether it is written better by one statement than by several that take much each.
    pub fn is_small(&self) -> bool {
        self.state.len() + self.history.len() <= SMALL
    }

    /// Writes it beside other parts of a statement.
    pub fn add_to(&self, compound: &mut Compound) -> Result<()> {
        let Self { state, history, .. } = self;
        history.add_to(compound)?;
        state.nodes.add_to(compound, "node")?;
        state.positions.add_to(compound, "position")?;
        state.tickets.add_to(compound, "ticket")?;
        state.roles.add_to(compound, "role")?;
        state.penalty_slots.add_to(compound, "penalty_slot")?;
        state.pool.add_to(compound, "pool")
    }

    /// Table by table, each gone from memory when it is written: what follows is folded meanwhile and takes its place.
    pub async fn write(self, connection: &mut Connection) -> Result<()> {
        if self.is_small() {
            let mut compound = Compound::default();
            self.add_to(&mut compound)?;
            return compound.run(connection, "select true").await.map(|_: bool| ());
        }
        let Self { state, history, is_first } = self;
        run(&mut *connection, BY_KEY, args![]).await?;
        history.write(connection, is_first).await?;
        state.nodes.write(connection, "node", is_first).await?;
        state.positions.write(connection, "position", is_first).await?;
        state.tickets.write(connection, "ticket", is_first).await?;
        state.roles.write(connection, "role", is_first).await?;
        state.penalty_slots.write(connection, "penalty_slot", is_first).await?;
        state.pool.write(connection, "pool", is_first).await
    }
}

/// Until the transaction ends. Rows are found by their keys: the server would read a whole table for some thousand of its rows, and
/// longer each time.
const BY_KEY: &str = "select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)";

const ARE_EMPTY: &str =
    "select not exists (select from node) and not exists (select from position) and not exists (select from ticket)
    and not exists (select from role) and not exists (select from penalty_slot) and not exists (select from pool)
    and not exists (select from statistic) and not exists (select from staker) and not exists (select from node_history)
    and not exists (select from pool_history)";
