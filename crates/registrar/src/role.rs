//! The role `registrar`: loops side by side, one for the nodes, one for the chain, one for what has its time, and one that
//! hears what the database tells.

use std::{sync::Arc, time::Duration};

use linkpool_chain::Chain;
use linkpool_chainlink::client::{Limits, Transport};
use linkpool_db::Database;
use linkpool_health::Complaint;
use linkpool_tx_manager::{Account, Assigns, FailPoints, Signer, Term, Transactor, WakeUp, Wish};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{RegistrarConfig, Result, context::Context, discover::Discovery, settle, upkeep::Upkeep};

/// Between two tries to be told by the database.
const RECONNECT: Duration = Duration::from_millis(500);

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
/// As [`run`], and [`linkpool_tx_manager::Error::FailPoint`].
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
    if !crate::on_chain_role::wait(&context, &shutdown).await? {
        return Ok(());
    }
    // Whether this instance is the one that works; the loop over the chain holds the lease and tells the others.
    let (leads, led) = watch::channel(None);
    // One connection hears for all loops.
    let (tell, heard) = watch::channel(0);
    let listening = listen(context.database.clone(), tell, shutdown.clone());
    let discovery = Discovery::new(context.clone(), led.clone(), heard.clone()).run(shutdown.clone());
    let upkeep = Upkeep::new(context.clone(), led).run(shutdown.clone());
    // The first to end, ends all: by shutdown they end together.
    tokio::try_join!(listening, discovery, upkeep, follow_chain(context, leads, heard, shutdown)).map(|_| ())
}

/// The loop over the chain: drives the signer, then compares nodes with the contract.
async fn follow_chain(
    context: Context,
    leads: watch::Sender<Option<Term>>,
    mut heard: watch::Receiver<u64>,
    shutdown: CancellationToken,
) -> Result<()> {
    let (mut complaint, mut pruned) = (Complaint::default(), Complaint::default());
    let mut transactor = Transactor::new(context.sender(), Assigns::All);
    let mut woken = true;
    loop {
        // Cut off between two steps is what a kill would be, and another instance waits for the lease.
        let turn = tokio::select! {
            () = shutdown.cancelled() => break,
            turn = turn(&context, &mut transactor, &leads, woken, &mut pruned) => turn,
        };
        match turn {
            Ok(()) => {
                context.config.pulse.beat(leads.borrow().is_some());
                complaint.over();
            }
            Err(error) if !error.ends_role() => {
                context.config.pulse.stumble(error.to_string());
                complaint.warn(&error, "a pass of the registrar ended early");
            }
            Err(error) => return Err(error),
        }
        woken = tokio::select! {
            () = shutdown.cancelled() => break,
            () = sleep(transactor.pause()) => false,
            Ok(()) = heard.changed() => true,
        };
    }
    transactor.release().await;
    Ok(())
}

async fn turn(
    context: &Context,
    transactor: &mut Transactor,
    leads: &watch::Sender<Option<Term>>,
    woken: bool,
    pruned: &mut Complaint,
) -> Result<()> {
    // Known before the turn's work is done: a chain that is away must not keep the nodes from being asked.
    let term = transactor.term().await?;
    leads.send_if_modified(|leads| std::mem::replace(leads, term.clone()) != term);
    let Some(term) = term else { return Ok(()) };
    let (registering, unsettled) = context.database.fleet_nodes_under_way().await?;
    match transactor.turn(Wish { woken, hurry: registering > 0, settling: unsettled > 0 }).await? {
        Some(heads) => settle::settle(&context.under(&term), &heads, pruned).await.inspect_err(|_| transactor.forget()),
        None => Ok(()),
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
            () = sleep(RECONNECT), if listening.is_lost() => {}
        }
    }
}
