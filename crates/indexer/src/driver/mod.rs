//! Carries out what the engine decides, with a real chain, a real database, and a clock.

pub(crate) mod ask;
mod fill;
mod lease;
mod named;
mod progress;
mod report;
mod rows;
mod standing;
pub(crate) mod watched;
mod writer;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_chain::{Chain, Wake};
use linkpool_db::{Database, lease::Lease};
use linkpool_primitives::{Address, IndexerState};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use progress::{Observer, Progress, log_lines};
pub use standing::Standing;

use crate::{
    Error, Result,
    engine::{Effect, Engine, Input, Millis, Settings, Write},
};
use ask::Asker;
use fill::Filler;
use progress::Meter;
use report::Reporter;
use rows::Rows;
use watched::Watch;
use writer::{Job, Writer};

/// Without progress for this long the state says so: within a minute, whatever is in the way.
const STALLED_TIMEOUT: Duration = Duration::from_secs(50);
/// Answers that wait for an earlier one, or for the database.
const WAITING_BYTES: usize = 16 << 20;

/// How long stopping waits for what was begun.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// What the indexer needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    pub pool: Address,
    /// Most final blocks asked for at once. The range finds its own length below that.
    pub range: u64,
    /// How often the head is looked at, where no subscription tells of it.
    pub poll: Duration,
}

/// Follows the contract until `shutdown`, or until an error that waiting can't mend; the reason is then in the database too.
/// A second instance on the same database stands by and takes over within seconds.
pub async fn run(config: Config, chain: Chain, database: Database, shutdown: CancellationToken) -> Result<()> {
    run_observed(config, chain, database, shutdown, log_lines, Standing::default()).await
}

/// [`run`], telling its progress to somebody else than the log, and how it stands to whoever asks.
pub async fn run_observed(
    config: Config,
    chain: Chain,
    database: Database,
    shutdown: CancellationToken,
    observer: Observer,
    standing: Standing,
) -> Result<()> {
    let watch = Arc::new(Watch::new(config.pool));
    let filler = Filler { chain: chain.clone(), database: database.clone(), pool: config.pool, most_blocks: config.range };
    let Writer { jobs, inputs, task: writer } = writer::start(database.clone(), standing.clone(), watch.clone(), filler);
    let mut driver = Driver::new(&config, chain, watch, jobs, observer);
    let ended = driver.drive(inputs, lease::keep(database, standing, shutdown.clone()), &shutdown).await;
    driver.asks.abort_all();
    // What the writer has begun it finishes, unless somebody keeps it from that; then the lease goes, so that another need not
    // wait for its end.
    let Driver { jobs, lease_task, .. } = driver;
    drop(jobs);
    let end = tokio::time::Instant::now() + STOP_TIMEOUT;
    for task in std::iter::once(writer).chain(lease_task) {
        let abort = task.abort_handle();
        if tokio::time::timeout_at(end, task).await.is_err() {
            warn!("a write to the database does not end; it is cut off");
            abort.abort();
        }
    }
    ended
}

struct Driver {
    engine: Engine<Rows>,
    asker: Arc<Asker>,
    asks: JoinSet<Input<Rows>>,
    jobs: mpsc::Sender<Job>,
    lease: Option<Lease>,
    lease_task: Option<tokio::task::JoinHandle<()>>,
    reporter: Reporter,
    meter: Meter,
    observer: Observer,
    poll: Duration,
    started: Instant,
    /// The write that is under way: block, events, head, whether it catches up, and the ancestor of a swap.
    under_way: Option<(u64, u64, u64, bool, Option<u64>)>,
    /// Whether the log has it that writes fail.
    write_fails: bool,
}

impl Driver {
    fn new(config: &Config, chain: Chain, watch: Arc<Watch>, jobs: mpsc::Sender<Job>, observer: Observer) -> Self {
        let settings = Settings {
            max_blocks: config.range,
            poll_ms: millis(config.poll).max(1),
            stalled_after_ms: millis(STALLED_TIMEOUT),
            endpoints: chain.endpoints().len(),
            max_bytes: WAITING_BYTES,
        };
        Self {
            engine: Engine::new(settings),
            reporter: Reporter::new(chain.clone()),
            asker: Arc::new(Asker::new(chain, watch)),
            asks: JoinSet::new(),
            jobs,
            lease: None,
            lease_task: None,
            meter: Meter::new(),
            observer,
            poll: config.poll,
            started: Instant::now(),
            under_way: None,
            write_fails: false,
        }
    }

    async fn drive(
        &mut self,
        mut inputs: mpsc::Receiver<Input<Rows>>,
        (mut leases, lease_task): (mpsc::Receiver<Option<Lease>>, tokio::task::JoinHandle<()>),
        shutdown: &CancellationToken,
    ) -> Result<()> {
        self.lease_task = Some(lease_task);
        let mut new_heads = self.asker.chain.subscribe_heads(self.poll);
        loop {
            let wake =
                self.started + Duration::from_millis(self.engine.wake_at().min(millis(Duration::from_secs(3_600)) + self.now()));
            let input = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                Some(input) = inputs.recv() => input,
                Some(lease) = leases.recv() => {
                    tokio::select! { () = shutdown.cancelled() => return Ok(()), leased = self.leased(lease) => leased? }
                    continue;
                }
                Some(answer) = self.asks.join_next(), if !self.asks.is_empty() => match answer {
                    Ok(input) => input,
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                // Announced by a subscription; without one the engine looks at the clock by itself.
                wake = new_heads.next() => match wake {
                    Wake::Announced => {
                        self.asker.announce();
                        Input::Woken
                    }
                    Wake::Look => Input::Tick,
                },
                () = tokio::time::sleep_until(wake.into()) => Input::Tick,
            };
            // While the writer hangs, a job waits for its turn there.
            tokio::select! { () = shutdown.cancelled() => return Ok(()), stepped = self.step(input) => stepped? }
        }
    }

    async fn leased(&mut self, lease: Option<Lease>) -> Result<()> {
        let had = std::mem::replace(&mut self.lease, lease);
        if had == self.lease {
            return Ok(());
        }
        (self.observer)(&Progress::Leadership { leads: self.lease.is_some() });
        if had.is_some() {
            self.step(Input::LeaseLost).await?;
        }
        if self.lease.is_some() {
            self.step(Input::LeaseGained).await?;
        }
        Ok(())
    }

    async fn step(&mut self, input: Input<Rows>) -> Result<()> {
        self.observe(&input);
        let are_heads = matches!(input, Input::Heads(..));
        let effects = self.engine.step(self.now(), input);
        if are_heads {
            self.engine.rest_until(self.now() + millis(self.asker.looks.pause(self.poll)));
        }
        for effect in effects {
            self.carry_out(effect).await?;
        }
        if self.engine.is_leader()
            && let Some(reports) = self.reporter.due()
        {
            self.hand_in_as_leader(|lease| Job::Report(lease, reports)).await;
        }
        Ok(())
    }

    async fn carry_out(&mut self, effect: Effect<Rows>) -> Result<()> {
        match effect {
            Effect::Ask(id, ask) => {
                let asker = self.asker.clone();
                self.asks.spawn(async move { asker.ask(id, ask).await });
            }
            Effect::Load => self.hand_in_as_leader(Job::Load).await,
            Effect::LoadLedger(at) => self.hand_in_as_leader(|lease| Job::LoadLedger(lease, at)).await,
            Effect::Write(write) => self.write(write).await,
            Effect::Seen(heads) => self.hand_in_as_leader(|lease| Job::Seen(lease, heads)).await,
            Effect::SetState(state, detail) => {
                warn!(state = state.as_str(), detail, "the indexer's condition changed");
                self.hand_in_as_leader(|lease| Job::SetState(lease, state, detail)).await;
            }
            Effect::ReportFaulty(endpoint, what) => {
                self.asker.chain.report_faulty(&endpoint, &what);
                self.reporter.reported_faulty(&endpoint, what);
            }
            Effect::Deprioritize(endpoint) => self.asker.chain.deprioritize(&endpoint),
            Effect::Log(what) => warn!("{what}"),
            Effect::Stop { block, finalized } => {
                let error = Error::BelowFinality { block, finalized };
                let detail = Some(error.to_string());
                let say = |lease| Job::SetState(lease, IndexerState::ReorgBelowFinality, detail);
                self.hand_in_as_leader(say).await;
                return Err(error);
            }
        }
        Ok(())
    }

    async fn write(&mut self, write: Box<Write<Rows>>) {
        let events = write.payloads.iter().map(|rows| rows.events.len() as u64).sum();
        let ancestor = write.ancestor.map(|block| block.number);
        self.under_way = Some((write.to.number, events, write.heads.head.number, write.caught_up, ancestor));
        self.hand_in_as_leader(|lease| Job::Write(lease, write)).await;
    }

    fn observe(&mut self, input: &Input<Rows>) {
        let Input::Written(outcome) = input else { return };
        let Some((block, events, head, caught_up, ancestor)) = self.under_way.take() else { return };
        if !matches!(outcome, crate::engine::Outcome::Written | crate::engine::Outcome::Changed) {
            match outcome {
                crate::engine::Outcome::Failed(reason) => {
                    self.write_fails = true;
                    warn!(reason, block, "a write failed; the same blocks are read and written again")
                }
                // Another instance writes, or wrote meanwhile, or another contract is followed by now: nothing is wrong.
                outcome => info!(?outcome, block, "something else was written first"),
            }
            return;
        }
        if std::mem::take(&mut self.write_fails) {
            info!(block, "over: a write failed");
        }
        let progress = match ancestor {
            Some(ancestor) => Some(Progress::Reorg { ancestor, block, events }),
            None => self.meter.written(Instant::now(), block, events, head, caught_up),
        };
        if let Some(progress) = progress {
            (self.observer)(&progress);
        }
    }

    /// Everything that is written is written under the lease: who was followed by another has nothing to say any more.
    async fn hand_in_as_leader(&self, job: impl FnOnce(Lease) -> Job) {
        if let Some(lease) = self.lease.clone() {
            self.hand_in(job(lease)).await;
        }
    }

    /// The writer outlives the driver, so a job always has a taker.
    async fn hand_in(&self, job: Job) {
        let _ = self.jobs.send(job).await;
    }

    fn now(&self) -> Millis {
        millis(self.started.elapsed())
    }
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}
