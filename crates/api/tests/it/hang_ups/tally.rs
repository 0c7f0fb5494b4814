//! What came about, and who waits.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

/// While somebody honest waits for longer, nobody hangs up: a machine without time for either shows nothing.
const OVERLOAD_DELAY: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub struct Tally {
    pub resets: AtomicU64,
    pub answers: AtomicU64,
    pub writes: AtomicU64,
    /// Nodes whose request was acknowledged.
    pub nodes: AtomicU64,
    /// The newest block of which the indexer knows that it is written.
    pub written: AtomicU64,
    /// Milliseconds in which those who hang up held back, all of them together.
    pub held_back: AtomicU64,
    pub waits: Waits,
}

impl Tally {
    /// Whether there was enough of everything in these seconds to say something, on a machine that may be busy with others.
    pub fn suffices(&self, seconds: u64) -> bool {
        let least = [(&self.resets, 100), (&self.answers, 50), (&self.writes, 20)];
        least.iter().all(|(count, least)| count.load(Relaxed) >= least * seconds)
    }
}

/// Since when each honest client and each writer waits for an answer.
#[derive(Debug, Default)]
pub struct Waits(Mutex<HashMap<usize, Instant>>);

impl Waits {
    /// Waits for `answer`, and is seen to.
    pub async fn during<T>(&self, who: usize, answer: impl Future<Output = T>) -> T {
        self.0.lock().unwrap().insert(who, Instant::now());
        let answer = answer.await;
        self.0.lock().unwrap().remove(&who);
        answer
    }

    pub fn are_long(&self) -> bool {
        self.0.lock().unwrap().values().any(|since| since.elapsed() > OVERLOAD_DELAY)
    }
}
