//! The role `reporter`: looks at the chain, asks the source when it is time, reports by the durable path.

use alloy::sol_types::SolCall;
use linkpool_contracts::pool::{registryCall, reportNetworkCall, termsCall};
use linkpool_db::{Database, tx::RequestState};
use linkpool_health::{DeduplicatedLog, Heartbeat};
use linkpool_primitives::B256;
use linkpool_tx_manager::{NewTransactionRequest, Outcome, Sender, TransactionKind, Until};
use metrics::{counter, gauge};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    Due, Error, Known, ReporterConfig, Result,
    judge::{believe, due},
    source::Reader,
};

/// Most reports after one and the same report that may have failed; each costs gas.
const MAX_FAILED: u32 = 20;

/// Runs until `shutdown`. Two may run at once: both hand in the same report under the same key, and it is sent once.
///
/// # Errors
/// Only those that no waiting mends.
pub async fn run(
    config: ReporterConfig,
    database: Database,
    sender: Sender,
    chain: linkpool_chain::Chain,
    heartbeat: Heartbeat,
    shutdown: CancellationToken,
) -> Result<()> {
    // There before the first: an alert on a series that is not there never fires.
    for reason in ["source", "nothing", "halved", "doubled", "too_many", "refused", "unreachable"] {
        counter!("linkpool_reporter_failures_total", "reason" => reason).increment(0);
    }
    let (reader, warnings) = (Reader::new().map_err(Error::Client)?, DeduplicatedLog::default());
    let mut reporter = Reporter { config, database, sender, chain, reader, warnings, report_age: None };
    loop {
        let passed = tokio::select! { () = shutdown.cancelled() => return Ok(()), passed = reporter.pass(&shutdown) => passed };
        match passed {
            Ok(()) => {
                reporter.warnings.over();
                heartbeat.ok(true);
            }
            Err(error) if error.is_transient() => reporter.failed(&error, &heartbeat),
            Err(error) => return Err(error),
        }
        tokio::select! { () = shutdown.cancelled() => return Ok(()), () = sleep(reporter.config.poll_interval) => {} }
    }
}

struct Reporter {
    config: ReporterConfig,
    database: Database,
    sender: Sender,
    chain: linkpool_chain::Chain,
    reader: Reader,
    warnings: DeduplicatedLog,
    report_age: Option<u64>,
}

impl Reporter {
    async fn pass(&mut self, shutdown: &CancellationToken) -> Result<()> {
        let head = self.chain.told_newest().await?.answer;
        let registry = self.chain.call_at(self.config.pool, &registryCall {}, head.hash).await?;
        let (report_age, reported_at) = (self.report_age(head.hash).await?, registry.reportedAt.to::<u64>());
        let (report_after, least_interval) = (self.config.report_after.as_secs(), self.config.least_interval.as_secs());
        if report_after >= report_age {
            return Err(Error::TooRare { report_age_seconds: report_age });
        }
        let known = Known { reported: registry.reported, reported_at, now: head.timestamp };
        show(&known, report_age);
        // Asked at every pass, so that a source that breaks is known days before it is needed.
        let size = believe(self.reader.read(&self.config.source).await?, known)?;
        gauge!("linkpool_reporter_source_size").set(size);
        let due = due(size, known, report_after, least_interval);
        if due == Due::NotYet {
            return Ok(());
        }
        tracing::info!(size, reported = known.reported, ?due, "reporting the network's size");
        self.report(size, reported_at, shutdown).await
    }

    /// How long the pool counts a report. It is one of its terms, which never change: asked for once.
    async fn report_age(&mut self, block_hash: B256) -> Result<u64> {
        if let Some(known) = self.report_age {
            return Ok(known);
        }
        let terms = self.chain.call_at(self.config.pool, &termsCall {}, block_hash).await?;
        Ok(*self.report_age.insert(terms.reportAge.to()))
    }

    /// The report that it follows names it, so that it is made once: the next look finds that one's successor on chain.
    async fn report(&self, size: u32, reported_at: u64, shutdown: &CancellationToken) -> Result<()> {
        let call = reportNetworkCall { size }.abi_encode();
        let request = NewTransactionRequest::call(TransactionKind::Report, self.config.pool, call);
        let id = self.hand_in(&request, reported_at).await?;
        match self.sender.drive(id, Until::Mined, shutdown).await? {
            Outcome::Mined(mined) => {
                tracing::info!(size, block = mined.block_number, "the network's size is reported");
                counter!("linkpool_reporter_reports_total").increment(1);
                Ok(())
            }
            Outcome::AlreadyDone | Outcome::Unfinished { .. } => Ok(()),
            Outcome::Refused { reason } | Outcome::Reverted { reason, .. } | Outcome::Failed { reason } => {
                Err(Error::Refused { reason })
            }
            Outcome::Cancelled => Err(Error::Refused { reason: "somebody cancelled it".into() }),
        }
    }

    /// One that was begun is finished, whatever the source says by now.
    async fn hand_in(&self, request: &NewTransactionRequest, reported_at: u64) -> Result<i64> {
        let account = self.sender.account();
        for attempt in 0..MAX_FAILED {
            let (chain_id, pool, address) = (account.chain_id, self.config.pool, account.address);
            let key = format!("reporter/{chain_id}/{pool:#x}/{address:#x}/{reported_at}/{attempt}");
            let known = match self.database.find_transaction(&key).await? {
                Some(id) => self.database.transaction(id).await?,
                None => None,
            };
            match known.map(|view| (view.id, view.state)) {
                None => return Ok(self.sender.submit(&key, request).await?),
                Some((_, RequestState::Failed | RequestState::Cancelled)) => {}
                // Nothing was sent under it. It is tried again, and where the number has changed, the next key has the new one.
                Some((_, RequestState::Refused)) => match self.sender.submit(&key, request).await {
                    Err(linkpool_tx_manager::Error::OtherRequest { .. }) => {}
                    submitted => return Ok(submitted?),
                },
                Some((id, _)) => return Ok(id),
            }
        }
        Err(Error::Refused { reason: format!("{MAX_FAILED} reports have failed one after the other: a person must look") })
    }

    fn failed(&mut self, error: &Error, heartbeat: &Heartbeat) {
        let code = match error {
            Error::Unbelievable(unbelievable) => unbelievable.code(),
            Error::Source(_) => "source",
            Error::Refused { .. } => "refused",
            _ => "unreachable",
        };
        counter!("linkpool_reporter_failures_total", "reason" => code).increment(1);
        self.warnings.warn(error, "the network's size is not reported; the guard closes when the last report is too old");
        heartbeat.failed(error.to_string());
    }
}

fn show(known: &Known, report_age: u64) {
    let age = known.now.saturating_sub(known.reported_at);
    gauge!("linkpool_reporter_report_age_seconds").set(age as f64);
    gauge!("linkpool_reporter_report_left_seconds").set(report_age.saturating_sub(age) as f64);
}
