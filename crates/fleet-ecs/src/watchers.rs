//! Those tasks that are looked at, and what was seen of each last.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use linkpool_fleet::{ObservedReplica, look::Shown};
use tokio::task::JoinHandle;

#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<HashMap<String, Watcher>>);

/// Looks at one task, until it is dropped.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub shown: Shown,
    pub task: JoinHandle<()>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watchers {
    /// These are looked at, and no others.
    pub fn follow<T>(&self, running: Vec<(String, T)>, begin: impl Fn(T) -> Watcher) {
        let mut watchers = self.watchers();
        watchers.retain(|arn, _| running.iter().any(|(running, _)| running == arn));
        for (arn, what) in running {
            watchers.entry(arn).or_insert_with(|| begin(what));
        }
    }

    /// `None` of one that nobody looks at.
    pub fn observe(&self, arn: &str) -> Option<ObservedReplica> {
        self.watchers().get(arn).map(|watcher| watcher.shown.observe(arn.to_owned()))
    }

    pub fn clear(&self) {
        self.watchers().clear();
    }

    fn watchers(&self) -> MutexGuard<'_, HashMap<String, Watcher>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
