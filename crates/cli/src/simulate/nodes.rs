//! A backend whose nodes live in this process: what a node does to be registered, it does for real.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use linkpool_db::{
    Database,
    fleet::{Release, ReplicaState as Seen},
};
use linkpool_fleet::{
    Error, Login, ObservedReplica, ObservedSet, Provisioner, Result, Secrets, SetKey, SetSpec, Snapshot, Versions,
};
use linkpool_standin_node::{AdminCredentials, DevelopmentChain, Host, LeaseTiming, ReplicaConfig, ReplicaHandle, ReplicaState};
use tokio::time::sleep;

const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// Long: two hundred replicas that ask every second are as much work as all the rest.
const LEASE: LeaseTiming = LeaseTiming { duration: Duration::from_secs(60), refresh: Duration::from_secs(10) };

#[derive(Debug)]
pub struct SimulatedNodes {
    host: Host,
    chain: DevelopmentChain,
    sets: Mutex<HashMap<SetKey, Vec<Running>>>,
}

#[derive(Debug)]
struct Running {
    handle: ReplicaHandle,
    seen: Seen,
    since: Instant,
}

impl Running {
    fn look(&mut self) -> Seen {
        let now = match self.handle.state() {
            ReplicaState::Starting | ReplicaState::Booting => Seen::Starting,
            ReplicaState::WaitingForLease => Seen::Waiting,
            ReplicaState::Serving { .. } => Seen::Serving,
            ReplicaState::Ended => Seen::Stopped,
        };
        if now != self.seen {
            (self.seen, self.since) = (now, Instant::now());
        }
        now
    }
}

impl SimulatedNodes {
    pub fn new(host: Host, chain: DevelopmentChain) -> Self {
        Self { host, chain, sets: Mutex::default() }
    }

    fn sets(&self) -> MutexGuard<'_, HashMap<SetKey, Vec<Running>>> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, spec: &SetSpec, login: &Login) -> Result<Vec<Running>> {
        let unprepared = |reason: String| Error::Unprepared { reason };
        let schema = format!("node_{}", spec.key.node_id).parse().map_err(unprepared)?;
        let admin = AdminCredentials { email: login.email.clone(), password: login.password.clone() };
        let config = ReplicaConfig { lease: LEASE, ..ReplicaConfig::new(schema, self.chain, admin) };
        let start = |_: u16| -> Result<Running> {
            let replica = self.host.replica(config.clone()).map_err(|error| Error::Unprepared { reason: error.to_string() })?;
            Ok(Running { handle: replica.spawn(), seen: Seen::Starting, since: Instant::now() })
        };
        (0..spec.replica_count).map(start).collect()
    }
}

#[async_trait]
impl Provisioner for SimulatedNodes {
    fn begin(&self, _: &Database, _: &Secrets) {}

    async fn open(&self, _: &[String]) -> Result<()> {
        Ok(())
    }

    async fn login(&self, _: &str) -> Result<Option<Login>> {
        Ok(None)
    }

    async fn ensure_set(&self, spec: &SetSpec, login: &Login) -> Result<()> {
        if !self.sets().contains_key(&spec.key) {
            let running = self.start(spec, login)?;
            self.sets().insert(spec.key.clone(), running);
        }
        Ok(())
    }

    async fn observe(&self) -> Result<Vec<ObservedSet>> {
        let mut sets = self.sets();
        let observed = sets.iter_mut().map(|(key, replicas)| ObservedSet {
            key: key.clone(),
            location: "this simulation".into(),
            replicas: replicas.iter_mut().enumerate().map(|(ordinal, replica)| observed(key, ordinal, replica)).collect(),
        });
        Ok(observed.collect())
    }

    /// None fails here.
    async fn replace(&self, _: &SetKey, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    fn chain_id(&self) -> u64 {
        self.chain.id()
    }

    async fn versions(&self, _: &str, _: Option<&Release>) -> Result<Versions> {
        Ok(Versions::default())
    }

    async fn snapshot(&self, _: &str) -> Result<Snapshot> {
        Ok(Snapshot::Unneeded)
    }

    async fn stop_set(&self, set: &SetKey) -> Result<bool> {
        // A replica ends with its handle.
        self.sets().remove(set);
        Ok(true)
    }

    async fn delete_set(&self, set: &SetKey) -> Result<bool> {
        self.stop_set(set).await
    }

    async fn changed(&self) {
        loop {
            sleep(LOOK_INTERVAL).await;
            let moved = |it: &mut Running| {
                let before = it.seen;
                it.look() != before
            };
            if self.sets().values_mut().flatten().any(moved) {
                return;
            }
        }
    }

    fn outage_over(&self) {}

    async fn wanted(&self) {
        std::future::pending::<()>().await;
    }

    async fn leave(&self, _: &HashMap<SetKey, String>) -> Result<()> {
        Ok(())
    }

    async fn close(&self) {
        self.sets().clear();
    }
}

fn observed(key: &SetKey, ordinal: usize, replica: &mut Running) -> ObservedReplica {
    let state = replica.look();
    let base_url = match replica.handle.state() {
        ReplicaState::Serving { address, .. } => Some(format!("http://{address}")),
        _ => None,
    };
    ObservedReplica {
        id: format!("g{}-{ordinal}", key.generation),
        state,
        for_time: replica.since.elapsed(),
        base_url,
        starts: 1,
        detail: None,
        holds_lease: None,
    }
}
