//! What the nodes could take, as it changed.

use std::{collections::HashMap, sync::Arc};

use linkpool_primitives::{Address, JUELS_PER_LINK, NodeStatus};

use super::Snapshot;
use crate::{Result, column::row, statement::args};

/// Most changes that are followed: some for each node that a pool may ever have.
const MAX_CHANGES: i64 = 50_000;

row! {
    /// One change of a node's status or cap.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    Change {
        node: Address,
        time = "block_time": u64,
        status: Option<NodeStatus>,
        cap_link: Option<u64>,
    }
}

/// The caps of the nodes that take stake, followed forward in time. Clones share the changes.
#[derive(Debug, Default, Clone)]
pub struct Capacity {
    /// The last first.
    changes: Arc<[Change]>,
    /// How many of them are still to come.
    coming: usize,
    nodes: HashMap<Address, (bool, u64)>,
    total_link: u64,
}

impl Capacity {
    fn of(changes: Vec<Change>) -> Self {
        Self { coming: changes.len(), changes: changes.into(), ..Self::default() }
    }

    /// Juels that all nodes together could have before `end`, which rises from call to call.
    pub fn before(&mut self, end: u64) -> u128 {
        while let Some(change) = self.changes[..self.coming].last().copied().filter(|change| change.time < end) {
            self.coming -= 1;
            let (is_active, cap_link) = self.nodes.entry(change.node).or_default();
            let took = if *is_active { *cap_link } else { 0 };
            *is_active = change.status.map_or(*is_active, |status| status == NodeStatus::Active);
            *cap_link = change.cap_link.unwrap_or(*cap_link);
            let takes = if *is_active { *cap_link } else { 0 };
            self.total_link = self.total_link.saturating_sub(took).saturating_add(takes);
        }
        u128::from(self.total_link).saturating_mul(JUELS_PER_LINK)
    }
}

impl Snapshot {
    /// The capacity of all nodes, or of one, before its first change. `None` where there are more changes than are followed.
    pub async fn capacity(&mut self, node: Option<&Address>) -> Result<Option<Capacity>> {
        // Found by their own index before they are put in order: few events of many change either.
        let select = format!(
            "with change as materialized (
                 select node, block_time, block_number, log_index, status, cap_link from event
                  where (status is not null or cap_link is not null) and ($1::bytea is null or node = $1) and block_number <= $2
             ) select node, block_time, status, cap_link from change order by block_number desc, log_index desc limit {}",
            MAX_CHANGES + 1
        );
        let last = self.cursor().block.number;
        let coming: Vec<Change> = self.all(select, args![node, last]).await?;
        let is_whole = i64::try_from(coming.len()).is_ok_and(|count| count <= MAX_CHANGES);
        Ok(is_whole.then(|| Capacity::of(coming)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_closed_node_could_take_counts_no_more_until_it_is_open_again() {
        let change = |byte, time, status, cap_link| Change { node: Address::repeat_byte(byte), time, status, cap_link };
        let (open, closed) = (Some(NodeStatus::Active), Some(NodeStatus::Closed));
        let mut coming = vec![
            change(1, 10, open, Some(100)),
            change(2, 20, open, Some(50)),
            change(1, 30, closed, None),
            change(1, 40, None, Some(70)),
            change(1, 50, open, None),
            change(2, 60, Some(NodeStatus::Retired), None),
        ];
        coming.reverse();
        let mut capacity = Capacity::of(coming);
        let seen: Vec<u128> = [10, 11, 21, 31, 41, 51, 61].map(|end| capacity.before(end) / JUELS_PER_LINK).into();
        assert_eq!(seen, [0, 100, 150, 50, 50, 120, 70]);
    }
}
