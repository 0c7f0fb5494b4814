//! A connection of its own that hears notices, and finds out by itself that it hears nothing any more. A standby server takes no
//! `LISTEN`: there each second counts as news, and whoever is told reads the tables.

use std::time::Duration;

use sqlx::{
    Executor,
    postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions},
};
use tokio::time::timeout;

use crate::target::Target;

/// Silence after which the connection is tried. A server that vanished without a word looks like one that has nothing to say.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(20);
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// How often whoever can't listen is told to look.
const STANDBY_POLL_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Listener {
    connection: PgListener,
    /// The server is a standby, so that nothing is heard.
    standby: bool,
}

impl Listener {
    /// Connects, outside of every pool: who listens keeps the connection for ever.
    pub async fn open(target: &Target, channels: &[&str]) -> sqlx::Result<Self> {
        match Self::connect(target.options(), channels).await {
            Err(error) => match target.renewed(&error) {
                Some(options) => Self::connect(options, channels).await,
                None => Err(error),
            },
            listening => listening,
        }
    }

    async fn connect(options: PgConnectOptions, channels: &[&str]) -> sqlx::Result<Self> {
        let alone = PgPoolOptions::new().max_connections(1).acquire_timeout(CHECK_TIMEOUT).max_lifetime(None).idle_timeout(None);
        let mut listener = PgListener::connect_with(&alone.connect_lazy_with(options)).await?;
        let standby = is_standby(&mut listener).await?;
        if !standby {
            listener.listen_all(channels.iter().copied()).await?;
        }
        Ok(Self { connection: listener, standby })
    }

    /// The next notice; `None` when some may have been missed: after the connection was lost and made again, and each second on a
    /// standby.
    ///
    /// # Errors
    /// If the connection is gone, or the standby has become the primary: open another.
    pub async fn next(&mut self) -> sqlx::Result<Option<PgNotification>> {
        if self.standby {
            return self.look().await;
        }
        loop {
            match timeout(SILENCE_TIMEOUT, self.connection.try_recv()).await {
                Ok(heard) => return heard,
                Err(_) => match timeout(CHECK_TIMEOUT, self.connection.execute("select 1")).await {
                    Ok(answered) => {
                        answered?;
                    }
                    Err(_) => return Err(sqlx::Error::PoolTimedOut),
                },
            }
        }
    }

    /// Whether another notice is there already; it is taken.
    pub fn take_waiting(&mut self) -> bool {
        self.connection.next_buffered().is_some()
    }

    async fn look(&mut self) -> sqlx::Result<Option<PgNotification>> {
        tokio::time::sleep(STANDBY_POLL_INTERVAL).await;
        match timeout(CHECK_TIMEOUT, is_standby(&mut self.connection)).await {
            Ok(Ok(true)) => Ok(None),
            // Whoever opens another can listen.
            Ok(Ok(false)) => Err(sqlx::Error::PoolClosed),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }
}

async fn is_standby(listener: &mut PgListener) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_is_in_recovery()").fetch_one(listener).await
}
