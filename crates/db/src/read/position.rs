//! Positions and their unbonding tickets.

use linkpool_primitives::{Address, EventKind};

use super::{Snapshot, limit::at_most};
use crate::{
    Result,
    as_of::table_at,
    column::row,
    columns::{PositionFields, TicketFields},
    statement::args,
};

/// Tickets of one position that an answer lists. A bound of its own for each position, so that nobody's many tickets take the place of
/// another staker's.
pub const TICKETS_PER_POSITION: usize = 100;

row! {
    /// A staker's stored position on a node.
    #[derive(Debug, Clone, PartialEq, Eq)]
    PositionRecord {
        node: Address,
        staker: Address,
        shares = "position_shares": u128,
        /// What is taken off `shares` times the node's `acc_per_share`: the rest can be claimed. It rises when shares come and when
        /// rewards are claimed, and falls when shares leave; below zero it is rewards of shares that left.
        debt = "position_debt": i128,
        updated_block = "position_block": u64,
        /// The rewards that were ever claimed from it.
        claimed: u128,
    }
}

row! {
    /// One unbonding ticket.
    #[derive(Debug, Clone, PartialEq, Eq)]
    TicketRecord {
        node: Address,
        staker: Address,
        index = "ticket": u64,
        shares = "ticket_shares": u128,
        /// From when on it can be withdrawn, in Unix seconds.
        ready_at: u64,
    }
}

impl Snapshot {
    /// A page of the active positions on a node, by shares downwards and then by staker upwards. `after` is the last position of the page
    /// before; `limit` is the caller's to bound.
    pub async fn positions_on_node(
        &mut self,
        node: &Address,
        after: Option<(u128, Address)>,
        limit: u32,
    ) -> Result<Vec<PositionRecord>> {
        // The first of the two leads through the index, to where the page begins.
        let behind = "and p.position_shares <= $2 and (p.position_shares < $2 or p.staker > $3)";
        let statement = format!(
            "select {POSITION}, {} as claimed from {} p where p.node = $1 and p.position_shares > 0 {}
              order by p.position_shares desc, p.staker limit {}",
            claimed(self.as_of()),
            positions(self.as_of()),
            if after.is_some() { behind } else { "" },
            at_most(limit)
        );
        let args = match after {
            Some((shares, staker)) => args![node, Some(shares), staker],
            None => args![node],
        };
        let mut records: Vec<PositionRecord> = self.all(statement, args).await?;
        records.truncate(limit as usize);
        Ok(records)
    }

    /// The open tickets of positions, each named by node and staker: of one position the oldest, and one more than
    /// [`TICKETS_PER_POSITION`] where there are more.
    pub async fn tickets_of(&mut self, positions: &[(Address, Address)]) -> Result<Vec<TicketRecord>> {
        let statement = format!(
            "select t.* from unnest($1::bytea[], $2::bytea[]) p (node, staker) cross join lateral (
                 select t.node, t.staker, t.ticket, t.ticket_shares, t.ready_at from {} t
                  where t.node = p.node and t.staker = p.staker and t.ticket_shares > 0 order by t.ticket limit {}) t",
            tickets(self.as_of()),
            TICKETS_PER_POSITION + 1
        );
        let (nodes, stakers): (Vec<Address>, Vec<Address>) = positions.iter().copied().unzip();
        self.all(statement, args![nodes, stakers]).await
    }
}

pub(super) const POSITION: &str = "p.node, p.staker, p.position_shares, p.position_debt, p.block_number as position_block";

/// What was claimed from the position `p`.
pub(super) fn claimed(as_of: Option<u64>) -> String {
    format!(
        "(select coalesce(sum(e.amount), 0)::numeric from event e where e.staker = p.staker and e.node = p.node and e.kind = '{}' {})",
        EventKind::RewardClaimed,
        until(as_of)
    )
}

/// The events `e` up to a block, or up to the one that readers see: more may be copied already.
pub(super) fn until(as_of: Option<u64>) -> String {
    let last = as_of.map_or_else(|| "(select block_number from readable_block)".to_owned(), |block| block.to_string());
    format!("and e.block_number <= {last}")
}

pub(super) fn positions(as_of: Option<u64>) -> String {
    table_at::<PositionFields>("position", &["node", "staker"], as_of)
}

pub(super) fn tickets(as_of: Option<u64>) -> String {
    table_at::<TicketFields>("ticket", &["node", "staker", "ticket"], as_of)
}
