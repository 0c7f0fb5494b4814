//! The contract's stored state at every block: what an archive node answers views from.

use std::collections::HashMap;

use alloy::primitives::Address;
use linkpool_contracts::pool::{Entry, Node, Pool, Position, Registry, Ticket};

/// The values one thing had, each from a block on.
#[derive(Debug, Clone)]
pub struct Series<T>(Vec<(u32, T)>);

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Series<T> {
    /// Of several values in one block the last counts.
    pub(crate) fn set(&mut self, block: u32, value: T) {
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

    pub fn at(&self, block: u32) -> Option<T> {
        let after = self.0.partition_point(|(from, _)| *from <= block);
        after.checked_sub(1).map(|place| self.0[place].1.clone())
    }
}

/// Everything that the views of the pool can be asked for.
#[derive(Debug, Default)]
pub struct History {
    pub totals: Series<Pool>,
    pub registry: Series<Registry>,
    pub penalty_slots: Series<[u64; 6]>,
    pub(crate) nodes: HashMap<Address, Series<Node>>,
    pub(crate) positions: HashMap<(Address, Address), Series<Position>>,
    pub(crate) tickets: HashMap<(Address, Address, u32), Series<Ticket>>,
    pub(crate) list: Vec<(u32, Entry)>,
}

impl History {
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
