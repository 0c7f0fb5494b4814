//! Which instance of a role does the work. The database's clock decides; nothing that must never happen relies on it.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::{Database, Result, pool::Connection};

/// Proof of holding a lease at some moment. The epoch rises with each change of holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    pub holder: Uuid,
    pub epoch: i64,
}

/// One instance's wish to be the one that works.
#[derive(Debug)]
pub struct Leader {
    database: Database,
    name: String,
    holder: Uuid,
    term: Duration,
    held: Option<(Lease, Instant)>,
}

impl Leader {
    pub fn new(database: Database, name: impl Into<String>, term: Duration) -> Self {
        Self { database, name: name.into(), holder: Uuid::new_v4(), term, held: None }
    }

    /// The lease, taken or renewed where a fifth of its term has passed; `None` if another instance has it.
    pub async fn hold(&mut self) -> Result<Option<Lease>> {
        if let Some((lease, renewed)) = &self.held
            && renewed.elapsed() < self.term / 5
        {
            return Ok(Some(lease.clone()));
        }
        let asked = Instant::now();
        let lease = self.database.take_lease(&self.name, self.holder, self.term).await?;
        self.held = lease.clone().map(|lease| (lease, asked));
        Ok(lease)
    }

    /// Gives the lease up, if it is held, so that another need not wait for its end.
    pub async fn release(&mut self) -> Result<()> {
        match self.held.take() {
            Some((lease, _)) => self.database.release_lease(&lease).await,
            None => Ok(()),
        }
    }
}

impl Database {
    /// Takes the lease if it is free, has expired or is `holder`'s already, for `term` from now; `None` if another holds it.
    async fn take_lease(&self, name: &str, holder: Uuid, term: Duration) -> Result<Option<Lease>> {
        let epoch: Option<i64> = sqlx::query_scalar(
            "insert into lease (name, holder, epoch, expires_at) values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
             on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at,
                 epoch = lease.epoch + case when lease.holder = excluded.holder then 0 else 1 end
               where lease.holder = excluded.holder or lease.expires_at < clock_timestamp()
             returning epoch",
        )
        .bind(name)
        .bind(holder)
        .bind(term.as_secs_f64())
        .fetch_optional(&self.pool)
        .await?;
        Ok(epoch.map(|epoch| Lease { name: name.to_owned(), holder, epoch }))
    }

    async fn release_lease(&self, lease: &Lease) -> Result<()> {
        // Whoever waits for it is woken, instead of finding out at its next look.
        sqlx::query(
            "with released as (
                 update lease set expires_at = clock_timestamp() where name = $1 and holder = $2 and epoch = $3 returning name
             )
             select pg_notify('linkpool_transaction', name) from released",
        )
        .bind(&lease.name)
        .bind(lease.holder)
        .bind(lease.epoch)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

/// Whether `lease` is still the newest, locked against a take-over until the transaction ends.
pub(crate) async fn is_current(connection: &mut Connection, lease: &Lease) -> Result<bool> {
    let current: Option<(i32,)> = sqlx::query_as("select 1 from lease where name = $1 and holder = $2 and epoch = $3 for share")
        .bind(&lease.name)
        .bind(lease.holder)
        .bind(lease.epoch)
        .fetch_optional(connection)
        .await?;
    Ok(current.is_some())
}
