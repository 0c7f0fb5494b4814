//! What was seen of one replica last: written by the task that keeps it running, read by whoever observes the backend.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use linkpool_db::fleet::ReplicaState;
use tokio::sync::Notify;

use super::watch::Sight;
use crate::ObservedReplica;

/// What all replicas of a backend tell each other and whoever observes them.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// An observation may differ from the last one.
    pub changed: Arc<Notify>,
    /// What kept replicas from running is over: those that wait for their next start need not.
    pub outage_over: Arc<Notify>,
}

#[derive(Debug)]
struct View {
    sight: Sight,
    since: Instant,
    starts: u64,
}

/// What was seen last, and who is to know of news.
#[derive(Debug, Clone)]
pub struct Shown {
    view: Arc<Mutex<View>>,
    changed: Arc<Notify>,
}

impl Shown {
    /// With what is seen of it at first.
    pub fn new(sight: Sight, starts: u64, signals: &Signals) -> Self {
        let view = Arc::new(Mutex::new(View { sight, since: Instant::now(), starts }));
        Self { view, changed: signals.changed.clone() }
    }

    /// As others are told of it.
    pub fn observe(&self, id: String) -> ObservedReplica {
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        ObservedReplica {
            id,
            state: view.sight.state,
            for_time: view.since.elapsed(),
            base_url: view.sight.base_url.clone(),
            starts: view.starts,
            detail: view.sight.detail.clone(),
            holds_lease: view.sight.holds_lease,
        }
    }

    pub fn state(&self) -> ReplicaState {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).sight.state
    }

    /// Counts a start and returns which it is.
    pub fn started(&self) -> u64 {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.starts += 1;
        view.starts
    }

    /// Stores what was seen; whoever waits for changes is told where it differs.
    pub fn show(&self, sight: Sight) {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        if view.sight == sight {
            return;
        }
        if view.sight.state != sight.state {
            view.since = Instant::now();
        }
        view.sight = sight;
        drop(view);
        self.changed.notify_one();
    }
}
