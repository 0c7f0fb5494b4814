//! Backward: after the events of a removed branch are gone and the state tables hold what remains.

use crate::{
    Result,
    pool::Connection,
    statement::{args, run},
};

/// Brings back what was true at `ancestor` for the nodes and stakers that the removed branch had touched. Call it when
/// their rows in the state tables are restored.
pub(crate) async fn restore(connection: &mut Connection, ancestor: u64, nodes: &[Vec<u8>], stakers: &[Vec<u8>]) -> Result<()> {
    for statement in [
        "delete from statistic where block_number > $1",
        "delete from node_history where block_number > $1 and node = any($2::bytea[])",
        "delete from pool_history where block_number > $1",
    ] {
        let query = sqlx::query(statement).bind(ancestor as i64);
        let query = if statement.contains("$2") { query.bind(nodes) } else { query };
        query.execute(&mut *connection).await?;
    }
    run(&mut *connection, "delete from staker where staker = any($1::bytea[])", args![stakers]).await?;
    let insert = "insert into staker select staker, count(*) from position
          where staker = any($1::bytea[]) and position_shares > 0 group by staker";
    run(&mut *connection, insert, args![stakers]).await?;
    if nodes.is_empty() {
        return Ok(());
    }
    // Only the hour and the day of the last event that remains can have lost events: rows after them are gone, rows
    // before them end with an event that is still there.
    let insert = "insert into node_history (node, period_seconds, starts_at, stake, total_shares, active_shares, stakers, rewards, block_number)
         select n.node, p.period_seconds, last.block_time / p.period_seconds * p.period_seconds, n.assets, n.total_shares, n.active_shares,
                coalesce(f.node_stakers, 0), coalesce(f.node_rewards, 0), last.block_number
           from node n cross join (values (3600), (86400)) p (period_seconds)
           join lateral (
                select e.block_number, e.block_time from event e where e.node = n.node order by e.block_number desc, e.log_index desc limit 1
           ) last on true
           left join lateral (
                select node_stakers, node_rewards from statistic f where f.node = n.node order by f.block_number desc, f.log_index desc limit 1
           ) f on true
          where n.node = any($1::bytea[])
         on conflict (node, period_seconds, starts_at) do nothing";
    run(&mut *connection, insert, args![nodes]).await?;
    let insert = "insert into pool_history (period_seconds, starts_at, stake, stakers, rewards, block_number)
         select p.period_seconds, last.block_time / p.period_seconds * p.period_seconds, (select coalesce(sum(assets), 0) from node),
                coalesce(f.pool_stakers, 0), coalesce(f.pool_rewards, 0), last.block_number
           from (select block_number, block_time from event where node is not null order by block_number desc, log_index desc limit 1) last
          cross join (values (3600), (86400)) p (period_seconds)
           left join (select pool_stakers, pool_rewards from statistic order by block_number desc, log_index desc limit 1) f on true
         on conflict (period_seconds, starts_at) do nothing";
    run(connection, insert, args![]).await?;
    Ok(())
}
