//! Whether this process can serve, for load balancers and supervisors. No envelope, no rate limit.
#![deny(clippy::wildcard_enum_match_arm)]

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use linkpool_db::{Reader, cursor::Cursor};
use linkpool_primitives::IndexerState;
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::service_state::ServiceState;

/// Blocks behind the head from which the indexer counts as catching up.
const CATCHING_UP_BLOCKS: u64 = 32;
/// Seconds after which an indexer that has not seen the chain counts as standing still.
const SILENT_SECONDS: u64 = 60;

/// How long a database that has gone is waited for: longer than between two looks at one that is there.
pub(crate) const LOOK_TIMEOUT: Duration = Duration::from_millis(1_500);
/// How long an answer of `/health` and `/ready` is kept: nobody needs to ask more often, and nobody limits who asks.
const MAX_CACHE_AGE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Health {
    /// As in `/api/v1/status`; `unreachable` when the database does not answer.
    pub state: ServiceState,
    pub severity: Severity,
    pub detail: Option<String>,
    /// What to do about it.
    pub action: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    Ok,
    /// Everything is served and kept up to date, and something is to be looked at.
    Degraded,
    /// What is served no longer follows the chain, or nothing is served.
    Fatal,
}

/// The last answer from the database.
#[derive(Debug, Default)]
pub(crate) struct HealthCache(Mutex<Option<(Instant, Reading)>>);

#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub health: Health,
    pub cursor: Option<Cursor>,
}

impl HealthCache {
    /// The lock is held while the database is asked, so that a crowd asks once. `gone` ends when it need not be waited for.
    pub async fn read(&self, database: &Reader, gone: impl Future<Output = ()>) -> Reading {
        let mut kept = self.0.lock().await;
        if let Some((_, reading)) = kept.as_ref().filter(|(at, _)| at.elapsed() < MAX_CACHE_AGE) {
            return reading.clone();
        }
        let reading = tokio::select! {
            reading = Reading::take(database) => reading,
            () = gone => Reading::unreachable(),
        };
        *kept = Some((Instant::now(), reading.clone()));
        reading
    }
}

impl Reading {
    async fn take(database: &Reader) -> Self {
        let look = async {
            let Some(mut snapshot) = database.snapshot().await? else { return Ok::<_, linkpool_db::Error>(None) };
            let (dead_letters, _) = snapshot.dead_letter_count().await?;
            let differences = snapshot.last_verification().await?.map_or(0, |found| found.differences);
            Ok(Some((snapshot.cursor().clone(), dead_letters, differences)))
        };
        match look.await {
            Ok(Some((cursor, dead_letters, differences))) => {
                Self { health: of(&cursor, dead_letters, differences), cursor: Some(cursor) }
            }
            Ok(None) => Self::without(ServiceState::NotReady, "no deployment is recorded yet", "start `linkpool index`"),
            Err(error) => {
                tracing::warn!(%error, "the database did not answer");
                Self::unreachable()
            }
        }
    }

    fn unreachable() -> Self {
        let action = "check that Postgres runs and can be reached";
        Self::without(ServiceState::Unreachable, "the database does not answer", action)
    }

    fn without(state: ServiceState, detail: &str, action: &'static str) -> Self {
        let health = Health { state, severity: Severity::Fatal, detail: Some(detail.into()), action: Some(action) };
        Self { health, cursor: None }
    }
}

/// What the cursor, the logs that could not be read and the last comparison with the contract say together.
pub(crate) fn of(cursor: &Cursor, dead_letters: u64, differences: u64) -> Health {
    let state = state(cursor);
    let mut health =
        Health { state: ServiceState::Indexer(state), severity: Severity::Ok, detail: detail(cursor), action: action(state) };
    if !is_moving(cursor) {
        health.severity = Severity::Fatal;
    } else if state == IndexerState::CannotRecheck {
        health.severity = Severity::Degraded;
    } else if differences > 0 {
        health.severity = Severity::Degraded;
        health.detail = Some(format!("the last comparison with the contract found {differences} differences"));
        health.action = Some("run `linkpool verify --repair`");
    } else if dead_letters > 0 {
        health.severity = Severity::Degraded;
        health.detail = Some(format!("{dead_letters} logs of the contract could not be read and are missing from the figures"));
        health.action = Some("run a newer executable, then `linkpool repair --from` the block that `/api/v1/status` names");
    }
    health
}

/// Whether the indexer follows the chain, near its head or not.
pub(crate) fn is_moving(cursor: &Cursor) -> bool {
    state(cursor).is_moving()
}

fn action(state: IndexerState) -> Option<&'static str> {
    match state {
        IndexerState::Ok | IndexerState::Backfilling => None,
        IndexerState::ReorgBelowFinality => Some(
            "compare the block that the detail names at another provider; if the chain really changed, run `linkpool repair` and start the indexer again",
        ),
        IndexerState::BlockTooLarge => Some("give an RPC endpoint that answers the logs of a whole block"),
        IndexerState::CannotLoad | IndexerState::CannotWrite => {
            Some("read the detail; check that Postgres takes writes and is not locked by something else")
        }
        IndexerState::CannotRecheck => Some("read the detail; give another RPC endpoint, and run `linkpool verify`"),
        IndexerState::CannotServe => Some("read the detail; give another RPC endpoint: docs/indexer.md says what one must offer"),
        IndexerState::Stalled => Some("read the detail; check that `linkpool index` runs and that its RPC endpoints answer"),
    }
}

/// Whether the tables once were near the head since this process started. A later lag is `/health`'s affair: taking an
/// API that answers with old figures out of service helps nobody.
#[derive(Debug, Default)]
pub(crate) struct Readiness(AtomicBool);

impl Readiness {
    pub fn observe(&self, cursor: &Cursor) -> bool {
        if state(cursor) == IndexerState::Ok {
            self.0.store(true, Ordering::Relaxed);
        }
        self.0.load(Ordering::Relaxed)
    }
}

/// The indexer's state as the API shows it: `ok` far behind the head is `backfilling`, and nobody looking at the chain is
/// `stalled`, whatever was written last.
pub(crate) fn state(cursor: &Cursor) -> IndexerState {
    if cursor.seen_seconds_ago > SILENT_SECONDS && cursor.state.is_moving() {
        return IndexerState::Stalled;
    }
    let is_far = cursor.state == IndexerState::Ok && lag_blocks(cursor) > CATCHING_UP_BLOCKS;
    if is_far { IndexerState::Backfilling } else { cursor.state }
}

/// Why the state is what it is.
pub(crate) fn detail(cursor: &Cursor) -> Option<String> {
    let silent = || {
        let seconds = cursor.seen_seconds_ago;
        format!(
            "the indexer has not seen the chain for {seconds} s: check that `linkpool index` runs and reaches its RPC endpoint"
        )
    };
    let is_silent = cursor.seen_seconds_ago > SILENT_SECONDS;
    cursor.state_detail.clone().or_else(|| is_silent.then(silent))
}

/// Why there is nothing to serve yet. Of an index that stands still it says why, and not how many blocks are left as far as it knows.
pub(crate) fn not_yet(cursor: &Cursor) -> String {
    if is_moving(cursor) {
        return format!("{} blocks are still to be indexed; try again in a moment", lag_blocks(cursor));
    }
    let detail = detail(cursor).unwrap_or_else(|| "no reason is stored".to_owned());
    format!("the index stands still ({}): {detail}", state(cursor))
}

pub(crate) fn lag_blocks(cursor: &Cursor) -> u64 {
    cursor.tags.head.saturating_sub(cursor.block.number)
}
