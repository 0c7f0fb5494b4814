//! What a fleet of a thousand nodes takes to be compared, and to hold in mind: two thousand replicas that a backend of ours only names.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use linkpool_db::{
    Connect, Database,
    fleet::{PairHealth, Release, ReplicaState},
};
use linkpool_fleet::{
    FleetConfig, Login, ObservedReplica, ObservedSet, Provisioner, Result, Secrets, SetKey, SetSpec, Snapshot, Versions,
};
use tokio_util::sync::CancellationToken;

use super::{percentile, row};
use crate::fixture::{Fixture, seal_key};

const NODES: usize = 1_000;
const PASSES: usize = 20;
const PATIENCE_TIME: Duration = Duration::from_secs(300);

/// Whose replicas are there as soon as they are wanted.
#[derive(Default)]
struct Named {
    sets: Mutex<Vec<SetKey>>,
    /// When the last pass was over, and how long those before took.
    passes: Mutex<(Option<Instant>, Vec<f64>)>,
}

/// The next pass begins where the wait ends, whatever ends it.
struct Begins<'a>(&'a Named);

impl Drop for Begins<'_> {
    fn drop(&mut self) {
        self.0.passes.lock().unwrap().0 = Some(Instant::now());
    }
}

impl Named {
    fn replica(ordinal: usize) -> ObservedReplica {
        let (state, port) = if ordinal == 0 { (ReplicaState::Serving, Some(1)) } else { (ReplicaState::Waiting, None) };
        ObservedReplica {
            id: format!("g1-{ordinal}"),
            state,
            for_time: Duration::from_secs(60),
            // Nobody listens there: what the fleet would give them, it can't.
            base_url: port.map(|port| format!("http://127.0.0.1:{port}")),
            starts: 1,
            detail: None,
            holds_lease: Some(ordinal == 0),
        }
    }
}

#[async_trait]
impl Provisioner for Named {
    fn begin(&self, _: &Database, _: &Secrets) {}

    async fn open(&self, _: &[String]) -> Result<()> {
        Ok(())
    }

    async fn login(&self, _: &str) -> Result<Option<Login>> {
        Ok(None)
    }

    async fn ensure_set(&self, spec: &SetSpec, _: &Login) -> Result<()> {
        let mut sets = self.sets.lock().unwrap();
        if !sets.contains(&spec.key) {
            sets.push(spec.key.clone());
        }
        Ok(())
    }

    async fn observe(&self) -> Result<Vec<ObservedSet>> {
        let set = |key: &SetKey| ObservedSet {
            key: key.clone(),
            location: "here: nowhere".into(),
            replicas: (0..2).map(Self::replica).collect(),
        };
        Ok(self.sets.lock().unwrap().iter().map(set).collect())
    }

    async fn replace(&self, _: &SetKey, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    fn chain_id(&self) -> u64 {
        31_337
    }

    async fn versions(&self, _: &str, _: Option<&Release>) -> Result<Versions> {
        Ok(Versions::default())
    }

    async fn snapshot(&self, _: &str) -> Result<Snapshot> {
        Ok(Snapshot::Unneeded)
    }

    async fn stop_set(&self, _: &SetKey) -> Result<bool> {
        Ok(true)
    }

    async fn delete_set(&self, _: &SetKey) -> Result<bool> {
        Ok(true)
    }

    /// Asked for between two passes: from when it has answered until it is asked again, the fleet compares.
    async fn changed(&self) {
        if let (Some(begin), passes) = &mut *self.passes.lock().unwrap() {
            passes.push(begin.elapsed().as_secs_f64());
        }
        let _begins = Begins(self);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    fn outage_over(&self) {}

    async fn wanted(&self) {
        std::future::pending::<()>().await;
    }

    async fn leave(&self, _: &HashMap<SetKey, String>) -> Result<()> {
        Ok(())
    }

    async fn close(&self) {}
}

/// The most that this process ever held.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a field of the kernel's");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_024.0
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench fleet"]
async fn how_long_a_thousand_nodes_take_to_be_compared_and_what_that_holds() {
    let fixture = Fixture::set().await;
    for call in 0..NODES / 50 {
        fixture.request(&format!("nodes {call}"), 50).await;
    }
    let (backend, token) = (Arc::new(Named::default()), CancellationToken::new());
    let database = Database::connect(&Connect::new(&fixture.url).patient()).await.unwrap();
    let fleet = tokio::spawn(linkpool_fleet::run(FleetConfig::new(seal_key()), database, backend.clone(), token.clone()));
    let begin = Instant::now();
    loop {
        let nodes = fixture.database.fleet_nodes().await.unwrap();
        if nodes.iter().filter(|node| node.health == PairHealth::Healthy).count() == NODES {
            break;
        }
        assert!(begin.elapsed() < PATIENCE_TIME, "they do not become healthy");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    backend.passes.lock().unwrap().1.clear();
    let begin = Instant::now();
    while backend.passes.lock().unwrap().1.len() < PASSES {
        assert!(begin.elapsed() < PATIENCE_TIME, "it does not compare");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut passes = backend.passes.lock().unwrap().1.clone();
    passes.sort_by(f64::total_cmp);
    row("reconcile_1000_s", percentile(&passes, 100), "s");
    row("rss_mb", peak_mb(), "MB");
    token.cancel();
    fleet.await.unwrap().unwrap();
}
