//! The ports at which replicas of a machine answer: each has its own for as long as its set is wanted.

use std::ops::RangeInclusive;

use crate::{
    Database, Result,
    statement::{args, maybe, run},
};

impl Database {
    /// The port of a replica on `machine`: the one that it has, or the lowest of `range` that no other has. `None` where none is
    /// left.
    pub async fn keep_port(
        &self,
        machine: &str,
        (node_id, replica_id): (&str, &str),
        range: &RangeInclusive<u16>,
    ) -> Result<Option<u16>> {
        let (first, last) = (u32::from(*range.start()), u32::from(*range.end()));
        let mut transaction = self.pool.begin().await?;
        // Whoever chooses at the same time, chooses after us.
        run(&mut *transaction, "lock table fleet_port in exclusive mode", args![]).await?;
        let kept = "select port from fleet_port
              where (machine, fleet_node_id, replica_id) = ($1, $2, $3) and port between $4 and $5";
        let kept: Option<u32> = maybe(&mut *transaction, kept, args![machine, node_id, replica_id, first, last]).await?;
        let port = match kept {
            Some(port) => Some(port),
            None => {
                let choose = "insert into fleet_port (machine, fleet_node_id, replica_id, port)
                     select $1, $2, $3, port from generate_series($4::integer, $5::integer) free (port)
                      where not exists (select from fleet_port taken where (taken.machine, taken.port) = ($1, free.port))
                      order by port limit 1
                     on conflict (machine, fleet_node_id, replica_id) do update set port = excluded.port returning port";
                maybe(&mut *transaction, choose, args![machine, node_id, replica_id, first, last]).await?
            }
        };
        transaction.commit().await?;
        Ok(port.and_then(|port| u16::try_from(port).ok()))
    }

    /// The set is gone for good: others may have its ports.
    pub async fn free_ports(&self, machine: &str, node_id: &str, replica_ids: &[String]) -> Result<()> {
        let delete = "delete from fleet_port where (machine, fleet_node_id) = ($1, $2) and replica_id = any($3)";
        run(self.pool.writing(), delete, args![machine, node_id, replica_ids.to_vec()]).await?;
        Ok(())
    }
}
