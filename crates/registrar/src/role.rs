//! The role `registrar`: loops side by side, one for the nodes, one for the chain, one for what has its time, and one that
//! hears what the database tells.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use linkpool_chain::Chain;
use linkpool_chainlink::client::{Limits, Transport};
use linkpool_db::Database;
use linkpool_health::DeduplicatedLog;
use linkpool_tx_manager::{Account, Assigns, FailPoints, Role, Signer, Term, TxManager, Urgency, WakeUp};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{Error, RegistrarConfig, Result, context::Context, discover::Discovery, maintenance::Maintenance, reconcile};

/// Between two tries to be told by the database.
const RECONNECT_DELAY: Duration = Duration::from_millis(500);

/// Runs until `shutdown`.
///
/// # Errors
/// Only those that no waiting mends: a chain, a database or a node that is unreachable is waited for.
pub async fn run(
    config: RegistrarConfig,
    database: Database,
    chain: Chain,
    signer: Arc<dyn Signer>,
    shutdown: CancellationToken,
) -> Result<()> {
    run_with_failpoints(config, database, chain, signer, FailPoints::default(), shutdown).await
}

/// [`run`], which ends with an error at the fail points that are set.
///
/// # Errors
/// As [`run`], and [`linkpool_tx_manager::Error::FailPoint`].
pub async fn run_with_failpoints(
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
    if !crate::on_chain_role::wait(&context, &shutdown).await? {
        return Ok(());
    }
    // Whether this instance is the one that works; the loop over the chain holds the lease and tells the others.
    let (leads, led) = watch::channel(None);
    // One connection hears for all loops.
    let (tell, heard) = watch::channel(0);
    let listening = listen(context.database.clone(), tell, shutdown.clone());
    let discovery = Discovery::new(context.clone(), led.clone(), heard.clone()).run(shutdown.clone());
    let maintenance = Maintenance::new(context.clone(), led).run(shutdown.clone());
    // The first to end, ends all: by shutdown they end together.
    let manager = TxManager::new(context.sender(), Assigns::All);
    let following = Following { context, leads, heard, warnings: DeduplicatedLog::default(), pruned: DeduplicatedLog::default() };
    tokio::try_join!(listening, discovery, maintenance, linkpool_tx_manager::run(manager, following, &shutdown)).map(|_| ())
}

/// The loop over the chain: drives the signer, then compares nodes with the contract.
struct Following {
    context: Context,
    leads: watch::Sender<Option<Term>>,
    heard: watch::Receiver<u64>,
    warnings: DeduplicatedLog,
    pruned: DeduplicatedLog,
}

#[async_trait]
impl Role for Following {
    type Error = Error;

    async fn tick(&mut self, manager: &mut TxManager, woken: bool) -> Result<()> {
        match self.work(manager, woken).await {
            Ok(()) => {
                self.context.config.heartbeat.ok(self.leads.borrow().is_some());
                self.warnings.over();
            }
            Err(error) if !error.ends_role() => {
                self.context.config.heartbeat.failed(error.to_string());
                self.warnings.warn(&error, "a pass of the registrar ended early");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn woken(&mut self) {
        if self.heard.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

impl Following {
    async fn work(&mut self, manager: &mut TxManager, woken: bool) -> Result<()> {
        // Known before the tick's work is done: a chain that is unreachable must not keep the nodes from being asked.
        let term = manager.term().await?;
        self.leads.send_if_modified(|leads| std::mem::replace(leads, term.clone()) != term);
        let Some(term) = term else { return Ok(()) };
        let (registering, unsettled) = self.context.database.fleet_nodes_under_way().await?;
        match manager.tick(Urgency { woken, hurry: registering > 0, settling: unsettled > 0 }).await? {
            Some(heads) => {
                reconcile::reconcile(&self.context.under(&term), &heads, &mut self.pruned).await.inspect_err(|_| manager.forget())
            }
            None => Ok(()),
        }
    }
}

/// Counts what the database tells, and each new connection, before which something may have been missed.
async fn listen(database: Database, tell: watch::Sender<u64>, shutdown: CancellationToken) -> Result<()> {
    let mut listening = WakeUp::default();
    loop {
        let was_lost = listening.is_lost();
        if shutdown.run_until_cancelled(listening.connect(&database)).await.is_none() {
            return Ok(());
        }
        if was_lost && !listening.is_lost() {
            tell.send_modify(|heard| *heard += 1);
        }
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = listening.next() => tell.send_modify(|heard| *heard += 1),
            () = sleep(RECONNECT_DELAY), if listening.is_lost() => {}
        }
    }
}
