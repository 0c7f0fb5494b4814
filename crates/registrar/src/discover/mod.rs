//! Talking to the nodes: each in a task of its own, so that one that is slow or hostile holds up nobody else.

mod clients;
mod node;
mod proof;
mod transfer;
mod trouble;
mod verify;
mod wallet;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use linkpool_db::fleet::Phase;
use linkpool_health::{DeduplicatedLog, DeduplicatedLogs};
use linkpool_tx_manager::Term;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::node::Outcome;
use crate::{Result, context::Context};

/// Most nodes talked to at once.
const MAX_TASKS: usize = 64;

/// Longest time between two looks at the database.
const TICK_INTERVAL: Duration = Duration::from_secs(1);

/// The loop over the nodes whose next step is ours.
pub(crate) struct Discovery {
    context: Context,
    leads: watch::Receiver<Option<Term>>,
    /// Changes when the database tells of something.
    heard: watch::Receiver<u64>,
    tasks: JoinSet<(String, Result<Outcome>)>,
    /// Nodes that a task is busy with.
    busy: HashSet<String>,
    /// Until when a node is left alone with which something did not succeed that has no time of its own in the database: it would be asked as fast
    /// as it refuses.
    resting: HashMap<String, Instant>,
    /// When each known node last showed its wallet at each address at which it serves. Lost at a restart, and then all are asked
    /// again.
    verified: HashMap<(String, String), Instant>,
    warnings: DeduplicatedLog,
    /// About nodes whose step could not be done.
    undone: DeduplicatedLogs,
}

impl Discovery {
    pub fn new(context: Context, leads: watch::Receiver<Option<Term>>, heard: watch::Receiver<u64>) -> Self {
        Self {
            context,
            leads,
            heard,
            tasks: JoinSet::new(),
            busy: HashSet::new(),
            resting: HashMap::new(),
            verified: HashMap::new(),
            warnings: DeduplicatedLog::default(),
            undone: DeduplicatedLogs::default(),
        }
    }

    pub async fn run(mut self, shutdown: CancellationToken) -> Result<()> {
        loop {
            let term = self.leads.borrow_and_update().clone();
            if let Some(term) = term {
                let context = self.context.under(&term);
                match self.start_due(&context).await {
                    Ok(()) => self.warnings.over(),
                    Err(error) if !error.ends_role() => {
                        self.warnings.warn(&error, "the registrar can't read which nodes are due")
                    }
                    Err(error) => return Err(error),
                }
            }
            let tick = Instant::now() + TICK_INTERVAL;
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = sleep_until(tick) => {}
                Ok(()) = self.heard.changed() => {}
                _ = self.leads.changed() => {}
                Some(ended) = self.tasks.join_next() => {
                    match ended {
                        Ok((node_id, outcome)) => self.ended(node_id, outcome)?,
                        // Which node's task panicked is not known; a step that is started twice does no harm.
                        Err(error) => {
                            tracing::error!(%error, "a step of a node panicked");
                            self.busy.clear();
                        }
                    }
                }
            }
        }
    }

    /// Starts a task for each node whose next step is due.
    async fn start_due(&mut self, context: &Context) -> Result<()> {
        let now = Instant::now();
        self.resting.retain(|_, until| *until > now);
        let due = context.database.fleet_nodes_due(&[Phase::Healthy, Phase::WalletKnown]).await?;
        for node in due {
            self.start(context, node.id.clone(), |context| node::step(context, node));
        }
        let serving = context.database.replicas_to_verify().await?;
        // A node that was unreachable may have come back with another database.
        let places = serving.iter().filter_map(|replica| Some((replica.node_id.clone(), replica.base_url.clone()?)));
        let places: HashSet<(String, String)> = places.collect();
        self.verified.retain(|place, _| places.contains(place));
        let interval = context.config.audit_interval;
        for replica in serving {
            let Some(base_url) = replica.base_url.clone() else { continue };
            let shown = self.verified.get(&(replica.node_id.clone(), base_url));
            if shown.is_none_or(|shown| shown.elapsed() >= interval) {
                self.start(context, replica.node_id.clone(), |context| verify::verify(context, replica));
            }
        }
        Ok(())
    }

    fn start<F>(&mut self, context: &Context, node_id: String, step: impl FnOnce(Context) -> F)
    where
        F: Future<Output = Result<Outcome>> + Send + 'static,
    {
        if self.tasks.len() >= MAX_TASKS || self.resting.contains_key(&node_id) || !self.busy.insert(node_id.clone()) {
            return;
        }
        let work = step(context.clone()).instrument(tracing::info_span!("node", id = node_id));
        self.tasks.spawn(async move { (node_id, work.await) });
    }

    fn ended(&mut self, node_id: String, outcome: Result<Outcome>) -> Result<()> {
        self.busy.remove(&node_id);
        if outcome.is_ok() {
            self.undone.over(&node_id);
        }
        match outcome {
            Ok(Outcome::Stepped) => {}
            Ok(Outcome::Verified { base_url }) => {
                self.verified.insert((node_id, base_url), Instant::now());
            }
            Ok(Outcome::Unseen) => self.rest(node_id),
            Err(error) if !error.ends_role() => {
                self.undone.warn(&node_id, &error, "a step of a node could not be done");
                self.rest(node_id);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn rest(&mut self, node_id: String) {
        self.resting.insert(node_id, Instant::now() + TICK_INTERVAL);
    }
}
