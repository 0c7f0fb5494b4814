//! Somebody who asks nodes all the time whether they serve.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use linkpool_chainlink::{
    Secret,
    client::{Credentials, Limits, NodeClient, NodeConfig, Transport},
};
use linkpool_db::Database;
use tokio::{task::JoinSet, time::sleep};

/// One that does not answer within this time does not serve.
const LIMITS: Limits = Limits {
    connect_timeout: Duration::from_millis(500),
    request_timeout: Duration::from_secs(1),
    body_bytes: 1 << 16,
    login_interval: Duration::from_secs(20),
};

/// Asks until it is dropped.
pub struct Probe {
    gaps: Arc<Mutex<Vec<(String, Duration)>>>,
    _tasks: JoinSet<()>,
}

impl Probe {
    /// Each of them serves now. A node takes a thousand requests a minute from one address: the interval is not below 70 ms.
    pub fn start(database: &Database, ids: &[String], interval: Duration) -> Self {
        let gaps = Arc::<Mutex<Vec<_>>>::default();
        let transport = Transport::new(LIMITS).unwrap();
        let mut tasks = JoinSet::new();
        for id in ids {
            tasks.spawn(watch(database.clone(), transport.clone(), id.clone(), interval, gaps.clone()));
        }
        Self { gaps, _tasks: tasks }
    }

    /// How long nobody served, for each time that nobody did: seconds, sorted.
    pub fn gaps(&self) -> Vec<f64> {
        let mut gaps: Vec<f64> = self.gaps.lock().unwrap().iter().map(|(_, gap)| gap.as_secs_f64()).collect();
        gaps.sort_by(f64::total_cmp);
        gaps
    }
}

async fn watch(
    database: Database,
    transport: Transport,
    id: String,
    interval: Duration,
    gaps: Arc<Mutex<Vec<(String, Duration)>>>,
) {
    let (mut urls, mut last_ready, mut is_gone) = (Vec::new(), None, false);
    loop {
        let asked = Instant::now();
        if any_ready(&transport, &mut urls).await {
            if let (true, Some(last_ready)) = (std::mem::take(&mut is_gone), last_ready) {
                gaps.lock().unwrap().push((id.clone(), Instant::now() - last_ready));
            }
            last_ready = Some(Instant::now());
        } else {
            is_gone = true;
            // Where each answers is told before it serves: its port is its own for ever.
            if let Ok(replicas) = database.replicas_of(&id).await {
                let known = replicas.into_iter().filter_map(|replica| replica.base_url);
                urls.extend(known.filter(|url| !urls.contains(url)).collect::<Vec<_>>());
            }
        }
        sleep(interval.saturating_sub(asked.elapsed())).await;
    }
}

/// Whether one of them does; it is the first to be asked the next time.
async fn any_ready(transport: &Transport, urls: &mut [String]) -> bool {
    for index in 0..urls.len() {
        let credentials = Credentials::Token { key: Secret::new(""), secret: Secret::new("") };
        let config = NodeConfig { base_url: urls[index].parse().unwrap(), credentials };
        if matches!(NodeClient::new(transport, config).unwrap().ready().await, Ok(true)) {
            urls.swap(0, index);
            return true;
        }
    }
    false
}
