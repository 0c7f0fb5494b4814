//! The contract's stored state at every block: what an archive node answers views from.

use std::collections::HashMap;

use alloy::primitives::Address;
use linkpool_contracts::pool::{Entry, Node, Pool, Position, Registry, Ticket};

/// The values one thing had, each from a block on.
#[derive(Debug, Clone)]
struct Series<T>(Vec<(u32, T)>);

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Series<T> {
    /// Of several values in one block the last counts.
    fn set(&mut self, block: u32, value: T) {
        match self.0.last_mut() {
            Some(last) if last.0 == block => last.1 = value,
            _ => {
                // Most things change once or twice: no room is kept for more.
                if self.0.len() < 4 {
                    self.0.reserve_exact(1);
                }
                self.0.push((block, value));
            }
        }
    }

    fn at(&self, block: u32) -> Option<T> {
        let after = self.0.partition_point(|(from, _)| *from <= block);
        after.checked_sub(1).map(|place| self.0[place].1.clone())
    }
}

/// Everything that the views of the pool can be asked for.
#[derive(Debug, Default)]
pub struct History {
    totals: Series<Pool>,
    registry: Series<Registry>,
    penalty_slots: Series<[u64; 6]>,
    nodes: HashMap<Address, Series<Node>>,
    positions: HashMap<(Address, Address), Series<Position>>,
    tickets: HashMap<(Address, Address, u32), Series<Ticket>>,
    list: Vec<(u32, Entry)>,
}

impl History {
    pub(crate) fn set_totals(&mut self, block: u32, value: Pool) {
        self.totals.set(block, value);
    }

    pub(crate) fn set_registry(&mut self, block: u32, value: Registry) {
        self.registry.set(block, value);
    }

    pub(crate) fn set_penalty_slots(&mut self, block: u32, value: [u64; 6]) {
        self.penalty_slots.set(block, value);
    }

    pub(crate) fn set_node(&mut self, block: u32, node: Address, value: Node) {
        self.nodes.entry(node).or_default().set(block, value);
    }

    pub(crate) fn set_position(&mut self, block: u32, node: Address, staker: Address, value: Position) {
        self.positions.entry((node, staker)).or_default().set(block, value);
    }

    pub(crate) fn set_ticket(&mut self, block: u32, node: Address, staker: Address, ticket: u32, value: Ticket) {
        self.tickets.entry((node, staker, ticket)).or_default().set(block, value);
    }

    pub(crate) fn add_entry(&mut self, block: u32, entry: Entry) {
        self.list.push((block, entry));
    }

    pub fn totals(&self, block: u32) -> Option<Pool> {
        self.totals.at(block)
    }

    pub fn registry(&self, block: u32) -> Option<Registry> {
        self.registry.at(block)
    }

    pub fn penalty_slots(&self, block: u32) -> [u64; 6] {
        self.penalty_slots.at(block).unwrap_or_default()
    }

    pub fn node(&self, block: u32, node: Address) -> Option<Node> {
        self.nodes.get(&node)?.at(block)
    }

    pub fn position(&self, block: u32, node: Address, staker: Address) -> Option<Position> {
        self.positions.get(&(node, staker))?.at(block)
    }

    pub fn ticket(&self, block: u32, node: Address, staker: Address, ticket: u32) -> Option<Ticket> {
        self.tickets.get(&(node, staker, ticket))?.at(block)
    }

    /// The list of nodes as it was after `block`.
    pub fn entries(&self, block: u32) -> impl ExactSizeIterator<Item = &Entry> {
        let count = self.list.partition_point(|(from, _)| *from <= block);
        self.list[..count].iter().map(|(_, entry)| entry)
    }

    /// How many positions ever were.
    pub fn positions(&self) -> usize {
        self.positions.len()
    }

    /// How many tickets ever were.
    pub fn tickets(&self) -> usize {
        self.tickets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Series;

    #[test]
    fn a_value_holds_from_its_block_until_the_next() {
        let mut series = Series::default();
        series.set(3, 'a');
        series.set(5, 'b');
        series.set(5, 'c');
        assert_eq!([2, 3, 4, 5, 9].map(|block| series.at(block)), [None, Some('a'), Some('a'), Some('c'), Some('c')]);
    }
}
