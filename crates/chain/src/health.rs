//! What is known about one endpoint, and when it is asked.
//!
//! Nothing here is a verdict for ever: every state has a time after which the endpoint is tried again. All of it follows from the
//! moments that are passed in, so that it can be tested without waiting.

use std::time::{Duration, Instant};

use linkpool_primitives::EndpointState;

use crate::Error;

/// First pause after a failure to connect or a rate limit; it doubles with each further one.
const FIRST_BACKOFF_DELAY: Duration = Duration::from_millis(250);
const MAX_BACKOFF_DELAY: Duration = Duration::from_secs(30);
/// First quarantine after a contradiction; it doubles with each further one.
const FIRST_QUARANTINE_DURATION: Duration = Duration::from_secs(5);
const MAX_QUARANTINE_DURATION: Duration = Duration::from_secs(600);
/// Contradictions are forgiven one by one after this long without another.
const FORGIVENESS_INTERVAL: Duration = Duration::from_secs(3_600);
/// How long an endpoint that lacked a block is asked after the others.
const LAG_DELAY: Duration = Duration::from_secs(1);
/// An endpoint is accused in the log no more often than this, whatever it does: each accusation tells of how many it stands for.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);
/// How long a chain id that was checked holds although requests fail: an endpoint that fails every second time would otherwise be
/// asked for nothing else.
const CHAIN_ID_MAX_AGE: Duration = Duration::from_secs(10);
/// How long an endpoint of another chain is left alone.
const WRONG_CHAIN_DELAY: Duration = Duration::from_secs(30);
/// Blocks that an endpoint may be behind the others and still count as up to date.
pub(crate) const LAG_BLOCKS: u64 = 2;
/// Endpoints that answer within this are equally fast; each doubling beyond it is a step down.
const FAST_ANSWER_TIME: Duration = Duration::from_millis(16);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointStatus {
    pub name: String,
    pub state: EndpointState,
    /// Whether the next request goes to it.
    pub is_preferred: bool,
    /// Requests since the start; a batch is one.
    pub requests: u64,
    /// Those of them that got no usable answer.
    pub failures: u64,
    pub failures_in_a_row: u32,
    /// Answers that could not be true.
    pub contradictions: u64,
    /// Never holds a URL.
    pub last_error: Option<String>,
    /// The newest block that it told of.
    pub head: Option<u64>,
    /// Moving average of what it takes to ask for the newest block.
    pub latency_ms: Option<u64>,
    /// How long it is still asked only if no other can be.
    pub pause_ms: u64,
    /// Whether it announces new heads.
    pub is_subscribed: bool,
}

/// Whom to ask first: the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Ready {
        slowness: u32,
    },
    /// It may be well again: after those of which we know.
    Recovering,
    Behind,
    Pausing,
    /// Asked only if every other is in quarantine, too.
    Quarantined,
    Excluded,
}

#[derive(Debug, Default)]
pub(crate) struct EndpointHealth {
    state: EndpointState,
    requests: u64,
    failures: u64,
    failures_in_a_row: u32,
    contradictions: u64,
    strikes: u32,
    struck: Option<Instant>,
    last_error: Option<String>,
    head: Option<(u64, Instant)>,
    latency: Option<Duration>,
    paused_until: Option<Instant>,
    /// Asked after the others without having done anything wrong.
    deprioritized_until: Option<Instant>,
    /// Whether its chain id was checked since it was last away.
    verified: Option<Instant>,
    probed: Option<Instant>,
    subscribed: bool,
    /// When it was last accused in the log, and how often it would have been since.
    reported_faulty: Option<Instant>,
    unsaid: u64,
    /// Whether the log has it that something is wrong, and not yet that this is over.
    warned: bool,
}

impl EndpointHealth {
    pub fn status(&self, name: &str, now: Instant) -> EndpointStatus {
        let pause = self.paused_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        EndpointStatus {
            name: name.to_owned(),
            state: self.state,
            is_preferred: false,
            requests: self.requests,
            failures: self.failures,
            failures_in_a_row: self.failures_in_a_row,
            contradictions: self.contradictions,
            last_error: self.last_error.clone(),
            head: self.head.map(|(number, _)| number),
            latency_ms: self.latency.map(milliseconds),
            pause_ms: milliseconds(pause),
            is_subscribed: self.subscribed,
        }
    }

    pub fn rank(&self, now: Instant) -> Rank {
        let is_paused = self.paused_until.is_some_and(|until| now < until);
        match (self.state, is_paused) {
            (EndpointState::WrongChain, true) => Rank::Excluded,
            (EndpointState::Faulty, true) => Rank::Quarantined,
            (EndpointState::Limited | EndpointState::Unreachable, true) => Rank::Pausing,
            (EndpointState::Lagging, true) => Rank::Behind,
            (EndpointState::Ok | EndpointState::Lagging, _) if self.deprioritized_until.is_none_or(|until| now >= until) => {
                Rank::Ready { slowness: self.slowness() }
            }
            (EndpointState::Ok | EndpointState::Lagging, _) => Rank::Behind,
            (_, false) => Rank::Recovering,
        }
    }

    pub fn is_verified(&self) -> bool {
        self.verified.is_some()
    }

    /// Whether its chain id was checked since then, and it was never away since its last answer.
    pub fn is_verified_since(&self, then: Option<Instant>) -> bool {
        self.failures_in_a_row == 0 && self.verified.is_some_and(|verified| then.is_none_or(|then| verified >= then))
    }

    pub fn verify(&mut self, now: Instant) {
        self.verified = Some(now);
    }

    pub fn set_subscribed(&mut self, is_subscribed: bool) {
        self.subscribed = is_subscribed;
    }

    pub fn head(&self) -> Option<(u64, Instant)> {
        self.head
    }

    /// Neither proven wrong nor of another chain, so that its head counts.
    pub fn is_trusted(&self) -> bool {
        !matches!(self.state, EndpointState::Faulty | EndpointState::WrongChain)
    }

    /// Whether it is time to look after it; the caller then does.
    pub fn is_due(&mut self, now: Instant, every: Duration) -> bool {
        let is_due = self.probed.is_none_or(|probed| now >= probed + every);
        if is_due {
            self.probed = Some(now);
        }
        is_due
    }

    /// It answered. Tells whether that is the end of what the log complained about.
    pub fn succeeded(&mut self, now: Instant) -> bool {
        self.requests += 1;
        self.failures_in_a_row = 0;
        let over = self.paused_until.is_none_or(|until| now >= until);
        if matches!(self.state, EndpointState::Limited | EndpointState::Unreachable) || over {
            self.state = EndpointState::Ok;
            self.paused_until = None;
        }
        if self.strikes > 0 && self.struck.is_some_and(|struck| now >= struck + FORGIVENESS_INTERVAL) {
            self.strikes -= 1;
            self.struck = Some(now);
        }
        self.state == EndpointState::Ok && std::mem::take(&mut self.warned)
    }

    /// The log has it that something is wrong.
    pub fn warned(&mut self) {
        self.warned = true;
    }

    /// Whether a contradiction is worth a line now, and of how many that had none since the last it tells.
    pub fn reports_faulty(&mut self, now: Instant) -> Option<u64> {
        if self.reported_faulty.is_some_and(|reported_faulty| now < reported_faulty + REPORT_INTERVAL) {
            self.unsaid += 1;
            return None;
        }
        self.reported_faulty = Some(now);
        self.warned = true;
        Some(std::mem::take(&mut self.unsaid))
    }

    /// It told of its newest block, this long after it was asked.
    pub fn saw_head(&mut self, number: u64, took: Duration, now: Instant) {
        self.head = Some((number, now));
        self.probed = Some(now);
        self.latency = Some(self.latency.map_or(took, |average| (average * 3 + took) / 4));
    }

    /// It gave no usable answer.
    pub fn failed(&mut self, error: &Error, now: Instant) {
        self.requests += 1;
        match error {
            Error::Unreachable { .. } => {
                self.verified = self.verified.filter(|verified| now < *verified + CHAIN_ID_MAX_AGE);
                self.pause(
                    EndpointState::Unreachable,
                    pause(FIRST_BACKOFF_DELAY, self.failures_in_a_row, MAX_BACKOFF_DELAY),
                    now,
                );
            }
            Error::RateLimited { .. } => {
                self.pause(EndpointState::Limited, pause(FIRST_BACKOFF_DELAY, self.failures_in_a_row, MAX_BACKOFF_DELAY), now);
            }
            Error::Inconsistent { .. } => self.contradicted(now),
            Error::WrongChain { .. } => {
                self.verified = None;
                self.pause(EndpointState::WrongChain, WRONG_CHAIN_DELAY, now);
            }
            // Whether it lags shows only if another one has the block; other errors say nothing about the next request.
            _ => {}
        }
        self.failures += 1;
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        self.last_error = Some(error.to_string());
    }

    /// It lacks what another one has.
    pub fn lagged(&mut self, now: Instant) {
        if matches!(self.state, EndpointState::Ok | EndpointState::Lagging) {
            self.pause(EndpointState::Lagging, LAG_DELAY, now);
        }
    }

    /// It was proven wrong by what somebody else found out.
    pub fn proven_faulty(&mut self, what: &str, now: Instant) {
        self.last_error = Some(what.to_owned());
        self.contradicted(now);
    }

    /// Nothing is proven, but others shall be asked first for a while.
    pub fn deprioritized(&mut self, now: Instant) {
        self.deprioritized_until = Some(now + FIRST_QUARANTINE_DURATION);
    }

    fn contradicted(&mut self, now: Instant) {
        self.contradictions += 1;
        let quarantine = pause(FIRST_QUARANTINE_DURATION, self.strikes, MAX_QUARANTINE_DURATION);
        self.strikes = self.strikes.saturating_add(1);
        self.struck = Some(now);
        self.pause(EndpointState::Faulty, quarantine, now);
    }

    fn pause(&mut self, state: EndpointState, pause: Duration, now: Instant) {
        // A lesser fault does not shorten a quarantine.
        let is_quarantined = self.state == EndpointState::Faulty && self.paused_until.is_some_and(|until| now + pause < until);
        if !is_quarantined {
            self.state = state;
            self.paused_until = Some(now + pause);
        }
    }

    fn slowness(&self) -> u32 {
        let latency = self.latency.unwrap_or_default();
        (latency.as_micros() / FAST_ANSWER_TIME.as_micros() + 1).ilog2()
    }
}

fn pause(first: Duration, before: u32, longest: Duration) -> Duration {
    first.saturating_mul(1 << before.min(16)).min(longest)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn unreachable() -> Error {
        Error::Unreachable { endpoint: "main".into(), cause: "connection refused".into() }
    }

    fn inconsistent() -> Error {
        Error::Inconsistent { endpoint: "main".into(), what: "two hashes".into() }
    }

    #[test]
    fn the_pause_after_failures_grows_and_ends_with_an_answer() {
        let (mut health, now) = (EndpointHealth::default(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..9 {
            health.failed(&unreachable(), now);
            pauses.push(health.status("main", now).pause_ms);
        }
        assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(health.rank(now), Rank::Pausing);
        assert_eq!(health.rank(now + 31 * SECOND), Rank::Recovering);
        health.succeeded(now);
        assert_eq!((health.rank(now), health.status("main", now).failures_in_a_row), (Rank::Ready { slowness: 0 }, 0));
    }

    #[test]
    fn a_quarantine_grows_with_each_contradiction_and_no_answer_ends_it_early() {
        let (mut health, now) = (EndpointHealth::default(), Instant::now());
        health.failed(&inconsistent(), now);
        health.succeeded(now + SECOND);
        assert_eq!(health.rank(now + SECOND), Rank::Quarantined);
        health.failed(&unreachable(), now + SECOND);
        assert_eq!(health.rank(now + 2 * SECOND), Rank::Quarantined);
        assert_eq!(health.rank(now + 6 * SECOND), Rank::Recovering);
        health.proven_faulty("a log that no other endpoint has", now + 6 * SECOND);
        assert_eq!(health.rank(now + 15 * SECOND), Rank::Quarantined);
        let status = health.status("main", now);
        assert_eq!((status.contradictions, status.last_error.as_deref()), (2, Some("a log that no other endpoint has")));
    }

    #[test]
    fn an_endpoint_is_accused_once_a_minute_however_often_it_contradicts() {
        let (mut health, begin) = (EndpointHealth::default(), Instant::now());
        let mut told = |seconds: f64| health.reports_faulty(begin + Duration::from_secs_f64(seconds));
        let first_minute: Vec<u64> = (0..97).filter_map(|n| told(f64::from(n) * 0.6)).collect();
        assert_eq!(first_minute, [0]);
        assert_eq!((told(60.0), told(61.0)), (Some(96), None));
    }

    #[test]
    fn the_end_of_what_was_complained_about_is_told_once_and_after_the_quarantine() {
        let (mut health, now) = (EndpointHealth::default(), Instant::now());
        assert!(!health.succeeded(now), "nothing was said");
        health.failed(&unreachable(), now);
        assert!(!health.succeeded(now), "a failure that the log does not know of");
        assert_eq!(health.reports_faulty(now), Some(0));
        health.failed(&inconsistent(), now);
        assert!(!health.succeeded(now + SECOND), "it is still in quarantine");
        assert_eq!([health.succeeded(now + 6 * SECOND), health.succeeded(now + 7 * SECOND)], [true, false]);
    }

    #[test]
    fn contradictions_are_forgiven_slowly() {
        let (mut health, now) = (EndpointHealth::default(), Instant::now());
        health.failed(&inconsistent(), now);
        health.succeeded(now + FORGIVENESS_INTERVAL);
        health.failed(&inconsistent(), now + FORGIVENESS_INTERVAL);
        assert_eq!(health.status("main", now + FORGIVENESS_INTERVAL).pause_ms, 5_000);
    }

    #[test]
    fn another_chain_is_left_alone_until_it_is_looked_at_again() {
        let (mut health, now) = (EndpointHealth::default(), Instant::now());
        health.verify(now);
        health.failed(&Error::WrongChain { endpoint: "main".into(), expected: 1, found: 5 }, now);
        assert_eq!((health.rank(now), health.is_verified()), (Rank::Excluded, false));
        assert_eq!(health.rank(now + WRONG_CHAIN_DELAY), Rank::Recovering);
    }

    #[test]
    fn a_checked_chain_id_outlives_a_failure_and_not_a_long_absence() {
        let (mut health, now) = (EndpointHealth::default(), Instant::now());
        health.verify(now);
        health.failed(&unreachable(), now + SECOND);
        assert!(health.is_verified(), "every second request may fail");
        health.failed(&unreachable(), now + CHAIN_ID_MAX_AGE);
        assert!(!health.is_verified());
    }

    #[test]
    fn the_slower_comes_after_the_faster_and_small_differences_do_not_count() {
        let (mut health, now) = (EndpointHealth::default(), Instant::now());
        let mut rank = |milliseconds| {
            health.latency = None;
            health.saw_head(1, Duration::from_millis(milliseconds), now);
            health.rank(now)
        };
        assert_eq!(rank(1), rank(15));
        assert!(rank(15) < rank(40) && rank(40) < rank(500));
        assert!(rank(9_000) < Rank::Recovering);
    }

    #[test]
    fn one_that_is_avoided_or_behind_comes_after_the_ready_ones() {
        let (mut health, now) = (EndpointHealth::default(), Instant::now());
        health.deprioritized(now);
        assert_eq!(health.rank(now), Rank::Behind);
        assert_eq!(health.rank(now + FIRST_QUARANTINE_DURATION), Rank::Ready { slowness: 0 });
        health.lagged(now + FIRST_QUARANTINE_DURATION);
        assert_eq!(health.rank(now + FIRST_QUARANTINE_DURATION), Rank::Behind);
        health.succeeded(now + FIRST_QUARANTINE_DURATION + LAG_DELAY);
        assert_eq!(health.status("main", now).state, EndpointState::Ok);
    }
}
