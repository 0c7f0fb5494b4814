//! Forward: what a batch of events adds to the history, in the transaction that writes them.

use std::collections::HashMap;

use linkpool_primitives::Address;
use sqlx::Row;

use super::fold::{Bucket, Fold, Standing, Statistic, Total, position_change};
use crate::{Result, amount::Numeric, convert::address, event::EventRow, pool::Connection};

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
    let mut nodes: Vec<Vec<u8>> = events.iter().filter_map(|event| event.node).map(|node| node.to_vec()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let rows = sqlx::query(
        "select n.node::bytea, n.assets, n.total_shares, n.active_shares, coalesce(f.node_stakers, 0), coalesce(f.node_rewards, 0)::numeric
           from node n left join lateral (
                select node_stakers, node_rewards from statistic f where f.node = n.node order by f.block_number desc, f.log_index desc limit 1
           ) f on true
          where n.node = any($1::bytea[])",
    )
    .bind(nodes)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let standing = Standing {
                stake: row.try_get::<Numeric, _>(1)?.try_into()?,
                total_shares: row.try_get::<Numeric, _>(2)?.try_into()?,
                active_shares: row.try_get::<Numeric, _>(3)?.try_into()?,
                stakers: row.try_get(4)?,
                rewards: row.try_get::<Numeric, _>(5)?.try_into()?,
            };
            Ok((address(row.try_get(0)?)?, standing))
        })
        .collect()
}

async fn total(connection: &mut Connection) -> Result<Total> {
    let row = sqlx::query(
        "select (select coalesce(sum(assets), 0)::numeric from node), coalesce(f.pool_stakers, 0), coalesce(f.pool_rewards, 0)::numeric
           from (values (1)) one left join lateral (
                select pool_stakers, pool_rewards from statistic order by block_number desc, log_index desc limit 1
           ) f on true",
    )
    .fetch_one(connection)
    .await?;
    Ok(Total {
        stake: row.try_get::<Numeric, _>(0)?.try_into()?,
        stakers: row.try_get(1)?,
        rewards: row.try_get::<Numeric, _>(2)?.try_into()?,
    })
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
    let (stakers, net): (Vec<Vec<u8>>, Vec<i32>) =
        changes.iter().map(|(staker, change)| (staker.to_vec(), i32::try_from(*change).unwrap_or(i32::MAX))).unzip();
    let rows: Vec<(Vec<u8>, i32)> = sqlx::query_as(
        "insert into staker as old (staker, active_positions) select * from unnest($1::bytea[], $2::int4[])
         on conflict (staker) do update set active_positions = old.active_positions + excluded.active_positions
         returning staker::bytea, active_positions",
    )
    .bind(stakers)
    .bind(net)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(staker, after)| {
            let staker = address(&staker)?;
            Ok((staker, i64::from(after) - changes.get(&staker).copied().unwrap_or_default()))
        })
        .collect()
}

async fn insert_statistics(connection: &mut Connection, statistics: &[Statistic]) -> Result<()> {
    if statistics.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into statistic (block_number, log_index, node, node_stakers, node_rewards, pool_stakers, pool_rewards)
         select * from unnest($1::int8[], $2::int4[], $3::bytea[], $4::int8[], $5::numeric[], $6::int8[], $7::numeric[])",
    )
    .bind(statistics.iter().map(|statistic| statistic.block_number).collect::<Vec<_>>())
    .bind(statistics.iter().map(|statistic| statistic.log_index).collect::<Vec<_>>())
    .bind(statistics.iter().map(|statistic| statistic.node.to_vec()).collect::<Vec<_>>())
    .bind(statistics.iter().map(|statistic| statistic.node_stakers).collect::<Vec<_>>())
    .bind(statistics.iter().map(|statistic| Numeric::from(statistic.node_rewards)).collect::<Vec<_>>())
    .bind(statistics.iter().map(|statistic| statistic.pool_stakers).collect::<Vec<_>>())
    .bind(statistics.iter().map(|statistic| Numeric::from(statistic.pool_rewards)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn upsert_nodes(connection: &mut Connection, buckets: &[Bucket<Address, Standing>]) -> Result<()> {
    let amounts = |value: fn(&Standing) -> u128| buckets.iter().map(|row| Numeric::from(value(&row.value))).collect::<Vec<_>>();
    sqlx::query(
        "insert into node_history (node, period_seconds, starts_at, block_number, block_hash, stake, total_shares, active_shares, stakers, rewards)
         select * from unnest($1::bytea[], $2::int4[], $3::int8[], $4::int8[], $5::bytea[], $6::numeric[], $7::numeric[], $8::numeric[], $9::int8[], $10::numeric[])
         on conflict (node, period_seconds, starts_at) do update set block_number = excluded.block_number, block_hash = excluded.block_hash,
             stake = excluded.stake, total_shares = excluded.total_shares, active_shares = excluded.active_shares,
             stakers = excluded.stakers, rewards = excluded.rewards",
    )
    .bind(buckets.iter().map(|row| row.key.to_vec()).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| row.period_seconds as i32).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| row.starts_at).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| row.block_number).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| row.block_hash.to_vec()).collect::<Vec<_>>())
    .bind(amounts(|value| value.stake))
    .bind(amounts(|value| value.total_shares))
    .bind(amounts(|value| value.active_shares))
    .bind(buckets.iter().map(|row| row.value.stakers).collect::<Vec<_>>())
    .bind(amounts(|value| value.rewards))
    .execute(connection)
    .await?;
    Ok(())
}

async fn upsert_pool(connection: &mut Connection, buckets: &[Bucket<(), Total>]) -> Result<()> {
    sqlx::query(
        "insert into pool_history (period_seconds, starts_at, block_number, block_hash, stake, stakers, rewards)
         select * from unnest($1::int4[], $2::int8[], $3::int8[], $4::bytea[], $5::numeric[], $6::int8[], $7::numeric[])
         on conflict (period_seconds, starts_at) do update set block_number = excluded.block_number, block_hash = excluded.block_hash,
             stake = excluded.stake, stakers = excluded.stakers, rewards = excluded.rewards",
    )
    .bind(buckets.iter().map(|row| row.period_seconds as i32).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| row.starts_at).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| row.block_number).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| row.block_hash.to_vec()).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| Numeric::from(row.value.stake)).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| row.value.stakers).collect::<Vec<_>>())
    .bind(buckets.iter().map(|row| Numeric::from(row.value.rewards)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
