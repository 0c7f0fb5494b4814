//! What an endpoint told of its newest blocks a moment ago: it need not be asked for the same again.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use linkpool_primitives::B256;

use crate::{Checked, Heads};

/// For so long an answer is as good as another one.
const FRESH_DURATION: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub(crate) struct Recent {
    pub head: Checked,
    /// The final block that was told of in the same answer, by the same backend.
    pub finalized: Option<(u64, B256)>,
    pub at: Instant,
}

/// The last of them.
#[derive(Debug, Default)]
pub(crate) struct RecentHeads(Mutex<Option<Recent>>);

impl RecentHeads {
    pub fn remember(&self, recent: Recent) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(recent);
    }

    fn recent(&self) -> Option<Recent> {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        recent.filter(|recent| recent.at.elapsed() < FRESH_DURATION)
    }

    /// The header at this height, if that was the newest block a moment ago.
    pub fn head(&self, number: u64) -> Option<Checked> {
        self.recent().map(|recent| recent.head).filter(|head| head.block.number == number)
    }

    /// The hash of the final block of these heads, if one backend told of both.
    pub fn final_hash(&self, heads: &Heads) -> Option<B256> {
        let recent = self.recent().filter(|recent| recent.head.block.hash == heads.head.hash)?;
        recent.finalized.filter(|(number, _)| *number == heads.finalized).map(|(_, hash)| hash)
    }
}
