//! The rows that a fold leaves, written.

use linkpool_primitives::Address;
use sqlx::postgres::PgArguments;

use super::rows::{Bucket, HistoryRows, Standing, Statistic, Total};
use crate::{
    Result, columns::write_field, compound::Compound, copy::copy_rows, parameter::Bind, pool::Connection, statement::run,
};

/// Rows upserted by one statement.
const UPSERTED_ROWS: usize = 10_000;

const STATISTIC_COLUMNS: [&str; 7] =
    ["block_number", "log_index", "node", "node_stakers", "node_rewards", "pool_stakers", "pool_rewards"];
const NODE_COLUMNS: [&str; 9] =
    ["node", "period_seconds", "starts_at", "block_number", "stake", "total_shares", "active_shares", "stakers", "rewards"];

impl HistoryRows {
    /// `is_empty` where the tables are known to hold nothing.
    pub(crate) async fn write(mut self, connection: &mut Connection, is_empty: bool) -> Result<()> {
        let statistics = std::mem::take(&mut self.statistics);
        copy_rows(&mut *connection, "statistic", &STATISTIC_COLUMNS, &statistics, write_statistic).await?;
        drop(statistics);
        let (existing, mut new): (Vec<&Bucket<_, _>>, Vec<_>) =
            self.node_buckets.iter().partition(|bucket| bucket.may_exist && !is_empty);
        // In the order of the keys neighbours go into the same page of the index.
        new.sort_unstable_by_key(|row| (row.key, row.period_seconds, row.starts_at));
        copy_rows(&mut *connection, "node_history", &NODE_COLUMNS, &new, write_node).await?;
        for part in existing.chunks(UPSERTED_ROWS) {
            let mut args = PgArguments::default();
            bind_nodes(part, &mut args)?;
            run(&mut *connection, UPSERT_NODES, args).await?;
        }
        for part in self.pool_buckets.chunks(UPSERTED_ROWS) {
            let mut args = PgArguments::default();
            bind_pool(part, &mut args)?;
            run(&mut *connection, UPSERT_POOL, args).await?;
        }
        self.write_stakers(connection, is_empty).await
    }

    /// Writes them beside other parts of a statement.
    pub(crate) fn add_to(&self, compound: &mut Compound) -> Result<()> {
        compound.part("statistics", INSERT_STATISTICS, 7, |to| bind_statistics(&self.statistics, to))?;
        let nodes: Vec<&Bucket<Address, Standing>> = self.node_buckets.iter().collect();
        compound.part("of_nodes", UPSERT_NODES, 9, |to| bind_nodes(&nodes, to))?;
        compound.part("of_pool", UPSERT_POOL, 6, |to| bind_pool(&self.pool_buckets, to))?;
        compound.part("stakers", UPSERT_STAKERS, 2, |to| bind_stakers(&self.stakers, to))
    }

    async fn write_stakers(&self, connection: &mut Connection, is_empty: bool) -> Result<()> {
        if is_empty {
            return copy_rows(connection, "staker", &["staker", "active_positions"], &self.stakers, write_staker).await;
        }
        for part in self.stakers.chunks(UPSERTED_ROWS) {
            let mut args = PgArguments::default();
            bind_stakers(part, &mut args)?;
            run(&mut *connection, UPSERT_STAKERS, args).await?;
        }
        Ok(())
    }
}

const INSERT_STATISTICS: &str =
    "insert into statistic (block_number, log_index, node, node_stakers, node_rewards, pool_stakers, pool_rewards)
     select * from unnest($1::int8[], $2::int4[], $3::bytea[], $4::int8[], $5::numeric[], $6::int8[], $7::numeric[])";
const UPSERT_NODES: &str = "insert into node_history (node, period_seconds, starts_at, block_number, stake, total_shares, active_shares, stakers, rewards)
     select * from unnest($1::bytea[], $2::int4[], $3::int8[], $4::int8[], $5::numeric[], $6::numeric[], $7::numeric[], $8::int8[], $9::numeric[])
     on conflict (node, period_seconds, starts_at) do update set block_number = excluded.block_number,
         stake = excluded.stake, total_shares = excluded.total_shares, active_shares = excluded.active_shares,
         stakers = excluded.stakers, rewards = excluded.rewards";
const UPSERT_POOL: &str = "insert into pool_history (period_seconds, starts_at, block_number, stake, stakers, rewards)
     select * from unnest($1::int4[], $2::int8[], $3::int8[], $4::numeric[], $5::int8[], $6::numeric[])
     on conflict (period_seconds, starts_at) do update set block_number = excluded.block_number,
         stake = excluded.stake, stakers = excluded.stakers, rewards = excluded.rewards";
const UPSERT_STAKERS: &str = "insert into staker (staker, active_positions) select * from unnest($1::bytea[], $2::int4[])
     on conflict (staker) do update set active_positions = excluded.active_positions";

fn count(positions: i64) -> i32 {
    i32::try_from(positions).unwrap_or(i32::MAX)
}

fn write_statistic(row: &Statistic, out: &mut Vec<u8>) {
    write_field(Some(row.block_number), out);
    write_field(Some(row.log_index), out);
    write_field(Some(row.node), out);
    write_field(Some(row.node_stakers), out);
    write_field(Some(row.node_rewards), out);
    write_field(Some(row.pool_stakers), out);
    write_field(Some(row.pool_rewards), out);
}

fn write_staker((staker, positions): &(Address, i64), out: &mut Vec<u8>) {
    write_field(Some(*staker), out);
    write_field(Some(count(*positions)), out);
}

fn write_node(row: &&Bucket<Address, Standing>, out: &mut Vec<u8>) {
    write_field(Some(row.key), out);
    write_field(Some(row.period_seconds), out);
    write_field(Some(row.starts_at), out);
    write_field(Some(row.block_number), out);
    write_field(Some(row.value.stake), out);
    write_field(Some(row.value.total_shares), out);
    write_field(Some(row.value.active_shares), out);
    write_field(Some(row.value.stakers), out);
    write_field(Some(row.value.rewards), out);
}

fn bind_nodes(rows: &[&Bucket<Address, Standing>], to: &mut PgArguments) -> Result<()> {
    let amounts = |value: fn(&Standing) -> u128| rows.iter().map(|row| value(&row.value)).collect::<Vec<_>>();
    rows.iter().map(|row| row.key).collect::<Vec<Address>>().bind(to)?;
    bind_periods(rows.iter().copied(), to)?;
    amounts(|value| value.stake).bind(to)?;
    amounts(|value| value.total_shares).bind(to)?;
    amounts(|value| value.active_shares).bind(to)?;
    rows.iter().map(|row| row.value.stakers).collect::<Vec<i64>>().bind(to)?;
    amounts(|value| value.rewards).bind(to)
}

fn bind_pool(rows: &[Bucket<(), Total>], to: &mut PgArguments) -> Result<()> {
    bind_periods(rows.iter(), to)?;
    rows.iter().map(|row| row.value.stake).collect::<Vec<u128>>().bind(to)?;
    rows.iter().map(|row| row.value.stakers).collect::<Vec<i64>>().bind(to)?;
    rows.iter().map(|row| row.value.rewards).collect::<Vec<u128>>().bind(to)
}

/// Of some rows: length of the period, its begin, and the last block that changed the row.
fn bind_periods<'a, K: 'a, V: 'a>(rows: impl Iterator<Item = &'a Bucket<K, V>> + Clone, to: &mut PgArguments) -> Result<()> {
    rows.clone().map(|row| row.period_seconds).collect::<Vec<i32>>().bind(to)?;
    rows.clone().map(|row| row.starts_at).collect::<Vec<i64>>().bind(to)?;
    rows.map(|row| row.block_number).collect::<Vec<i64>>().bind(to)
}

fn bind_statistics(rows: &[Statistic], to: &mut PgArguments) -> Result<()> {
    rows.iter().map(|row| row.block_number).collect::<Vec<i64>>().bind(to)?;
    rows.iter().map(|row| row.log_index).collect::<Vec<i32>>().bind(to)?;
    rows.iter().map(|row| row.node).collect::<Vec<Address>>().bind(to)?;
    rows.iter().map(|row| row.node_stakers).collect::<Vec<i64>>().bind(to)?;
    rows.iter().map(|row| row.node_rewards).collect::<Vec<u128>>().bind(to)?;
    rows.iter().map(|row| row.pool_stakers).collect::<Vec<i64>>().bind(to)?;
    rows.iter().map(|row| row.pool_rewards).collect::<Vec<u128>>().bind(to)
}

fn bind_stakers(rows: &[(Address, i64)], to: &mut PgArguments) -> Result<()> {
    rows.iter().map(|(staker, _)| *staker).collect::<Vec<Address>>().bind(to)?;
    rows.iter().map(|(_, positions)| count(*positions)).collect::<Vec<i32>>().bind(to)
}
