//! How much one client may ask: a token bucket of requests, and a count of open streams.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    config::Limits,
    problem::{Problem, RATE_LIMITED, TOO_MANY_STREAMS},
    state::Api,
};

/// Buckets kept at most. When there are more clients than that, those that have rested are forgotten, then all.
const MAX_BUCKETS: usize = 50_000;

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Who is asking: an IPv4 address or an IPv6 /64, the least that one subscriber gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl Client {
    fn new(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))),
            address => Self(address),
        }
    }

    /// The client of a request. The last entry of `X-Forwarded-For` is the one our own proxy wrote.
    pub fn of(peer: Option<SocketAddr>, headers: &HeaderMap, trust_forwarded_for: bool) -> Self {
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back().filter(|_| trust_forwarded_for);
        let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        Self::new(last.or(peer.map(|peer| peer.ip())).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)))
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Thousandths of a request.
    level: u64,
    at: Instant,
}

/// What is left of a client's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    pub allowed: bool,
    pub remaining: u64,
    /// Until the next request is allowed, rounded up; 0 if one is.
    pub wait_seconds: u64,
}

#[derive(Debug)]
pub(crate) struct RequestLimiter {
    limits: Limits,
    buckets: Mutex<HashMap<Client, Bucket>>,
}

impl RequestLimiter {
    pub fn new(limits: Limits) -> Self {
        Self { limits, buckets: Mutex::default() }
    }

    /// Takes one request from the client's bucket.
    pub fn take(&self, client: Client, now: Instant) -> Quota {
        let capacity = u64::from(self.limits.burst) * 1_000;
        let per_second = u64::from(self.limits.requests_per_second.max(1)) * 1_000;
        // A request costs 1,000 thousandths, and `requests_per_second` thousandths come back each millisecond.
        let refilled = |bucket: &Bucket| {
            let elapsed_ms = u64::try_from(now.saturating_duration_since(bucket.at).as_millis()).unwrap_or(u64::MAX);
            bucket.level.saturating_add(elapsed_ms.saturating_mul(per_second / 1_000)).min(capacity)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_BUCKETS {
            buckets.retain(|_, bucket| refilled(bucket) < capacity);
            if buckets.len() >= MAX_BUCKETS {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(client).or_insert(Bucket { level: capacity, at: now });
        let level = refilled(bucket);
        let left = level.checked_sub(1_000);
        *bucket = Bucket { level: left.unwrap_or(level), at: now };
        let wait = 1_000u64.saturating_sub(level).div_ceil(per_second);
        Quota {
            allowed: left.is_some(),
            remaining: left.unwrap_or(level) / 1_000,
            wait_seconds: if left.is_some() { 0 } else { wait.max(1) },
        }
    }

    /// The limit and what is left of it, as the IETF draft `draft-ietf-httpapi-ratelimit-headers` writes them.
    fn mark(&self, headers: &mut HeaderMap, quota: Quota) {
        let window = self.limits.burst.div_ceil(self.limits.requests_per_second.max(1)).max(1);
        let policy = format!("\"default\";q={};w={window}", self.limits.burst);
        let state = format!("\"default\";r={};t={}", quota.remaining, quota.wait_seconds);
        for (name, text) in [(&RATE_LIMIT_POLICY, policy), (&RATE_LIMIT, state)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name.clone(), value);
            }
        }
    }
}

/// Refuses a client that has used up its requests, and tells every other what is left.
pub(crate) async fn limit_requests(State(api): State<Api>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let client = Client::of(peer, request.headers(), api.config.trust_forwarded_for);
    let quota = api.requests.take(client, Instant::now());
    let mut response = if quota.allowed {
        next.run(request).await
    } else {
        let detail = format!("too many requests from your address; try again in {} s", quota.wait_seconds);
        Problem { retry_after_seconds: Some(quota.wait_seconds), ..Problem::new(&RATE_LIMITED, detail) }.into_response()
    };
    api.requests.mark(response.headers_mut(), quota);
    response
}

/// Counts open streams.
#[derive(Debug)]
pub(crate) struct StreamLimiter {
    per_client: u32,
    total: u32,
    open: Arc<Mutex<HashMap<Client, u32>>>,
}

/// An open stream's place, given back when the stream ends.
#[derive(Debug)]
pub(crate) struct StreamPlace {
    client: Client,
    open: Arc<Mutex<HashMap<Client, u32>>>,
}

impl StreamLimiter {
    pub fn new(limits: Limits) -> Self {
        Self { per_client: limits.streams_per_client, total: limits.streams, open: Arc::default() }
    }

    /// A place for one more stream of this client.
    pub fn open(&self, client: Client) -> Result<StreamPlace, Problem> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let refuse = |detail: String| Err(Problem { retry_after_seconds: Some(10), ..Problem::new(&TOO_MANY_STREAMS, detail) });
        if open.get(&client).is_some_and(|count| *count >= self.per_client) {
            return refuse(format!("your address has {} open streams; close one first", self.per_client));
        }
        if open.values().sum::<u32>() >= self.total {
            return refuse("all streams are taken; try again in a moment, or poll".into());
        }
        *open.entry(client).or_default() += 1;
        Ok(StreamPlace { client, open: self.open.clone() })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn client(text: &str) -> Client {
        Client::new(text.parse().unwrap())
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let limiter = RequestLimiter::new(Limits { requests_per_second: 2, burst: 3, ..Limits::default() });
        let (now, one) = (Instant::now(), client("192.0.2.1"));
        let remaining: Vec<_> = (0..3).map(|_| limiter.take(one, now)).map(|quota| (quota.allowed, quota.remaining)).collect();
        assert_eq!(remaining, [(true, 2), (true, 1), (true, 0)]);
        assert_eq!(limiter.take(one, now), Quota { allowed: false, remaining: 0, wait_seconds: 1 });
        assert!(limiter.take(client("192.0.2.2"), now).allowed, "another client has its own bucket");
        assert!(!limiter.take(one, now + Duration::from_millis(400)).allowed);
        assert!(limiter.take(one, now + Duration::from_millis(900)).allowed);
    }

    #[test]
    fn an_ipv6_subscriber_is_one_client_and_mapped_ipv4_is_ipv4() {
        assert_eq!(client("2001:db8:0:1::1"), client("2001:db8:0:1:ffff::2"));
        assert_ne!(client("2001:db8:0:1::1"), client("2001:db8:0:2::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
    }

    #[test]
    fn a_forwarded_address_counts_only_behind_a_proxy() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.9, 198.51.100.7"));
        let peer = Some("192.0.2.1:5000".parse().unwrap());
        assert_eq!(Client::of(peer, &headers, false), client("192.0.2.1"));
        assert_eq!(Client::of(peer, &headers, true), client("198.51.100.7"));
    }

    #[test]
    fn a_stream_gives_its_place_back() {
        let limiter = StreamLimiter::new(Limits { streams_per_client: 1, streams: 2, ..Limits::default() });
        let first = limiter.open(client("192.0.2.1")).unwrap();
        assert!(limiter.open(client("192.0.2.1")).is_err());
        let _second = limiter.open(client("192.0.2.2")).unwrap();
        assert!(limiter.open(client("192.0.2.3")).is_err());
        drop(first);
        assert!(limiter.open(client("192.0.2.1")).is_ok());
    }
}
