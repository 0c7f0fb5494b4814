//! What the account was a while ago: reads may lag.

use std::{collections::VecDeque, time::Duration};

use super::view::View;

#[derive(Debug, Default)]
pub(super) struct History(VecDeque<(Duration, View)>);

impl History {
    /// Keeps `view` as of `now`, where it differs from the last one; what no reader sees any more, with this lag, is forgotten.
    pub fn keep(&mut self, now: Duration, view: &View, lag: Duration) {
        // Most who look change nothing, and a copy of hundreds of nodes costs more than the look.
        if self.0.back().is_none_or(|(_, last)| !last.is_same(view)) {
            self.0.push_back((now, view.clone()));
        }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_did_not_change_is_kept_once_and_what_did_is_seen_from_then_on() {
        let (mut history, mut view, second) = (History::default(), View::default(), Duration::from_secs(1));
        for step in 0..3 {
            history.keep(step * second, &view, 10 * second);
        }
        assert_eq!(history.0.len(), 1);
        view.clusters.insert("pool".into(), Arc::from("ACTIVE"));
        history.keep(3 * second, &view, 10 * second);
        // In its place, under the same name.
        view.clusters.insert("pool".into(), Arc::from("INACTIVE"));
        history.keep(4 * second, &view, 10 * second);
        let seen = |at: u32| history.at(at * second).unwrap().clusters.get("pool").map(ToString::to_string);
        assert_eq!([2, 3, 9].map(seen), [None, Some("ACTIVE".into()), Some("INACTIVE".into())]);
    }
}
