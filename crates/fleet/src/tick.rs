//! One turn of a fleet: who leads, and what the one that leads does.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use linkpool_chainlink::client::Transport;
use linkpool_db::{
    Database,
    fleet::DecisionKind,
    lease::{Leader, Lease},
};
use linkpool_health::DeduplicatedLog;
use tokio::time::{sleep_until, timeout};

use crate::{AutoscaleRules, Error, FleetConfig, Provisioner, Result, autoscale::decide, feed::Feeder, reconcile::Reconciler};

/// Time between two looks of a follower at where the nodes run.
const FOLLOW_INTERVAL: Duration = Duration::from_secs(2);
/// Longest pass, however short the lease: it is renewed between two passes, and one that hangs must not hang for ever.
const MIN_PASS_TIMEOUT: Duration = Duration::from_secs(5);

/// What lasts from tick to tick.
pub(crate) struct Ticker {
    config: FleetConfig,
    database: Database,
    provisioner: Arc<dyn Provisioner>,
    reconciler: Reconciler,
    feeder: Feeder,
    leader: Leader,
    /// The database of the present term, or of the last.
    term: Database,
    /// By which lease this fleet leads, as far as it knows.
    leads: Option<Lease>,
    /// Whether the database was unreachable at the last tick.
    away: bool,
    followed: Option<Instant>,
    unreached: DeduplicatedLog,
    untaken: DeduplicatedLog,
    uncompared: DeduplicatedLog,
}

impl Ticker {
    pub fn new(config: FleetConfig, database: Database, provisioner: Arc<dyn Provisioner>, transport: Transport) -> Self {
        let leader = Leader::new(database.clone(), "fleet", config.lease_term);
        let reconciler = Reconciler::new(database.clone(), provisioner.clone(), &config, transport.clone());
        let feeder = Feeder::new(config.seal_key.clone(), transport);
        Self {
            config,
            term: database.clone(),
            database,
            provisioner,
            reconciler,
            feeder,
            leader,
            leads: None,
            away: false,
            followed: None,
            unreached: DeduplicatedLog::default(),
            untaken: DeduplicatedLog::default(),
            uncompared: DeduplicatedLog::default(),
        }
    }

    /// True if something was done, so that the next tick may find more to do.
    pub async fn next(&mut self) -> bool {
        match self.hold().await {
            None => self.stand_by().await,
            Some(Ok(held)) => {
                self.reached();
                match held {
                    Some(lease) => self.lead(lease).await,
                    None => self.stand_by().await,
                }
            }
            // Whether another fleet leads is not known; the nodes here go on as they are.
            Some(Err(error)) => {
                self.away = true;
                self.config.heartbeat.failed(error.to_string());
                self.unreached.warn(&error, "the fleet can't reach its database");
            }
        }
        self.leads.is_some() && self.pass().await
    }

    /// Gives the lease up, so that another need not wait for its end.
    pub async fn release(&mut self) {
        self.feeder.begin();
        self.reconciler.end();
        if let Err(error) = self.leader.release().await {
            tracing::warn!(%error, "the fleet's lease was not given up; it runs out by itself");
        }
    }

    /// The lease, if it is ours. `None` where that can't be found out before it has run out, and another fleet of this machine, which
    /// has it, waits for the nodes here.
    async fn hold(&mut self) -> Option<linkpool_db::Result<Option<Lease>>> {
        let leads = self.leads.is_some();
        let runs_out = self.leader.held_until().unwrap_or_else(Instant::now);
        let provisioner = self.provisioner.clone();
        let wanted = async {
            sleep_until(runs_out.into()).await;
            provisioner.wanted().await;
        };
        tokio::select! {
            held = self.leader.hold() => Some(held),
            () = wanted, if leads => None,
        }
    }

    fn reached(&mut self) {
        self.unreached.over();
        if std::mem::take(&mut self.away) {
            // What kept us from the database has kept replicas from theirs, and each start that failed made the next one later.
            self.provisioner.outage_over();
        }
    }

    async fn lead(&mut self, lease: Lease) {
        if self.leads.as_ref() == Some(&lease) {
            return;
        }
        self.term = self.database.under(&lease);
        self.reconciler.begin(self.term.clone());
        self.feeder.begin();
        // Another fleet may have had it for a moment and not been able to take over: then everything is here still.
        if self.leads.is_some() {
            self.leads = Some(lease);
            return;
        }
        let opened = timeout(self.longest(), self.reconciler.open()).await;
        match opened.unwrap_or_else(|_| Err(self.slow())) {
            Ok(()) => {
                tracing::info!("this fleet runs the nodes");
                self.untaken.over();
                self.leads = Some(lease);
            }
            Err(error) => {
                self.config.heartbeat.failed(error.to_string());
                self.untaken.warn(&error, "the fleet can't take over; nothing was started");
                // For a fleet that can, on another machine. Where there is none, this one has it again at once.
                let _ = self.leader.release().await;
            }
        }
    }

    async fn stand_by(&mut self) {
        if self.leads.take().is_some() {
            tracing::warn!("another fleet has taken over");
            self.feeder.begin();
            self.reconciler.end();
            self.provisioner.close().await;
        }
        // Said before anything that may take its time.
        self.config.heartbeat.ok(false);
        if self.followed.is_none_or(|at| at.elapsed() >= FOLLOW_INTERVAL) {
            self.followed = Some(Instant::now());
            let followed = timeout(self.longest(), self.reconciler.follow()).await;
            if let Err(error) = followed.unwrap_or_else(|_| Err(self.slow())) {
                tracing::debug!(%error, "a follower could not see where the nodes run");
            }
        }
    }

    async fn pass(&mut self) -> bool {
        let begin = Instant::now();
        let longest = self.longest();
        let pass = async {
            let acted = self.reconciler.pass().await?;
            self.feeder.round(&self.term).await?;
            Ok(acted | scaled_by_itself(&self.term, self.config.autoscale.as_ref()).await?)
        };
        let passed = timeout(longest, pass).await;
        match passed.unwrap_or_else(|_| Err(self.slow())) {
            Ok(acted) => {
                passed_at(begin);
                self.config.heartbeat.ok(true);
                self.uncompared.over();
                acted
            }
            Err(error) => {
                self.config.heartbeat.failed(error.to_string());
                self.uncompared.warn(&error, "the fleet could not compare; what is left is done in the next pass");
                false
            }
        }
    }
}

impl Ticker {
    fn longest(&self) -> Duration {
        self.config.lease_term.max(MIN_PASS_TIMEOUT)
    }

    fn slow(&self) -> Error {
        Error::Slow { seconds: self.longest().as_secs() }
    }
}

/// Whether nodes were asked for: at most once for each finalized block.
async fn scaled_by_itself(database: &Database, rules: Option<&AutoscaleRules>) -> Result<bool> {
    let Some(rules) = rules else { return Ok(false) };
    let decided = database.autoscale(rules.proof_mode, rules.provision_limit, |reading| decide(reading, rules)).await?;
    let added = decided.filter(|decision| decision.kind == DecisionKind::Add);
    if let Some(decision) = &added {
        tracing::info!(count = decision.count, why = decision.why, "nodes asked for by automatic scaling");
    }
    Ok(added.is_some())
}

fn passed_at(begin: Instant) {
    metrics::histogram!("linkpool_fleet_reconcile_seconds").record(begin.elapsed());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    metrics::gauge!("linkpool_fleet_reconcile_last_success_timestamp_seconds").set(now);
}
