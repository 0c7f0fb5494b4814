//! What was true before some events, as far as a fold does not know it.

use linkpool_primitives::Address;

use super::{
    fold::Fold,
    rows::{Standing, Total},
};
use crate::{
    Result,
    events::Events,
    pool::Connection,
    statement::{all, args, one},
};

impl Fold {
    /// Reads what the fold has to know before it takes these events. The tables must hold what it has taken and written, and
    /// nothing of the events.
    pub(crate) async fn prepare(&mut self, connection: &mut Connection, events: &Events) -> Result<()> {
        if self.knows_all() {
            return Ok(());
        }
        let nodes = self.unknown_nodes(events);
        if !nodes.is_empty() {
            for (node, standing) in standings(connection, &nodes).await? {
                self.learn_node(node, standing);
            }
        }
        let stakers = self.unknown_stakers(events);
        if !stakers.is_empty() {
            let select = "select staker::bytea, active_positions from staker where staker = any($1::bytea[])";
            let known: Vec<(Address, i64)> = all(&mut *connection, select, args![stakers]).await?;
            for (staker, positions) in known {
                self.learn_staker(staker, positions);
            }
        }
        if !self.is_total_known() {
            let total = total(connection).await?;
            self.learn_total(total);
        }
        Ok(())
    }
}

async fn standings(connection: &mut Connection, nodes: &Vec<Address>) -> Result<Vec<(Address, Standing)>> {
    let select = "select n.node::bytea, n.assets, n.total_shares, n.active_shares, coalesce(f.node_stakers, 0), coalesce(f.node_rewards, 0)::numeric
           from node n left join lateral (
                select node_stakers, node_rewards from statistic f where f.node = n.node order by f.block_number desc, f.log_index desc limit 1
           ) f on true
          where n.node = any($1::bytea[])";
    let rows: Vec<(Address, u128, u128, u128, i64, u128)> = all(connection, select, args![nodes]).await?;
    let standing = |(node, stake, total_shares, active_shares, stakers, rewards)| {
        (node, Standing { stake, total_shares, active_shares, stakers, rewards })
    };
    Ok(rows.into_iter().map(standing).collect())
}

async fn total(connection: &mut Connection) -> Result<Total> {
    let select = "select (select coalesce(sum(assets), 0)::numeric from node), coalesce(f.pool_stakers, 0), coalesce(f.pool_rewards, 0)::numeric
           from (values (1)) one left join lateral (
                select pool_stakers, pool_rewards from statistic order by block_number desc, log_index desc limit 1
           ) f on true";
    let (stake, stakers, rewards) = one(connection, select, args![]).await?;
    Ok(Total { stake, stakers, rewards })
}
