//! What the account was a while ago: reads may lag.

use std::{collections::VecDeque, time::Duration};

use super::view::View;

#[derive(Debug, Default)]
pub(super) struct History(VecDeque<(Duration, View)>);

impl History {
    /// Keeps `view` as of `now`; what no reader sees any more, with this lag, is forgotten.
    pub fn keep(&mut self, now: Duration, view: &View, lag: Duration) {
        self.0.push_back((now, view.clone()));
        let oldest = now.saturating_sub(lag);
        // The last one before is what was true at that time.
        while self.0.len() > 1 && self.0[1].0 <= oldest {
            self.0.pop_front();
        }
    }

    pub fn at(&self, time: Duration) -> Option<View> {
        let before = self.0.iter().rev().find(|(at, _)| *at <= time).or(self.0.front());
        before.map(|(_, view)| view.clone())
    }
}
