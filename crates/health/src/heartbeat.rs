//! A role's own word for how it is, written at each pass and read by whoever asks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Cheap to clone; all clones are one pulse.
#[derive(Debug, Clone, Default)]
pub struct Heartbeat(Arc<Mutex<Recorded>>);

#[derive(Debug)]
struct Recorded {
    began: Instant,
    last_pass: Option<Instant>,
    leads: Option<bool>,
    trouble: Option<String>,
    waits: bool,
}

impl Default for Recorded {
    fn default() -> Self {
        Self { began: Instant::now(), last_pass: None, leads: None, trouble: None, waits: false }
    }
}

/// What a pulse shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Since the last pass that succeeded, or found that another instance leads; `None` before the first.
    pub since_pass: Option<Duration>,
    /// Since the role began.
    pub age: Duration,
    /// Whether nothing is wrong here: somebody else has to do something first, and `trouble` says what.
    pub waits: bool,
    pub leads: Option<bool>,
    /// Why passes fail at the moment.
    pub trouble: Option<String>,
}

impl Heartbeat {
    /// A pass succeeded. `leads`: whether this instance is the one that works.
    pub fn ok(&self, leads: bool) {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *recorded =
            Recorded { last_pass: Some(Instant::now()), leads: Some(leads), began: recorded.began, trouble: None, waits: false };
    }

    /// A pass failed for a reason that may pass.
    pub fn failed(&self, trouble: impl Into<String>) {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (recorded.trouble, recorded.waits) = (Some(trouble.into()), false);
    }

    /// No pass is made before somebody else has done something: a sentence about what.
    pub fn wait(&self, what_for: impl Into<String>) {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (recorded.trouble, recorded.waits) = (Some(what_for.into()), true);
    }

    pub fn read(&self) -> Reading {
        let recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Reading {
            since_pass: recorded.last_pass.map(|at| at.elapsed()),
            age: recorded.began.elapsed(),
            waits: recorded.waits,
            leads: recorded.leads,
            trouble: recorded.trouble.clone(),
        }
    }
}
