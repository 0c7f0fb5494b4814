//! The one place that writes: jobs one after the other, so that a load never overtakes the write before it.

use std::{sync::Arc, time::Duration};

use linkpool_db::{
    Database, Error,
    cursor::Tags,
    endpoint::EndpointReport,
    events::Events,
    ingest::{self, Batch, Header, KeptHeader, OfFollowed},
    lease::Lease,
};
use linkpool_primitives::IndexerState;
use tokio::{sync::mpsc, time::Instant};
use tracing::{info, warn};

use super::{
    fill::{Filler, Filling},
    named::Named,
    rows::Rows,
    standing::Standing,
    watched::Watch,
};
use crate::engine::{Heads, Input, Kept, Outcome, Snapshot, Write};

/// Jobs that may wait. The engine has one write open at a time; the rest are small.
const WAITING: usize = 64;
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// After so long without a write what can wait is done; and so long after it has failed.
const IDLE_DELAY: Duration = Duration::from_millis(500);
/// That the chain was seen is said so late: the write of what was seen says it, too, and most often comes first.
const SEEN_DELAY: Duration = Duration::from_millis(200);
const LONG_DELAY: Duration = Duration::from_secs(5);
/// Reading where one stands, and writing a batch: what takes longer hangs. A write that is given up may have been committed all the
/// same, which only the database tells.
const LOAD_TIMEOUT: Duration = Duration::from_secs(60);
const WRITE_TIMEOUT: Duration = Duration::from_secs(120);
/// One index: a minute for ten million events.
const INDEX_TIMEOUT: Duration = Duration::from_secs(600);
/// What there is to say besides is small: where it takes longer its connection is lost, and the writer is wanted for more.
const SMALL_WRITE_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) enum Job {
    Load(Lease),
    LoadLedger(Lease, u64),
    Write(Lease, Box<Write<Rows>>),
    Seen(Lease, Heads),
    SetState(Lease, IndexerState, Option<String>),
    Report(Lease, Vec<EndpointReport>),
}

/// The writer from outside: where jobs go in, where what they have to say comes out, and its task.
pub(super) struct Writer {
    pub jobs: mpsc::Sender<Job>,
    pub inputs: mpsc::Receiver<Input<Rows>>,
    pub task: tokio::task::JoinHandle<()>,
}

/// Takes jobs until the sender is dropped.
pub(super) fn start(database: Database, standing: Standing, watch: Arc<Watch>, filler: Filler) -> Writer {
    let (jobs, waiting) = mpsc::channel(WAITING);
    let (told, inputs) = mpsc::channel(WAITING);
    let worker = Worker {
        rows: ingest::Writer::new(database.clone()),
        database,
        standing,
        watch,
        filler,
        filling: None,
        named: None,
        lease: None,
        seen: None,
        is_at_tip: false,
        has_all_indexes: false,
        is_silent: false,
    };
    let task = tokio::spawn(worker.work(waiting, told));
    Writer { jobs, inputs, task }
}

/// Who does the jobs, and what can wait when there are none.
struct Worker {
    database: Database,
    rows: ingest::Writer,
    standing: Standing,
    watch: Arc<Watch>,
    filler: Filler,
    /// What reads the old logs of contracts that joined late.
    filling: Option<Filling>,
    /// What has the followed Operators be those that are named.
    named: Option<Named>,
    /// Of the last write.
    lease: Option<Lease>,
    /// What is still to be said of the chain's ends, and when.
    seen: Option<(Instant, Lease, Heads)>,
    /// Whether blocks are written that are not final yet, or the last there are.
    is_at_tip: bool,
    /// Whether that was looked for, and found.
    has_all_indexes: bool,
    /// Whether the log has it that what there is to say can't be written.
    is_silent: bool,
}

impl Worker {
    async fn work(mut self, mut waiting: mpsc::Receiver<Job>, told: mpsc::Sender<Input<Rows>>) {
        let mut idle_at = Instant::now();
        loop {
            let can_wait = (self.is_at_tip && !self.has_all_indexes) || self.rows.is_behind();
            let seen_at = self.seen.as_ref().map_or(idle_at, |(at, ..)| *at);
            tokio::select! {
                biased;
                job = waiting.recv() => {
                    let Some(job) = job else {
                        // What was begun is finished; what fails is taken from the events again.
                        let _ = self.rows.finish().await;
                        return;
                    };
                    let is_write = matches!(job, Job::Write(..));
                    if let Some(input) = self.take(job).await {
                        // The driver is gone: what was begun is done, and nobody asks for more.
                        let _ = told.send(input).await;
                    }
                    if is_write {
                        idle_at = Instant::now() + IDLE_DELAY;
                    }
                }
                () = tokio::time::sleep_until(seen_at), if self.seen.is_some() => {
                    if let Some((_, lease, heads)) = self.seen.take() {
                        self.standing.begins();
                        let said = within(SMALL_WRITE_TIMEOUT, self.database.set_tags(Some(&lease), tags(&heads))).await;
                        self.standing.ends();
                        self.say(said);
                    }
                }
                () = tokio::time::sleep_until(idle_at), if can_wait => {
                    if let Err(problem) = self.catch_up().await {
                        warn!(problem, "what follows from the newest blocks could not be written; it is tried again");
                        idle_at = Instant::now() + LONG_DELAY;
                    }
                }
            }
        }
    }

    async fn take(&mut self, job: Job) -> Option<Input<Rows>> {
        let standing = self.standing.clone();
        standing.begins();
        let input = tokio::select! {
            input = self.done(job) => input,
            () = standing.given_up() => Some(Input::Written(Outcome::Fenced)),
        };
        standing.ends();
        input
    }

    async fn done(&mut self, job: Job) -> Option<Input<Rows>> {
        let database = &self.database;
        let said = match job {
            Job::Load(lease) => return Some(self.load(&lease).await),
            Job::LoadLedger(lease, at) => {
                return Some(match within(LOAD_TIMEOUT, self.rows.last_values(&lease, at)).await {
                    Ok(last) => Input::Ledger(at, last),
                    Err(problem) => Input::LoadFailed(problem),
                });
            }
            Job::Write(lease, write) => return Some(Input::Written(self.write(lease, *write).await)),
            Job::Seen(lease, heads) => {
                let at = self.seen.take().map_or_else(|| Instant::now() + SEEN_DELAY, |(at, ..)| at);
                self.seen = Some((at, lease, heads));
                return None;
            }
            Job::Report(lease, reports) => within(SMALL_WRITE_TIMEOUT, database.report_endpoints(Some(&lease), &reports)).await,
            Job::SetState(lease, state, detail) => {
                // Why nothing moves must not be lost to a hiccup of the database.
                let mut said = Ok(());
                for _ in 0..3 {
                    said = within(SMALL_WRITE_TIMEOUT, database.set_state(Some(&lease), state, detail.as_deref())).await;
                    if said.is_ok() {
                        break;
                    }
                    tokio::time::sleep(RETRY_DELAY).await;
                }
                said
            }
        };
        self.say(said);
        None
    }

    /// What became of something that there was to say.
    fn say(&mut self, said: Result<(), String>) {
        match said {
            Ok(()) if std::mem::take(&mut self.is_silent) => info!("over: what the indexer has to say could not be written"),
            Ok(()) => {}
            Err(error) => {
                self.is_silent = true;
                warn!(error, "what the indexer has to say could not be written");
            }
        }
    }

    /// What follows from events that are written, and the indexes, one at a time: whatever comes meanwhile goes first.
    async fn catch_up(&mut self) -> Result<(), String> {
        if let Some(lease) = self.lease.clone().filter(|_| self.rows.is_behind()) {
            self.standing.begins();
            let caught_up = tokio::select! {
                caught_up = within(WRITE_TIMEOUT, self.rows.catch_up(&lease)) => caught_up,
                () = self.standing.given_up() => Err("another instance writes".to_owned()),
            };
            self.standing.ends();
            return caught_up;
        }
        // It holds no lease, and as long as it lasts nothing else is written by this instance.
        let is_built = within(INDEX_TIMEOUT, self.rows.build_indexes()).await?;
        if !is_built {
            info!("ready: every index is there");
            self.has_all_indexes = true;
        }
        Ok(())
    }

    async fn load(&mut self, lease: &Lease) -> Input<Rows> {
        // Whoever was here meanwhile may have begun anew.
        (self.is_at_tip, self.has_all_indexes) = (false, false);
        if !self.named.as_ref().is_some_and(|named| named.is_of(lease)) {
            self.named = Some(Named::begin(&self.database, lease));
        }
        match within(LOAD_TIMEOUT, self.rows.resume(lease)).await {
            Ok(Some(resume)) => {
                // What is asked from now on and what is known of the blocks before go together.
                self.watch.set(&resume.followed);
                if !self.filling.as_ref().is_some_and(|filling| filling.look(lease)) {
                    self.filling = Filling::begin(&self.filler, lease, &resume.followed);
                }
                let kept = |kept: &KeptHeader| Kept { number: kept.number, hash: kept.hash, logs: kept.logs };
                Input::Loaded(Snapshot {
                    cursor: resume.cursor.block,
                    finalized: resume.cursor.tags.finalized,
                    state: resume.cursor.state,
                    headers: resume.headers.iter().map(kept).collect(),
                    start: resume.start,
                    ledger: resume.last,
                })
            }
            Ok(None) => Input::LoadFailed("the database follows no contract yet".into()),
            Err(problem) => Input::LoadFailed(problem),
        }
    }

    /// Whether the logs of the same contracts are asked for after a write in which the pool may have passed to another owner.
    async fn followed(&self, may_change: bool) -> Outcome {
        if !may_change {
            return Outcome::Written;
        }
        match within(LOAD_TIMEOUT, self.database.followed()).await {
            Ok(followed) if self.watch.now().is_of(&followed) => Outcome::Written,
            Ok(_) => Outcome::Changed,
            Err(problem) => Outcome::Failed(problem),
        }
    }

    async fn write(&mut self, lease: Lease, write: Write<Rows>) -> Outcome {
        self.seen = None;
        let is_at_tip = write.caught_up || write.to.number > write.heads.finalized;
        let mut batch = Batch {
            to: write.to,
            tags: tags(&write.heads),
            caught_up: write.caught_up,
            headers: write.headers.iter().map(|header| Header { block: header.block, parent_hash: header.parent_hash }).collect(),
            events: Events::default(),
            dead_letters: Vec::new(),
            followed: OfFollowed::default(),
        };
        let may_change = write.payloads.iter().any(|rows| rows.changes_owner);
        for mut rows in write.payloads {
            // Each was asked for since the last load, and so are the same contracts' logs; should they not be, they are asked for again.
            if batch.followed.version.is_some_and(|version| rows.version.is_some_and(|other| other != version)) {
                return Outcome::CursorMoved;
            }
            batch.followed.version = batch.followed.version.or(rows.version);
            batch.events.append(rows.events);
            batch.followed.events.append(&mut rows.contract_events);
            batch.dead_letters.append(&mut rows.dead_letters);
        }
        let written = async {
            match &write.ancestor {
                None => self.rows.append(&write.expected, &lease, &batch).await,
                Some(ancestor) => self.rows.replace(&write.expected, &lease, ancestor, &batch).await,
            }
        };
        let written = tokio::time::timeout(WRITE_TIMEOUT, written).await;
        self.lease = Some(lease);
        let Ok(written) = written else {
            return Outcome::Failed(format!("the database did not answer for {} s", WRITE_TIMEOUT.as_secs()));
        };
        match written {
            Ok(()) => {
                self.is_at_tip = is_at_tip;
                self.followed(may_change).await
            }
            Err(Error::CursorMoved { .. }) => Outcome::CursorMoved,
            Err(Error::LeaseLost { .. }) => Outcome::Fenced,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}

/// The outcome, or that there is none in time.
async fn within<T>(longest: Duration, work: impl Future<Output = linkpool_db::Result<T>>) -> Result<T, String> {
    match tokio::time::timeout(longest, work).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err(format!("the database did not answer for {} s", longest.as_secs())),
    }
}

fn tags(heads: &Heads) -> Tags {
    Tags { head: heads.head.number, safe: heads.safe, finalized: heads.finalized }
}
