//! What a node says of its health: what it saw when it last looked, at its start and every 15 s from then on.

use std::sync::{PoisonError, RwLock};

use crate::{Fault, FaultSet};

/// The last look.
#[derive(Debug)]
pub(super) struct HealthSample(RwLock<bool>);

impl HealthSample {
    /// At its start a node hears no heads yet.
    pub fn at_start() -> Self {
        Self(RwLock::new(false))
    }

    /// Looks again.
    pub fn look(&self, faults: &FaultSet) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = !loses_chain(faults);
    }

    pub fn is_passing(&self) -> bool {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn loses_chain(faults: &FaultSet) -> bool {
    [Fault::FailingCheck, Fault::FailingCheckOld, Fault::ChainLost].iter().any(|fault| faults.contains(fault))
}
