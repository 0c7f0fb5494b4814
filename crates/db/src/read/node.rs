//! Nodes: one, a page, or all of them.

use linkpool_primitives::{Address, B256, EventKind, NodeStatus};
use sqlx::postgres::PgRow;

use super::Snapshot;
use crate::{
    Result,
    as_of::table_at,
    column::{Record, Take, row},
    columns::NodeFields,
    statement::args,
};

row! {
    /// The stored state of a node, as far as figures are computed from it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    NodeState {
        address = "node": Address,
        index = "node_index": u64,
        /// 0 none, 1 signature.
        proof: u8,
        registered_at: u64,
        status: NodeStatus,
        cap_link: u64,
        penalty_until: u64,
        retired_at: u64,
        total_shares: u128,
        assets: u128,
        active_shares: u128,
        acc_per_share: u128,
        unvested: u128,
        vest_end: u64,
        last_update: u64,
        updated_block = "block_number": u64,
    }
}

/// A node with what is known about it from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    pub state: NodeState,
    /// How many stakers have active shares on it.
    pub stakers: u64,
    /// Block and transaction of its registration.
    pub registration: Option<(u64, B256)>,
    /// What its operators call it, now.
    pub name: Option<String>,
    /// Of the last seven days, the seconds in which it ran, and those in which somebody looked.
    pub ran: Option<(u64, u64)>,
    /// What the list was sorted by; pass it back to get the next page.
    pub sort_key: u128,
}

/// The orders a list of nodes comes in. Ties are broken by address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeSort {
    /// LINK at risk.
    Stake,
    /// Order of registration.
    Created,
    /// How much stake the node takes now.
    Available,
}

/// Which nodes, in which order, from where on.
#[derive(Debug, Clone)]
pub struct NodeFilter {
    pub status: Option<NodeStatus>,
    /// Lowest and highest address.
    pub range: Option<(Address, Address)>,
    pub sort: NodeSort,
    pub descending: bool,
    /// The sort key and address of the last node already seen.
    pub after: Option<(u128, Address)>,
    pub limit: u32,
}

pub(super) const STATE: &str =
    "n.node, n.node_index, n.proof, n.registered_at, n.status, n.cap_link, n.penalty_until, n.retired_at, n.total_shares,
    n.assets, n.active_shares, n.acc_per_share, n.unvested, n.vest_end, n.last_update, n.block_number";

/// The cap less what the active shares are worth, rounded up.
pub(crate) const LEFT: &str = "greatest(n.cap_link * 1000000000000000000::numeric
    - case when n.active_shares = 0 then 0 else div(n.active_shares * n.assets + n.total_shares - 1, n.total_shares) end, 0)";

/// What is left, or nothing where stake is refused, or where it mints too few shares for a position. `$1` is the time of the snapshot.
fn available() -> String {
    format!(
        "case when n.status <> {} or n.penalty_until > $1
          or (case when n.total_shares = 0 then available.left else div(available.left * n.total_shares, n.assets) end) < 1000000000000000000::numeric
        then 0 else available.left end",
        NodeStatus::Active.code()
    )
}

impl Snapshot {
    pub async fn nodes(&mut self, filter: &NodeFilter) -> Result<Vec<NodeRecord>> {
        let key = match filter.sort {
            NodeSort::Stake => "n.assets",
            NodeSort::Created => "n.node_index::numeric",
            NodeSort::Available => &available(),
        };
        let nodes = nodes(self.as_of());
        let extra = extra(self.as_of());
        let (compare, order) = if filter.descending { ("<", "desc") } else { (">", "asc") };
        let statement = format!(
            "with candidate as (
                 select {STATE}, ({key})::numeric as sort_key from {nodes} n cross join lateral (select {LEFT} as left) available
                  where $1::int8 is not null and ($2::int2 is null or n.status = $2) and ($3::bytea is null or n.node between $3 and $4::bytea)
             ), page as materialized (
                 select * from candidate
                  where $5::numeric is null or (sort_key, node) {compare} ($5, $6::bytea)
                  order by sort_key {order}, node {order} limit $7
             )
             select page.*, {extra} order by sort_key {order}, page.node {order}"
        );
        let (low, high) = filter.range.unzip();
        let (key, node) = filter.after.unzip();
        let args = args![self.block().timestamp, filter.status, low, high, key, node, i64::from(filter.limit)];
        self.all(statement, args).await
    }

    /// One node; `None` if it was never registered.
    pub async fn node(&mut self, address: &Address) -> Result<Option<NodeRecord>> {
        let (nodes, extra) = (nodes(self.as_of()), extra(self.as_of()));
        let statement = format!(
            "with page as materialized (select {STATE}, n.node_index::numeric as sort_key from {nodes} n where n.node = $1) select page.*, {extra}"
        );
        self.maybe(statement, args![address]).await
    }

    /// The state of every node. The pool never has more than a few thousand: the contract bounds its share of the network.
    pub async fn node_states(&mut self) -> Result<Vec<NodeState>> {
        let statement = format!("select {STATE} from {} n order by n.node_index", nodes(self.as_of()));
        self.all(statement, args![]).await
    }
}

pub(super) fn nodes(as_of: Option<u64>) -> String {
    table_at::<NodeFields>("node", &["node"], as_of)
}

/// What the fleet knows of a node by its wallet. It is of now, and not of a block.
const FLEET: &str = "select n.public_name, h.up_seconds, h.seen_seconds from fleet_node n cross join lateral (
        select sum(healthy_seconds + degraded_seconds)::bigint as up_seconds,
               sum(healthy_seconds + degraded_seconds + down_seconds)::bigint as seen_seconds
          from fleet_health_hour h where h.fleet_node_id = n.fleet_node_id and h.hour >= now() - interval '7 days') h
      where n.wallet = page.node";
const NO_FLEET: &str = "select null::text as public_name, null::bigint as up_seconds, null::bigint as seen_seconds";

/// Looked up for the nodes of one page only.
fn extra(as_of: Option<u64>) -> String {
    let until = as_of.map_or_else(String::new, |block| format!("and f.block_number <= {block}"));
    let fleet = if as_of.is_none() { FLEET } else { NO_FLEET };
    format!(
        "coalesce((select f.node_stakers from statistic f where f.node = page.node {until} order by f.block_number desc, f.log_index desc limit 1), 0) as stakers,
         registration.block_number as registered_block, registration.transaction_hash as registered_transaction,
         fleet.public_name, fleet.up_seconds, fleet.seen_seconds
         from page left join lateral ({fleet}) fleet on true left join lateral (
             select e.block_number, e.transaction_hash from event e where e.node = page.node and e.kind = '{}' limit 1
         ) registration on true",
        // A literal, for the index of registrations alone.
        EventKind::NodeRegistered
    )
}

impl Record for NodeRecord {
    fn read(row: &PgRow) -> Result<Self> {
        let (block, transaction): (Option<u64>, Option<B256>) =
            (row.take("registered_block")?, row.take("registered_transaction")?);
        let (up, seen): (Option<u64>, Option<u64>) = (row.take("up_seconds")?, row.take("seen_seconds")?);
        Ok(Self {
            state: Record::read(row)?,
            stakers: row.take("stakers")?,
            registration: block.zip(transaction),
            name: row.take("public_name")?,
            ran: up.zip(seen),
            sort_key: row.take("sort_key")?,
        })
    }
}
