//! A fixed-window limit per client address, in memory, as a node's.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Most addresses counted at once; when full, ended windows are forgotten, and if that frees nothing the newcomer is refused.
const MAX_ADDRESSES: usize = 1024;

/// The body of a 429.
pub(super) const LIMIT_EXCEEDED: &str = "Limit exceeded";

#[derive(Debug)]
pub(super) struct RateLimit {
    limit: u32,
    window: Duration,
    counts: Mutex<HashMap<IpAddr, (Instant, u32)>>,
}

impl RateLimit {
    /// `limit` requests of one address in any window that begins with its first.
    pub fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window, counts: Mutex::default() }
    }

    /// Counts a request at `now`; false if it is one too many.
    pub fn admit(&self, address: IpAddr, now: Instant) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_ADDRESSES && !counts.contains_key(&address) {
            counts.retain(|_, (begin, _)| now.duration_since(*begin) < self.window);
            if counts.len() >= MAX_ADDRESSES {
                return false;
            }
        }
        let (begin, count) = counts.entry(address).or_insert((now, 0));
        if now.duration_since(*begin) >= self.window {
            (*begin, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= self.limit
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_sixth_in_a_window_is_refused_and_the_next_window_starts_afresh() {
        let limit = RateLimit::new(5, Duration::from_secs(20));
        let [one, other] = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)));
        let start = Instant::now();
        let admitted: Vec<bool> = (0..7).map(|second| limit.admit(one, start + Duration::from_secs(second))).collect();
        assert_eq!(admitted, [true, true, true, true, true, false, false]);
        assert!(limit.admit(other, start), "each address has its own count");
        assert!(!limit.admit(one, start + Duration::from_millis(19_999)));
        assert!(limit.admit(one, start + Duration::from_secs(20)));
    }

    #[test]
    fn the_table_of_addresses_does_not_grow_without_end() {
        let limit = RateLimit::new(5, Duration::from_secs(20));
        let start = Instant::now();
        let address = |n: u32| IpAddr::V4(Ipv4Addr::from(n));
        assert!((0..1024).all(|n| limit.admit(address(n), start)));
        assert!(!limit.admit(address(5_000), start));
        assert!(limit.admit(address(5_000), start + Duration::from_secs(20)));
    }
}
