//! Somebody who asks nodes all the time whether they serve, and knows where they answer from what each process was told, whether a fleet
//! runs or not.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use linkpool_chainlink::{
    Secret,
    client::{Credentials, Limits, NodeClient, NodeConfig, Transport},
};
use tokio::{task::JoinSet, time::sleep};

/// One that does not answer within this time does not serve.
const LIMITS: Limits = Limits {
    connect_timeout: Duration::from_millis(500),
    request_timeout: Duration::from_secs(1),
    body_bytes: 1 << 16,
    login_interval: Duration::from_secs(20),
};

/// A time in which nobody served: from the last answer of one that did to the next, whoever gives it.
#[derive(Debug, Clone)]
pub struct Gap {
    pub id: String,
    pub begin: Instant,
    pub end: Instant,
}

impl Gap {
    pub fn seconds(&self) -> f64 {
        (self.end - self.begin).as_secs_f64()
    }
}

#[derive(Default)]
struct Seen {
    gaps: Vec<Gap>,
    /// Since when nobody serves, of those nodes.
    gone: BTreeMap<String, Instant>,
}

impl Seen {
    fn note(&mut self, id: &str, is_ready: bool, last_ready: Instant, now: Instant) {
        if !is_ready {
            self.gone.entry(id.to_owned()).or_insert(last_ready);
        } else if let Some(begin) = self.gone.remove(id) {
            self.gaps.push(Gap { id: id.to_owned(), begin, end: now });
        }
    }
}

/// Asks until it is dropped.
pub struct Probe {
    seen: Arc<Mutex<Seen>>,
    _tasks: JoinSet<()>,
}

impl Probe {
    /// Each of them serves now. A node takes a thousand requests a minute from one address: the interval is not below 70 ms.
    /// `answering` tells where each replica answers that is there, or may come back.
    pub fn start(
        answering: impl Fn(&str) -> Vec<SocketAddr> + Clone + Send + 'static,
        ids: &[String],
        interval: Duration,
    ) -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let transport = Transport::new(LIMITS).unwrap();
        let mut tasks = JoinSet::new();
        for id in ids {
            tasks.spawn(watch(answering.clone(), transport.clone(), id.clone(), interval, seen.clone()));
        }
        Self { seen, _tasks: tasks }
    }

    /// One that is not over is as long as it has been until now.
    pub fn gaps(&self) -> Vec<Gap> {
        let (seen, end) = (self.seen.lock().unwrap(), Instant::now());
        let open = seen.gone.iter().map(|(id, begin)| Gap { id: id.clone(), begin: *begin, end });
        seen.gaps.iter().cloned().chain(open).collect()
    }
}

async fn watch(
    answering: impl Fn(&str) -> Vec<SocketAddr>,
    transport: Transport,
    id: String,
    interval: Duration,
    seen: Arc<Mutex<Seen>>,
) {
    let (mut first, mut last_ready) = (None, Instant::now());
    loop {
        let asked = Instant::now();
        let ready = any_ready(&transport, answering(&id), first).await;
        let now = Instant::now();
        seen.lock().unwrap().note(&id, ready.is_some(), last_ready, now);
        if ready.is_some() {
            (first, last_ready) = (ready, now);
        }
        sleep(interval.saturating_sub(asked.elapsed())).await;
    }
}

/// The one that does; that which did the last time is the first to be asked.
async fn any_ready(transport: &Transport, mut addresses: Vec<SocketAddr>, first: Option<SocketAddr>) -> Option<SocketAddr> {
    addresses.sort_by_key(|address| Some(*address) != first);
    for address in addresses {
        let credentials = Credentials::Token { key: Secret::new(""), secret: Secret::new("") };
        let config = NodeConfig { base_url: format!("http://{address}").parse().unwrap(), credentials };
        if matches!(NodeClient::new(transport, config).unwrap().ready().await, Ok(true)) {
            return Some(address);
        }
    }
    None
}
