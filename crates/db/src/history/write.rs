//! The rows that a fold leaves, written.

use linkpool_primitives::{Address, B256};

use super::fold::{Bucket, Fold, Standing, Total};
use crate::{
    Result,
    columns::write_field,
    copy::{Tuples, write_bytes},
    pool::Connection,
    statement::{args, run},
};

/// Rows upserted by one statement.
const UPSERTED_ROWS: usize = 10_000;
/// Fewer rows than this are inserted by a statement: a COPY is two round trips.
const COPIED_ROWS: usize = 100;

impl Fold {
    /// Writes what is not written yet; `is_empty` where the tables are known to hold nothing.
    pub(crate) async fn write(&mut self, connection: &mut Connection, is_empty: bool) -> Result<()> {
        self.copy_statistics(connection).await?;
        let (existing, new): (Vec<_>, Vec<_>) = self.node_buckets.iter().partition(|bucket| bucket.may_exist && !is_empty);
        let (few, new) = if new.len() < COPIED_ROWS { (new, Vec::new()) } else { (Vec::new(), new) };
        copy_nodes(connection, new).await?;
        for part in [existing, few].concat().chunks(UPSERTED_ROWS) {
            upsert_nodes(connection, part).await?;
        }
        for part in self.pool_buckets.chunks(UPSERTED_ROWS) {
            upsert_pool(connection, part).await?;
        }
        self.write_stakers(connection, is_empty).await?;
        self.written();
        Ok(())
    }

    async fn copy_statistics(&self, connection: &mut Connection) -> Result<()> {
        let mut tuples = Tuples::of(7);
        for row in &self.statistics {
            let out = tuples.begin();
            write_field(Some(row.block_number), out);
            write_field(Some(row.log_index), out);
            write_field(Some(row.node), out);
            write_field(Some(row.node_stakers), out);
            write_field(Some(row.node_rewards), out);
            write_field(Some(row.pool_stakers), out);
            write_field(Some(row.pool_rewards), out);
        }
        let columns = "block_number, log_index, node, node_stakers, node_rewards, pool_stakers, pool_rewards";
        tuples.copy_into(connection, "statistic", columns).await
    }

    async fn write_stakers(&self, connection: &mut Connection, is_empty: bool) -> Result<()> {
        let mut stakers: Vec<(Address, i64)> = self.changed_stakers().collect();
        stakers.sort_unstable();
        if is_empty {
            let mut tuples = Tuples::of(2);
            for (staker, positions) in stakers {
                let out = tuples.begin();
                write_field(Some(staker), out);
                write_field(Some(count(positions)), out);
            }
            return tuples.copy_into(connection, "staker", "staker, active_positions").await;
        }
        for part in stakers.chunks(UPSERTED_ROWS) {
            let (stakers, positions): (Vec<Address>, Vec<i32>) =
                part.iter().map(|(staker, positions)| (*staker, count(*positions))).unzip();
            let insert = "insert into staker (staker, active_positions) select * from unnest($1::bytea[], $2::int4[])
                 on conflict (staker) do update set active_positions = excluded.active_positions";
            run(&mut *connection, insert, args![stakers, positions]).await?;
        }
        Ok(())
    }
}

fn count(positions: i64) -> i32 {
    i32::try_from(positions).unwrap_or(i32::MAX)
}

/// In the order of the keys neighbours go into the same page of the index.
async fn copy_nodes(connection: &mut Connection, mut buckets: Vec<&Bucket<Address, Standing>>) -> Result<()> {
    buckets.sort_unstable_by_key(|row| (row.key, row.period_seconds, row.starts_at));
    let mut tuples = Tuples::of(10);
    for row in buckets {
        let out = tuples.begin();
        write_field(Some(row.key), out);
        write_field(Some(row.period_seconds as i32), out);
        write_field(Some(row.starts_at), out);
        write_field(Some(row.value.stake), out);
        write_field(Some(row.value.total_shares), out);
        write_field(Some(row.value.active_shares), out);
        write_field(Some(row.value.stakers), out);
        write_field(Some(row.value.rewards), out);
        write_field(Some(row.block_number), out);
        write_bytes(row.block_hash.as_slice(), out);
    }
    let columns =
        "node, period_seconds, starts_at, stake, total_shares, active_shares, stakers, rewards, block_number, block_hash";
    tuples.copy_into(connection, "node_history", columns).await
}

/// Of some rows: length of the period, its begin, and the last block that changed the row.
fn periods<'a, K: 'a, V: 'a>(
    buckets: impl Iterator<Item = &'a Bucket<K, V>> + Clone,
) -> (Vec<i32>, Vec<i64>, Vec<i64>, Vec<B256>) {
    let lengths = buckets.clone().map(|row| row.period_seconds as i32).collect();
    let begins = buckets.clone().map(|row| row.starts_at).collect();
    let blocks = buckets.clone().map(|row| row.block_number).collect();
    (lengths, begins, blocks, buckets.map(|row| row.block_hash).collect())
}

async fn upsert_nodes(connection: &mut Connection, buckets: &[&Bucket<Address, Standing>]) -> Result<()> {
    let insert =
        "insert into node_history (node, period_seconds, starts_at, block_number, block_hash, stake, total_shares, active_shares, stakers, rewards)
         select * from unnest($1::bytea[], $2::int4[], $3::int8[], $4::int8[], $5::bytea[], $6::numeric[], $7::numeric[], $8::numeric[], $9::int8[], $10::numeric[])
         on conflict (node, period_seconds, starts_at) do update set block_number = excluded.block_number, block_hash = excluded.block_hash,
             stake = excluded.stake, total_shares = excluded.total_shares, active_shares = excluded.active_shares,
             stakers = excluded.stakers, rewards = excluded.rewards";
    let amounts = |value: fn(&Standing) -> u128| buckets.iter().map(|row| value(&row.value)).collect::<Vec<_>>();
    let nodes: Vec<Address> = buckets.iter().map(|row| row.key).collect();
    let (lengths, begins, blocks, hashes) = periods(buckets.iter().copied());
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
    let (lengths, begins, blocks, hashes) = periods(buckets.iter());
    let stakes: Vec<u128> = buckets.iter().map(|row| row.value.stake).collect();
    let stakers: Vec<i64> = buckets.iter().map(|row| row.value.stakers).collect();
    let rewards: Vec<u128> = buckets.iter().map(|row| row.value.rewards).collect();
    run(connection, insert, args![lengths, begins, blocks, hashes, stakes, stakers, rewards]).await?;
    Ok(())
}
