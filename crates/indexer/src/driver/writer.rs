//! The one place that writes: jobs one after the other, so that a load never overtakes the write before it.

use std::time::Duration;

use linkpool_db::{
    Database, Error,
    cursor::Tags,
    endpoint::EndpointReport,
    ingest::{Batch, Header},
    lease::Lease,
};
use linkpool_primitives::IndexerState;
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::{rows::Rows, standing::Standing};
use crate::engine::{Heads, Input, Kept, Outcome, Snapshot, Write};

/// Jobs that may wait. The engine has one write open at a time; the rest are small.
const WAITING: usize = 64;
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// Reading where one stands, and writing a batch: what takes longer hangs. A write that is given up may have been committed all the
/// same, which only the database tells.
const LOAD_TIMEOUT: Duration = Duration::from_secs(60);
const WRITE_TIMEOUT: Duration = Duration::from_secs(120);
/// What there is to say besides is small: where it takes longer its connection is lost, and the writer is wanted for more.
const SMALL_WRITE_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) enum Job {
    Load,
    LoadLedger(u64),
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
pub(super) fn start(database: Database, standing: Standing) -> Writer {
    let (jobs, mut waiting) = mpsc::channel(WAITING);
    let (told, inputs) = mpsc::channel(WAITING);
    let task = tokio::spawn(async move {
        let mut silent = false;
        while let Some(job) = waiting.recv().await {
            standing.begins();
            let input = tokio::select! {
                input = work(&database, job, &mut silent) => input,
                () = standing.given_up() => Some(Input::Written(Outcome::Fenced)),
            };
            standing.ends();
            if let Some(input) = input {
                // The driver is gone: what was begun is done, and nobody asks for more.
                let _ = told.send(input).await;
            }
        }
    });
    Writer { jobs, inputs, task }
}

async fn work(database: &Database, job: Job, silent: &mut bool) -> Option<Input<Rows>> {
    let mut noted = |outcome: Result<(), String>| {
        match outcome {
            Ok(()) if std::mem::take(silent) => info!("over: what the indexer has to say could not be written"),
            Ok(()) => {}
            Err(error) => {
                *silent = true;
                warn!(error, "what the indexer has to say could not be written");
            }
        }
        None
    };
    match job {
        Job::Load => Some(load(database).await),
        Job::LoadLedger(at) => Some(match within(LOAD_TIMEOUT, database.last_values(at)).await {
            Ok(last) => Input::Ledger(at, last),
            Err(problem) => Input::LoadFailed(problem),
        }),
        Job::Write(lease, write) => Some(Input::Written(self::write(database, &lease, *write).await)),
        Job::Seen(lease, heads) => noted(within(SMALL_WRITE_TIMEOUT, database.set_tags(Some(&lease), tags(&heads))).await),
        Job::Report(lease, reports) => {
            noted(within(SMALL_WRITE_TIMEOUT, database.report_endpoints(Some(&lease), &reports)).await)
        }
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
            noted(said)
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

async fn load(database: &Database) -> Input<Rows> {
    match within(LOAD_TIMEOUT, database.resume()).await {
        Ok(Some(resume)) => Input::Loaded(Snapshot {
            cursor: resume.cursor.block,
            finalized: resume.cursor.tags.finalized,
            state: resume.cursor.state,
            headers: resume.headers.iter().map(|kept| Kept { number: kept.number, hash: kept.hash, logs: kept.logs }).collect(),
            start: resume.start,
            ledger: resume.last,
        }),
        Ok(None) => Input::LoadFailed("the database follows no contract yet".into()),
        Err(problem) => Input::LoadFailed(problem),
    }
}

async fn write(database: &Database, lease: &Lease, write: Write<Rows>) -> Outcome {
    let mut batch = Batch {
        to: write.to,
        tags: tags(&write.heads),
        caught_up: write.caught_up,
        headers: write.headers.iter().map(|header| Header { block: header.block, parent_hash: header.parent_hash }).collect(),
        events: Vec::new(),
        dead_letters: Vec::new(),
    };
    for mut rows in write.payloads {
        if batch.events.is_empty() {
            std::mem::swap(&mut batch.events, &mut rows.events);
        } else {
            batch.events.append(&mut rows.events);
        }
        batch.dead_letters.append(&mut rows.dead_letters);
    }
    let fence = (&write.expected, lease);
    let written = async {
        match &write.ancestor {
            None => database.append(fence, &batch).await,
            Some(ancestor) => database.replace(fence, ancestor, &batch).await,
        }
    };
    let Ok(written) = tokio::time::timeout(WRITE_TIMEOUT, written).await else {
        return Outcome::Failed(format!("the database did not answer for {} s", WRITE_TIMEOUT.as_secs()));
    };
    match written {
        Ok(()) => Outcome::Written,
        Err(Error::CursorMoved { .. }) => Outcome::CursorMoved,
        Err(Error::LeaseLost { .. }) => Outcome::Fenced,
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

fn tags(heads: &Heads) -> Tags {
    Tags { head: heads.head.number, safe: heads.safe, finalized: heads.finalized }
}
