//! Somebody who asks nodes all the time whether they serve, and knows where they answer from what each process was told, whether a fleet
//! runs or not.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
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
    pub fn start(folder: &Path, ids: &[String], interval: Duration) -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let transport = Transport::new(LIMITS).unwrap();
        let mut tasks = JoinSet::new();
        for id in ids {
            tasks.spawn(watch(folder.join(id), transport.clone(), id.clone(), interval, seen.clone()));
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

async fn watch(folder: PathBuf, transport: Transport, id: String, interval: Duration, seen: Arc<Mutex<Seen>>) {
    let (mut first, mut last_ready) = (0, Instant::now());
    loop {
        let asked = Instant::now();
        let ready = any_ready(&transport, ports(&folder), first).await;
        let now = Instant::now();
        seen.lock().unwrap().note(&id, ready.is_some(), last_ready, now);
        if let Some(port) = ready {
            (first, last_ready) = (port, now);
        }
        sleep(interval.saturating_sub(asked.elapsed())).await;
    }
}

/// Of every replica that is there, or may come back: what a generation had, another node may get once it is deleted.
fn ports(folder: &Path) -> Vec<u16> {
    let files = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let told = files.filter(|path| path.to_str().is_some_and(|path| path.ends_with(".fixed.toml")));
    let port = |path: PathBuf| crate::program::port_of(&fs::read_to_string(path).ok()?);
    told.filter_map(port).collect()
}

/// The one that does; that which did the last time is the first to be asked.
async fn any_ready(transport: &Transport, mut ports: Vec<u16>, first: u16) -> Option<u16> {
    ports.sort_by_key(|port| *port != first);
    for port in ports {
        let credentials = Credentials::Token { key: Secret::new(""), secret: Secret::new("") };
        let config = NodeConfig { base_url: format!("http://127.0.0.1:{port}").parse().unwrap(), credentials };
        if matches!(NodeClient::new(transport, config).unwrap().ready().await, Ok(true)) {
            return Some(port);
        }
    }
    None
}
