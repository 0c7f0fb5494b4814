//! Which connections wait for a request, and which has waited longest: where no more may be open, that one makes room.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The rest of a connection whose request is being answered.
const NO_REST: u64 = 0;

/// The connections that wait, in the order in which they began to.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    queue: Mutex<Queue>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    newest: u64,
    ends: BTreeMap<u64, CancellationToken>,
}

impl Waiting {
    /// Ends the one that has waited longest, as soon as any does.
    pub async fn end_longest(&self) {
        loop {
            let longest = self.queue().ends.pop_first();
            match longest {
                Some((_, end)) => return end.cancel(),
                None => self.more.notified().await,
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection: it waits for a request, or answers one.
#[derive(Debug)]
pub(super) struct Rests {
    waiting: Arc<Waiting>,
    /// Each time that it waits has a number of its own. Changes with the queue alone.
    rest: AtomicU64,
    end: CancellationToken,
}

impl Rests {
    /// Of a connection that has just been opened.
    pub fn first(waiting: Arc<Waiting>) -> Self {
        let rests = Self { waiting, rest: AtomicU64::new(NO_REST), end: CancellationToken::new() };
        rests.wait();
        rests
    }

    /// The number of the present wait; none while a request is answered.
    pub fn current(&self) -> Option<u64> {
        Some(self.rest.load(Ordering::Acquire)).filter(|rest| *rest != NO_REST)
    }

    /// It waits for its next request.
    pub fn wait(&self) {
        let mut queue = self.waiting.queue();
        queue.newest += 1;
        let rest = queue.newest;
        queue.ends.insert(rest, self.end.clone());
        self.rest.store(rest, Ordering::Release);
        self.waiting.more.notify_one();
    }

    /// A request has come. Not so where the connection was ended just before.
    pub fn begin(&self) -> bool {
        let mut queue = self.waiting.queue();
        queue.ends.remove(&self.rest.swap(NO_REST, Ordering::AcqRel)).is_some()
    }

    /// Once it has made room for another.
    pub async fn ended(&self) {
        self.end.cancelled().await;
    }
}

impl Drop for Rests {
    fn drop(&mut self) {
        self.waiting.queue().ends.remove(&self.rest.load(Ordering::Acquire));
    }
}
