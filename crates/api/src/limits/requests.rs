//! Requests a second, by the generic cell rate algorithm: a client earns continuously, and what it has earned is never lost.

use std::num::NonZeroU32;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::StateInformationMiddleware,
};

use super::{Client, store::Store};
use crate::config::Limits;

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What is left of a client's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    pub allowed: bool,
    pub remaining: u32,
    /// Until the next request is allowed, rounded up; 0 if one is.
    pub wait_seconds: u64,
}

#[derive(Debug)]
pub(crate) struct RequestLimiter<C: Clock = MonotonicClock> {
    limiter: RateLimiter<Client, Store, C, StateInformationMiddleware>,
    /// What the limit is, for the header that says so.
    policy: HeaderValue,
}

impl RequestLimiter {
    pub fn new(limits: Limits) -> Self {
        Self::with_clock(limits, MonotonicClock)
    }
}

impl<C: Clock> RequestLimiter<C> {
    fn with_clock(limits: Limits, clock: C) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let (per_second, burst) = (at_least_one(limits.requests_per_second), at_least_one(limits.burst));
        let quota = governor::Quota::per_second(per_second).allow_burst(burst);
        let policy = format!("\"default\";q={burst};w={}", burst.get().div_ceil(per_second.get()));
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("\"default\""));
        Self { limiter: RateLimiter::new(quota, Store::default(), clock), policy }
    }

    /// Takes one request of the client's.
    pub fn take(&self, client: Client) -> Quota {
        match self.limiter.check_key(&client) {
            Ok(state) => Quota { allowed: true, remaining: state.remaining_burst_capacity(), wait_seconds: 0 },
            Err(refusal) => {
                let wait = refusal.wait_time_from(self.limiter.clock().now());
                let wait_seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Quota { allowed: false, remaining: 0, wait_seconds: wait_seconds.max(1) }
            }
        }
    }

    /// The limit and what is left of it, as the IETF draft `draft-ietf-httpapi-ratelimit-headers` writes them.
    pub(super) fn mark(&self, headers: &mut HeaderMap, quota: Quota) {
        headers.insert(RATE_LIMIT_POLICY.clone(), self.policy.clone());
        let state = format!("\"default\";r={};t={}", quota.remaining, quota.wait_seconds);
        if let Ok(value) = HeaderValue::from_str(&state) {
            headers.insert(RATE_LIMIT.clone(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, time::Duration};

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn client(number: u32) -> Client {
        Client::new(Ipv4Addr::from_bits(number).into())
    }

    fn limiter(requests_per_second: u32, burst: u32) -> (RequestLimiter<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let limits = Limits { requests_per_second, burst, ..Limits::default() };
        (RequestLimiter::with_clock(limits, clock.clone()), clock)
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let (limiter, clock) = limiter(2, 3);
        let remaining: Vec<_> = (0..3).map(|_| limiter.take(client(1))).map(|quota| (quota.allowed, quota.remaining)).collect();
        assert_eq!(remaining, [(true, 2), (true, 1), (true, 0)]);
        assert_eq!(limiter.take(client(1)), Quota { allowed: false, remaining: 0, wait_seconds: 1 });
        assert!(limiter.take(client(2)).allowed, "another client has its own requests");
        clock.advance(Duration::from_millis(499));
        assert!(!limiter.take(client(1)).allowed);
        clock.advance(Duration::from_millis(1));
        assert!(limiter.take(client(1)).allowed);
        clock.advance(Duration::from_secs(60));
        assert_eq!(limiter.take(client(1)).remaining, 2, "and no more than the burst is saved up");
    }

    #[test]
    fn a_client_that_asks_far_too_much_still_gets_its_rate() {
        let (limiter, clock) = limiter(50, 250);
        let mut succeeded = [0u32; 20];
        for request in 0..1_650 * 20 {
            succeeded[request / 1_650] += u32::from(limiter.take(client(1)).allowed);
            clock.advance(Duration::from_nanos(1_000_000_000 / 1_650));
        }
        assert!((299..=301).contains(&succeeded[0]), "the burst and a second: {succeeded:?}");
        assert!(succeeded[1..].iter().all(|count| (49..=51).contains(count)), "{succeeded:?}");
    }

    #[test]
    fn a_flood_of_other_clients_gives_a_busy_one_nothing() {
        let (limiter, clock) = limiter(50, 250);
        while limiter.take(client(1)).allowed {}
        for other in 2..100_002 {
            assert!(limiter.take(client(other)).allowed, "client {other}");
        }
        assert!(!limiter.take(client(1)).allowed);
        clock.advance(Duration::from_millis(20));
        assert_eq!(limiter.take(client(1)), Quota { allowed: true, remaining: 0, wait_seconds: 0 }, "it has earned one");
        assert!(!limiter.take(client(1)).allowed);
    }

    #[test]
    fn a_rate_of_nothing_is_one() {
        assert!(limiter(0, 0).0.take(client(1)).allowed);
    }
}
