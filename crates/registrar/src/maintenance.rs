//! What has its time and not its event: nodes that others run, wallets that run low, the audit, and operators' requests.

use std::time::{Duration, Instant};

use linkpool_health::{DeduplicatedLog, DeduplicatedLogs};
use linkpool_tx_manager::Term;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{Result, audit, context::Context, guard_terms::guard_terms, listing::Lists, request, top_up};

/// Longest time between two looks at what is due.
const TICK_INTERVAL: Duration = Duration::from_millis(500);

/// They never change; another database may lack them.
const TERMS_INTERVAL: Duration = Duration::from_secs(600);

/// One duty with its own clock and its own complaint: one that fails holds up no other.
#[derive(Debug, Default)]
struct PeriodicTask {
    done: Option<Instant>,
    warnings: DeduplicatedLog,
}

impl PeriodicTask {
    fn is_due(&mut self, interval: Duration) -> bool {
        let due = self.done.is_none_or(|done| done.elapsed() >= interval);
        if due {
            self.done = Some(Instant::now());
        }
        due
    }

    /// # Errors
    /// The outcome's, if waiting does not mend it.
    fn record(&mut self, outcome: Result<()>, what: &str) -> Result<()> {
        match outcome {
            Ok(()) => self.warnings.over(),
            Err(error) if !error.ends_role() => self.warnings.warn(&error, what),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// The loop over the duties. What it holds between rounds only saves work.
pub(crate) struct Maintenance {
    context: Context,
    leads: watch::Receiver<Option<Term>>,
    lists: Lists,
    listing: PeriodicTask,
    requests: PeriodicTask,
    top_up: PeriodicTask,
    audit: PeriodicTask,
    terms: PeriodicTask,
    /// About what the audit found.
    differences: DeduplicatedLogs,
}

impl Maintenance {
    pub fn new(context: Context, leads: watch::Receiver<Option<Term>>) -> Self {
        Self {
            context,
            leads,
            lists: Lists::default(),
            listing: PeriodicTask::default(),
            requests: PeriodicTask::default(),
            top_up: PeriodicTask::default(),
            audit: PeriodicTask::default(),
            terms: PeriodicTask::default(),
            differences: DeduplicatedLogs::default(),
        }
    }

    pub async fn run(mut self, shutdown: CancellationToken) -> Result<()> {
        loop {
            let term = self.leads.borrow_and_update().clone();
            if let Some(term) = term {
                let context = self.context.under(&term);
                tokio::select! {
                    () = shutdown.cancelled() => return Ok(()),
                    outcome = self.round(&context) => outcome?,
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = sleep(TICK_INTERVAL) => {}
                _ = self.leads.changed() => {}
            }
        }
    }

    async fn round(&mut self, context: &Context) -> Result<()> {
        let config = &context.config;
        if self.terms.is_due(TERMS_INTERVAL) {
            self.terms.record(guard_terms(context).await, "the contract's terms could not be read")?;
        }
        if self.listing.is_due(config.listing.interval) {
            let outcome = self.lists.round(context).await;
            self.listing.record(outcome, "the listed nodes could not be looked at")?;
        }
        if self.requests.is_due(TICK_INTERVAL) {
            self.requests.record(request::queue(context).await, "operators' requests could not be read")?;
        }
        if self.top_up.is_due(config.funding_interval) {
            self.top_up.record(top_up::top_up(context).await, "the wallets' balances could not be looked at")?;
        }
        if self.audit.is_due(config.audit_interval) {
            self.audit.record(
                audit::audit(context, &mut self.differences).await,
                "the nodes could not be compared with the contract",
            )?;
        }
        Ok(())
    }
}
