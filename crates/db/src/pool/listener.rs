//! A connection of its own that hears notices, and finds out by itself that it hears nothing any more.

use std::time::Duration;

use sqlx::{
    Executor,
    postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions},
};
use tokio::time::timeout;

use crate::connect::Target;

/// Silence after which the connection is tried. A server that vanished without a word looks like one that has nothing to say.
const SILENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Listener(PgListener);

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
        let alone = PgPoolOptions::new().max_connections(1).acquire_timeout(LOOK).max_lifetime(None).idle_timeout(None);
        let mut listener = PgListener::connect_with(&alone.connect_lazy_with(options)).await?;
        listener.listen_all(channels.iter().copied()).await?;
        Ok(Self(listener))
    }

    /// The next notice; `None` after the connection was lost and made again, when some may have been missed.
    pub async fn next(&mut self) -> sqlx::Result<Option<PgNotification>> {
        loop {
            match timeout(SILENCE, self.0.try_recv()).await {
                Ok(heard) => return heard,
                Err(_) => match timeout(LOOK, self.0.execute("select 1")).await {
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
        self.0.next_buffered().is_some()
    }
}
