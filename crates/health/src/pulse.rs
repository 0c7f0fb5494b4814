//! A role's own word for how it is, written at each pass and read by whoever asks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Cheap to clone; all clones are one pulse.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<Beats>>);

#[derive(Debug)]
struct Beats {
    began: Instant,
    last_pass: Option<Instant>,
    leads: Option<bool>,
    trouble: Option<String>,
    waits: bool,
}

impl Default for Beats {
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

impl Pulse {
    /// A pass succeeded. `leads`: whether this instance is the one that works.
    pub fn beat(&self, leads: bool) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *beats = Beats { last_pass: Some(Instant::now()), leads: Some(leads), began: beats.began, trouble: None, waits: false };
    }

    /// A pass failed for a reason that may pass.
    pub fn stumble(&self, trouble: impl Into<String>) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (beats.trouble, beats.waits) = (Some(trouble.into()), false);
    }

    /// No pass is made before somebody else has done something: a sentence about what.
    pub fn wait(&self, what_for: impl Into<String>) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (beats.trouble, beats.waits) = (Some(what_for.into()), true);
    }

    pub fn read(&self) -> Reading {
        let beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Reading {
            since_pass: beats.last_pass.map(|at| at.elapsed()),
            age: beats.began.elapsed(),
            waits: beats.waits,
            leads: beats.leads,
            trouble: beats.trouble.clone(),
        }
    }
}
