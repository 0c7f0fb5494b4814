//! How long each node was well, hour by hour: what its uptime is made of.

use std::time::Duration;

use crate::{
    Database, Result,
    pool::Connection,
    statement::{args, run},
};

/// What nobody looked at for longer than this, nobody knows: it counts for nothing.
const MAX_UNSEEN_TIME: Duration = Duration::from_secs(120);

/// Hours are kept this long.
const KEPT_DAYS: i32 = 400;

impl Database {
    /// Counts the time since it was last counted, for every node that has once been healthy and is not stopped.
    pub async fn count_health(&self) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        count(&mut transaction, None).await?;
        let delete = "delete from fleet_health_hour where hour < now() - make_interval(days => $1)";
        run(&mut *transaction, delete, args![KEPT_DAYS]).await?;
        Ok(transaction.commit().await?)
    }
}

/// Of one node, or of all: before its health changes, so that what has passed counts as what it was.
pub(super) async fn count(connection: &mut Connection, node_id: Option<&str>) -> Result<()> {
    // An interval may lie in several hours.
    let statement = "with due as (
             select fleet_node_id, health, health_counted_at as since, clock_timestamp() as until from fleet_node
              where source = 'fleet' and ending is distinct from 'stopped' and phase not in ('requested', 'provisioning', 'booting')
                and fleet_node_id = coalesce($1, fleet_node_id) order by fleet_node_id for update
         ), counted as (
             update fleet_node f set health_counted_at = until from due where f.fleet_node_id = due.fleet_node_id
         )
         insert into fleet_health_hour as h (fleet_node_id, hour, healthy_seconds, degraded_seconds, down_seconds)
         select fleet_node_id, hour, case health when 'healthy' then part else 0 end, case health when 'degraded' then part else 0 end,
                case health when 'down' then part else 0 end
           from due, lateral (
             select hour, extract(epoch from least(until, hour + interval '1 hour') - greatest(since, hour))::float8 as part
               from generate_series(date_trunc('hour', since), until, interval '1 hour') as hour) as parts
          where since is not null and until - since between interval '0' and make_interval(secs => $2) and part > 0
         on conflict (fleet_node_id, hour) do update set healthy_seconds = h.healthy_seconds + excluded.healthy_seconds,
             degraded_seconds = h.degraded_seconds + excluded.degraded_seconds, down_seconds = h.down_seconds + excluded.down_seconds";
    run(connection, statement, args![node_id, MAX_UNSEEN_TIME]).await?;
    Ok(())
}
