//! The role `earnings`: one loop drives the account, the other looks at what waits while this instance is the one that works.

use std::{collections::HashSet, sync::Arc, time::Instant};

use async_trait::async_trait;
use linkpool_chain::Chain;
use linkpool_contracts::{earnings::POOLCall, earnings_factory::IMPLEMENTATIONCall};
use linkpool_db::{Database, fleet::OperatorRequest};
use linkpool_health::{DeduplicatedLog, DeduplicatedLogs, Heartbeat};
use linkpool_primitives::{Juels, checksum};
use linkpool_tx_manager::{Assigns, Role, Sender, Term, TxManager, Urgency, WakeUp};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{EarningsConfig, Error, Plan, Price, Result, Verdict, statistics};

/// Between two tries after a look that has failed.
const RETRY_DELAY: std::time::Duration = std::time::Duration::from_secs(5);

/// Runs until `shutdown`. Of two that run at once one works; what one has handed in, the other finds under the same keys.
///
/// # Errors
/// Only those that no waiting mends.
pub async fn run(
    config: EarningsConfig,
    (chain, database): (Chain, Database),
    sender: Sender,
    heartbeat: Heartbeat,
    shutdown: CancellationToken,
) -> Result<()> {
    statistics::begin();
    let config = Arc::new(config);
    let (leads, led) = watch::channel(None);
    let (looked, last_look) = watch::channel(None);
    let looking = Looking {
        config,
        chain,
        database: database.clone(),
        sender: sender.clone(),
        led,
        looked,
        warnings: DeduplicatedLog::default(),
        troubles: DeduplicatedLogs::default(),
        price: DeduplicatedLog::default(),
        is_checked: false,
    };
    let (wake_up, warnings) = (WakeUp::default(), DeduplicatedLog::default());
    let driving = Driving { database, wake_up, leads, last_look, heartbeat, warnings };
    let manager = TxManager::new(sender, Assigns::All);
    tokio::try_join!(looking.run(&shutdown), linkpool_tx_manager::run(manager, driving, &shutdown)).map(|_| ())
}

/// The loop over the account: holds its lease, and sends what is handed in.
struct Driving {
    database: Database,
    wake_up: WakeUp,
    leads: watch::Sender<Option<Term>>,
    /// What was wrong with the last look at what waits.
    last_look: watch::Receiver<Option<String>>,
    heartbeat: Heartbeat,
    warnings: DeduplicatedLog,
}

#[async_trait]
impl Role for Driving {
    type Error = Error;

    async fn tick(&mut self, manager: &mut TxManager, woken: bool) -> Result<()> {
        self.wake_up.connect(&self.database).await;
        match self.drive(manager, woken).await {
            Ok(()) => {
                self.warnings.over();
                match self.last_look.borrow().as_ref() {
                    None => self.heartbeat.ok(self.leads.borrow().is_some()),
                    Some(trouble) => self.heartbeat.failed(trouble),
                }
            }
            Err(error) if !error.ends_role() => {
                self.heartbeat.failed(error.to_string());
                self.warnings.warn(&error, "what is handed in is not sent");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn woken(&mut self) {
        self.wake_up.next().await;
    }
}

impl Driving {
    async fn drive(&mut self, manager: &mut TxManager, woken: bool) -> linkpool_tx_manager::Result<()> {
        let term = manager.term().await?;
        self.leads.send_if_modified(|leads| std::mem::replace(leads, term.clone()) != term);
        if term.is_some() {
            manager.tick(Urgency { woken, ..Urgency::default() }).await?;
        }
        Ok(())
    }
}

/// The loop over what waits.
struct Looking {
    config: Arc<EarningsConfig>,
    chain: Chain,
    database: Database,
    sender: Sender,
    led: watch::Receiver<Option<Term>>,
    /// Why the last look came to nothing.
    looked: watch::Sender<Option<String>>,
    warnings: DeduplicatedLog,
    /// About each place that somebody has to look at.
    troubles: DeduplicatedLogs,
    price: DeduplicatedLog,
    /// Whether the factory is known to be this pool's.
    is_checked: bool,
}

impl Looking {
    async fn run(mut self, shutdown: &CancellationToken) -> Result<()> {
        loop {
            let term = self.led.borrow_and_update().clone();
            let pause = match term {
                Some(term) => {
                    let began = Instant::now();
                    let looked =
                        tokio::select! { () = shutdown.cancelled() => return Ok(()), looked = self.look(&term) => looked };
                    self.record(looked)?.saturating_sub(began.elapsed())
                }
                // The other's looks are its own to tell of.
                None => {
                    self.looked.send_replace(None);
                    self.config.look_interval
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = sleep(pause) => {}
                changed = self.led.changed() => if changed.is_err() { return Ok(()) },
            }
        }
    }

    /// How long until the next look.
    fn record(&mut self, looked: Result<()>) -> Result<std::time::Duration> {
        match looked {
            Ok(()) => {
                self.looked.send_replace(None);
                self.warnings.over();
                Ok(self.config.look_interval)
            }
            Err(error) if !error.ends_role() => {
                self.looked.send_replace(Some(error.to_string()));
                self.warnings.warn(&error, "what waits could not be looked at");
                Ok(RETRY_DELAY.min(self.config.look_interval))
            }
            Err(error) => Err(error),
        }
    }

    async fn look(&mut self, term: &Term) -> Result<()> {
        if !self.is_checked {
            require_factory(&self.chain, &self.config).await?;
            self.is_checked = true;
        }
        let plan = Plan::look(&self.config, (&self.chain, &self.database), self.sender.account(), None).await?;
        let database = term.database(&self.database);
        for row in &plan.rows {
            database.keep_earnings_source(row).await?;
        }
        for row in &plan.gone {
            database.forget_earnings_source(row).await?;
        }
        self.name_operators(&database, &plan).await?;
        self.say(&plan);
        statistics::show(&plan, &self.config.rules);
        for (planned, sending) in plan.sendings() {
            self.sender.submit(&sending.key, &sending.request).await?;
            statistics::handed_in(sending.step);
            tracing::info!(
                node = planned.node_id,
                kind = planned.kind.as_str(),
                link = Juels(planned.waiting).to_link(),
                "handed in: {}",
                sending.step
            );
        }
        Ok(())
    }

    /// What was made for a node, is its own and is final, is handed to its jobs.
    async fn name_operators(&self, database: &Database, plan: &Plan) -> Result<()> {
        for planned in plan.planned.iter().filter(|planned| planned.verdict == Verdict::Name) {
            let request = OperatorRequest {
                node_id: &planned.node_id,
                actor: "linkpool earnings",
                reason: "made for its jobs, and its own contract's",
                dry_run: false,
            };
            let outcome = database.set_operator_contract(Some(&planned.source), &request).await?;
            tracing::info!(
                node = planned.node_id,
                operator = checksum(&planned.source),
                ?outcome,
                "the node is named its Operator"
            );
        }
        Ok(())
    }

    /// Each trouble once, until it is over.
    fn say(&mut self, plan: &Plan) {
        let mut said = HashSet::new();
        for row in &plan.rows {
            let Some(trouble) = &row.trouble else { continue };
            let name = format!("{:#x}/{}/{:#x}", row.wallet, row.kind.as_str(), row.source);
            self.troubles.warn(&name, trouble, "a node's earnings need a look");
            said.insert(name);
        }
        self.troubles.only(&said);
        match &plan.price {
            Price::Unknown(why) => {
                self.price.warn(why, "what LINK is worth is not known: only what has waited longest is passed on")
            }
            Price::Known { .. } | Price::NotAsked => self.price.over(),
        }
    }
}

/// Whether the factory pays this pool's stakers.
///
/// # Errors
/// [`Error::OtherPool`], and the chain's.
pub async fn require_factory(chain: &Chain, config: &EarningsConfig) -> Result<()> {
    let shared = chain.call(config.factory, &IMPLEMENTATIONCall {}).await?;
    let found = chain.call(shared, &POOLCall {}).await?;
    if found == config.pool { Ok(()) } else { Err(Error::OtherPool { factory: config.factory, found, pool: config.pool }) }
}
