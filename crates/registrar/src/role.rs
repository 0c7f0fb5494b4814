//! The role `registrar`: two loops side by side, one for the nodes, one for the chain.

use std::sync::Arc;

use linkpool_chain::Chain;
use linkpool_chainlink::client::{Limits, Transport};
use linkpool_db::{Database, fleet::Wakes, registrar::Account};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{FailPoints, RegistrarConfig, Result, Signer, context::Context, discover::Discovery, transact::Transactor};

/// Runs until `shutdown`.
///
/// # Errors
/// Only those that no waiting mends: a chain, a database or a node that is away is waited for.
pub async fn run(
    config: RegistrarConfig,
    database: Database,
    chain: Chain,
    signer: Arc<dyn Signer>,
    shutdown: CancellationToken,
) -> Result<()> {
    start(config, database, chain, signer, FailPoints::default(), shutdown).await
}

/// [`run`], which ends with an error at the fail points that are set.
///
/// # Errors
/// As [`run`], and [`crate::Error::FailPoint`].
#[cfg(feature = "failpoints")]
pub async fn run_with_failpoints(
    config: RegistrarConfig,
    database: Database,
    chain: Chain,
    signer: Arc<dyn Signer>,
    failpoints: FailPoints,
    shutdown: CancellationToken,
) -> Result<()> {
    start(config, database, chain, signer, failpoints, shutdown).await
}

async fn start(
    config: RegistrarConfig,
    database: Database,
    chain: Chain,
    signer: Arc<dyn Signer>,
    failpoints: FailPoints,
    shutdown: CancellationToken,
) -> Result<()> {
    let account = Account { chain_id: chain.chain_id(), address: signer.address() };
    let transport = Transport::new(Limits::default())?;
    let context = Context { config: Arc::new(config), database, chain, signer, account, transport, failpoints };
    // Whether this instance is the one that works; the transactor holds the lease and tells the other.
    let (leads, led) = watch::channel(false);
    let discovery = Discovery::new(context.clone(), led);
    let transactor = Transactor::new(context, leads);
    // The first to end, ends both: by shutdown they end together.
    tokio::try_join!(discovery.run(shutdown.clone()), transactor.run(shutdown)).map(|_| ())
}

/// Notices from the database, connected again when the connection is lost.
#[derive(Debug, Default)]
pub(crate) struct Listening(Option<Wakes>);

impl Listening {
    /// Connects if there is no connection. Without one, ticks do the work alone.
    pub async fn connect(&mut self, database: &Database) {
        if self.0.is_none() {
            self.0 = database.wakes().await.ok();
        }
    }

    /// Returns at the next notice; never without a connection.
    pub async fn next(&mut self) {
        match &mut self.0 {
            None => std::future::pending().await,
            Some(wakes) => {
                if wakes.next().await.is_err() {
                    self.0 = None;
                }
            }
        }
    }
}
