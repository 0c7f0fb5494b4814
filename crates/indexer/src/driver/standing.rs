//! How an instance stands, for those beside it who ask: by which lease it writes, and since when it has been at one and the same write.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use linkpool_db::lease::Lease;
use tokio::sync::Notify;

/// Half of what one statement may take: a write that lasts longer is in trouble, and it is said before it is given up.
const SLOW_WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    state: Arc<Mutex<State>>,
    given_up: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    lease: Option<Lease>,
    at_work: Option<Instant>,
}

impl Standing {
    /// The lease by which this instance writes; `None` while it does not.
    pub fn lease(&self) -> Option<Lease> {
        self.state().lease.clone()
    }

    /// Why nothing can be written, in a sentence, where a write does not end.
    pub fn trouble(&self) -> Option<String> {
        let hangs = self.at_work_for().filter(|hangs| *hangs >= SLOW_WRITE_TIMEOUT)?;
        let seconds = hangs.as_secs();
        Some(format!(
            "the database can't be written for {seconds} s: a write does not end; does something hold the row of `cursor`?"
        ))
    }

    pub(super) fn at_work_for(&self) -> Option<Duration> {
        self.state().at_work.map(|since| since.elapsed())
    }

    pub(super) fn holds(&self, lease: Option<Lease>) {
        self.state().lease = lease;
    }

    pub(super) fn begins(&self) {
        self.state().at_work = Some(Instant::now());
    }

    pub(super) fn ends(&self) {
        self.state().at_work = None;
    }

    /// What the writer is at is in vain: another instance writes.
    pub(super) fn give_up(&self) {
        self.given_up.notify_waiters();
    }

    /// Returns when what has been begun is in vain.
    pub(super) async fn given_up(&self) {
        self.given_up.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
