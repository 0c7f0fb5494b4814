//! A role's own word for how it is, written at each pass and read by whoever asks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Cheap to clone; all clones are one pulse.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<Beats>>);

#[derive(Debug, Default)]
struct Beats {
    last_pass: Option<Instant>,
    leads: Option<bool>,
    trouble: Option<String>,
}

/// What a pulse shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Since the last pass that succeeded, or found that another instance leads; `None` before the first.
    pub since_pass: Option<Duration>,
    pub leads: Option<bool>,
    /// Why passes fail at the moment.
    pub trouble: Option<String>,
}

impl Pulse {
    /// A pass succeeded. `leads`: whether this instance is the one that works.
    pub fn beat(&self, leads: bool) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *beats = Beats { last_pass: Some(Instant::now()), leads: Some(leads), trouble: None };
    }

    /// A pass failed for a reason that may pass.
    pub fn stumble(&self, trouble: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).trouble = Some(trouble.into());
    }

    pub fn read(&self) -> Reading {
        let beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Reading { since_pass: beats.last_pass.map(|at| at.elapsed()), leads: beats.leads, trouble: beats.trouble.clone() }
    }
}
