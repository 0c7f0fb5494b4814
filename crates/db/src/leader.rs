//! One instance of a role that wants to be the one that works.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::{
    Database, Error, Result,
    lease::Lease,
    statement::{args, maybe, run},
};

/// How long one attempt to take a lease may last at least, however short the lease.
const MIN_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a lease that is given up is worth waiting for.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(3);

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
        // A connection that was cut off must leave time for another one before the lease has run out.
        let taking = tokio::time::timeout(self.patience(), self.database.take_lease(&self.name, self.holder, self.term));
        let lease = taking.await.unwrap_or_else(|_| Err(self.no_answer()))?;
        self.held = lease.clone().map(|lease| (lease, asked));
        Ok(lease)
    }

    /// When the lease that was last held runs out, by our own clock: nothing was heard of it since. `None` if none was.
    pub fn held_until(&self) -> Option<Instant> {
        self.held.as_ref().map(|(_, renewed)| *renewed + self.term)
    }

    fn patience(&self) -> Duration {
        (self.term / 2).max(MIN_ACQUIRE_TIMEOUT)
    }

    fn no_answer(&self) -> Error {
        let seconds = self.patience().as_secs_f32();
        let sentence = format!("the lease `{}` was neither given nor refused within {seconds} s", self.name);
        Error::Query(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, sentence)))
    }

    /// Gives the lease up, if it is held, so that another need not wait for its end.
    pub async fn release(&mut self) -> Result<()> {
        match self.held.take() {
            // Somebody who holds the row must not keep us from ending: the lease runs out by itself.
            Some((lease, _)) => {
                tokio::time::timeout(RELEASE_TIMEOUT, self.database.release_lease(&lease)).await.unwrap_or(Ok(()))
            }
            None => Ok(()),
        }
    }
}

impl Database {
    /// Takes the lease if it is free, has expired or is `holder`'s already, for `term` from now; `None` if another holds it.
    ///
    /// A lease that ends later than its holder takes it for was taken by a clock that has been set back since, and counts for
    /// nothing.
    async fn take_lease(&self, name: &str, holder: Uuid, term: Duration) -> Result<Option<Lease>> {
        let insert = "insert into lease (name, holder, epoch, term, expires_at)
             values ($1, $2, 1, make_interval(secs => $3), clock_timestamp() + make_interval(secs => $3))
             on conflict (name) do update set holder = excluded.holder, term = excluded.term, expires_at = excluded.expires_at,
                 epoch = lease.epoch + case when lease.holder = excluded.holder then 0 else 1 end
               where lease.holder = excluded.holder
                  or lease.expires_at not between clock_timestamp()
                     and clock_timestamp() + coalesce(lease.term, excluded.term) * 1.5
             returning epoch";
        let epoch: Option<i64> = maybe(&self.pool, insert, args![name, holder, term]).await?;
        Ok(epoch.map(|epoch| Lease { name: name.to_owned(), holder, epoch }))
    }

    async fn release_lease(&self, lease: &Lease) -> Result<()> {
        // Whoever waits for it is woken, instead of finding out at its next look.
        let statement = "with released as (
                 update lease set expires_at = clock_timestamp() where name = $1 and holder = $2 and epoch = $3 returning name
             )
             select pg_notify('linkpool_transaction', name) from released";
        run(&self.pool, statement, args![lease.name, lease.holder, lease.epoch]).await?;
        Ok(())
    }
}
