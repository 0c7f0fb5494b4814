//! Forward: what a batch of events adds to the history, in the transaction that writes them.

use std::collections::HashMap;

use linkpool_primitives::{Address, B256};

use super::fold::{Bucket, Fold, Standing, Statistic, Total, position_change};
use crate::{
    Result,
    event::EventRow,
    pool::Connection,
    statement::{all, args, one, run},
};

/// Call it before the state tables take the batch: it starts from what they held before.
pub(crate) async fn append(connection: &mut Connection, events: &[EventRow]) -> Result<()> {
    if events.iter().all(|event| event.node.is_none()) {
        return Ok(());
    }
    let nodes = standings(connection, events).await?;
    let total = total(connection).await?;
    let positions = count_positions(connection, events).await?;
    let mut fold = Fold::new(nodes, total, positions);
    for event in events {
        fold.take(event);
    }
    insert_statistics(connection, &fold.statistics).await?;
    upsert_nodes(connection, &fold.node_buckets).await?;
    upsert_pool(connection, &fold.pool_buckets).await
}

/// The nodes of the batch as they are before it.
async fn standings(connection: &mut Connection, events: &[EventRow]) -> Result<Vec<(Address, Standing)>> {
    let mut nodes: Vec<Address> = events.iter().filter_map(|event| event.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
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

/// Brings the active positions of the batch's stakers up to its end, and returns how many each had before it.
async fn count_positions(connection: &mut Connection, events: &[EventRow]) -> Result<HashMap<Address, i64>> {
    let mut changes: HashMap<Address, i64> = HashMap::new();
    for event in events {
        if let (Some(staker), position_change @ (-1 | 1)) = (event.staker, position_change(event)) {
            *changes.entry(staker).or_default() += position_change;
        }
    }
    if changes.is_empty() {
        return Ok(changes);
    }
    let (stakers, net): (Vec<Address>, Vec<i32>) =
        changes.iter().map(|(staker, change)| (*staker, i32::try_from(*change).unwrap_or(i32::MAX))).unzip();
    let insert = "insert into staker as old (staker, active_positions) select * from unnest($1::bytea[], $2::int4[])
         on conflict (staker) do update set active_positions = old.active_positions + excluded.active_positions
         returning staker::bytea, active_positions";
    let rows: Vec<(Address, i64)> = all(connection, insert, args![stakers, net]).await?;
    let before = |(staker, after): (Address, i64)| (staker, after - changes.get(&staker).copied().unwrap_or_default());
    Ok(rows.into_iter().map(before).collect())
}

async fn insert_statistics(connection: &mut Connection, statistics: &[Statistic]) -> Result<()> {
    if statistics.is_empty() {
        return Ok(());
    }
    let insert = "insert into statistic (block_number, log_index, node, node_stakers, node_rewards, pool_stakers, pool_rewards)
         select * from unnest($1::int8[], $2::int4[], $3::bytea[], $4::int8[], $5::numeric[], $6::int8[], $7::numeric[])";
    let blocks: Vec<i64> = statistics.iter().map(|statistic| statistic.block_number).collect();
    let indexes: Vec<i32> = statistics.iter().map(|statistic| statistic.log_index).collect();
    let nodes: Vec<Address> = statistics.iter().map(|statistic| statistic.node).collect();
    let counts = |count: fn(&Statistic) -> i64| statistics.iter().map(count).collect::<Vec<_>>();
    let amounts = |amount: fn(&Statistic) -> u128| statistics.iter().map(amount).collect::<Vec<_>>();
    let (node_stakers, pool_stakers) = (counts(|row| row.node_stakers), counts(|row| row.pool_stakers));
    let (node_rewards, pool_rewards) = (amounts(|row| row.node_rewards), amounts(|row| row.pool_rewards));
    run(connection, insert, args![blocks, indexes, nodes, node_stakers, node_rewards, pool_stakers, pool_rewards]).await?;
    Ok(())
}

/// Of some rows: length of the period, its begin, and the last block that changed the row.
fn periods<K, V>(buckets: &[Bucket<K, V>]) -> (Vec<i32>, Vec<i64>, Vec<i64>, Vec<B256>) {
    let lengths = buckets.iter().map(|row| row.period_seconds as i32).collect();
    let begins = buckets.iter().map(|row| row.starts_at).collect();
    let blocks = buckets.iter().map(|row| row.block_number).collect();
    (lengths, begins, blocks, buckets.iter().map(|row| row.block_hash).collect())
}

async fn upsert_nodes(connection: &mut Connection, buckets: &[Bucket<Address, Standing>]) -> Result<()> {
    let insert =
        "insert into node_history (node, period_seconds, starts_at, block_number, block_hash, stake, total_shares, active_shares, stakers, rewards)
         select * from unnest($1::bytea[], $2::int4[], $3::int8[], $4::int8[], $5::bytea[], $6::numeric[], $7::numeric[], $8::numeric[], $9::int8[], $10::numeric[])
         on conflict (node, period_seconds, starts_at) do update set block_number = excluded.block_number, block_hash = excluded.block_hash,
             stake = excluded.stake, total_shares = excluded.total_shares, active_shares = excluded.active_shares,
             stakers = excluded.stakers, rewards = excluded.rewards";
    let amounts = |value: fn(&Standing) -> u128| buckets.iter().map(|row| value(&row.value)).collect::<Vec<_>>();
    let nodes: Vec<Address> = buckets.iter().map(|row| row.key).collect();
    let (lengths, begins, blocks, hashes) = periods(buckets);
    let (stakes, rewards) = (amounts(|value| value.stake), amounts(|value| value.rewards));
    let (total, active) = (amounts(|value| value.total_shares), amounts(|value| value.active_shares));
    let stakers: Vec<i64> = buckets.iter().map(|row| row.value.stakers).collect();
    run(connection, insert, args![nodes, lengths, begins, blocks, hashes, stakes, total, active, stakers, rewards]).await?;
    Ok(())
}

async fn upsert_pool(connection: &mut Connection, buckets: &[Bucket<(), Total>]) -> Result<()> {
    let insert = "insert into pool_history (period_seconds, starts_at, block_number, block_hash, stake, stakers, rewards)
         select * from unnest($1::int4[], $2::int8[], $3::int8[], $4::bytea[], $5::numeric[], $6::int8[], $7::numeric[])
         on conflict (period_seconds, starts_at) do update set block_number = excluded.block_number, block_hash = excluded.block_hash,
             stake = excluded.stake, stakers = excluded.stakers, rewards = excluded.rewards";
    let (lengths, begins, blocks, hashes) = periods(buckets);
    let stakes: Vec<u128> = buckets.iter().map(|row| row.value.stake).collect();
    let stakers: Vec<i64> = buckets.iter().map(|row| row.value.stakers).collect();
    let rewards: Vec<u128> = buckets.iter().map(|row| row.value.rewards).collect();
    run(connection, insert, args![lengths, begins, blocks, hashes, stakes, stakers, rewards]).await?;
    Ok(())
}
