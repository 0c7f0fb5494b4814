//! One pass: read what is wanted, observe what is there, act on the difference.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_chainlink::{SealError, SealKey, client::Transport};
use linkpool_db::{
    Database,
    fleet::{Phase, Release, Replica, ReplicaState, RolloutNode, SecretKind, Source, StepFailure},
};
use linkpool_health::DeduplicatedLogs;
use serde_json::json;

use crate::{
    FleetConfig, Login, ObservedSet, Provisioner, Result, Secrets, SetKey,
    ending::Endings,
    keep::Keeper,
    plan::{Action, Limits, plan},
    rollout::{Conductor, World},
    secrets::unusable,
    wanted::{Wanted, wanted},
};

/// The stored sight of a replica is renewed at least this often, so that readers can tell a living fleet from a dead one.
const SIGHT_INTERVAL: Duration = Duration::from_secs(10);

/// How often the time is added to each node's hours.
const HEALTH_INTERVAL: Duration = Duration::from_secs(30);

/// In which replacements are counted against their budgets, whichever fleet has made them: more means that the reason is not the replicas.
const REPLACEMENT_WINDOW: Duration = Duration::from_secs(600);

/// The two sides that are compared, and what only saves work or slows actions down: losing it loses nothing.
pub(crate) struct Reconciler {
    database: Database,
    provisioner: Arc<dyn Provisioner>,
    seal_key: SealKey,
    limits: Limits,
    conductor: Conductor,
    endings: Endings,
    keeper: Keeper,
    health_counted: Option<Instant>,
    must_keep: bool,
    /// Those that were needed; none ever changes.
    releases: HashMap<u32, Release>,
    /// What was last stored of each node, and when.
    stored: HashMap<String, (Vec<Replica>, Instant)>,
    /// Since when sets that nobody wants have been seen.
    orphans: HashMap<SetKey, Instant>,
    /// About actions that failed.
    failing: DeduplicatedLogs,
}

impl Reconciler {
    pub fn new(database: Database, provisioner: Arc<dyn Provisioner>, config: &FleetConfig, transport: Transport) -> Self {
        Self {
            conductor: Conductor::new(provisioner.clone(), config.rollout.clone(), transport),
            endings: Endings::new(config.retire_hook.clone()),
            keeper: Keeper::new(provisioner.clone()),
            must_keep: config.must_keep,
            health_counted: None,
            database,
            provisioner,
            seal_key: config.seal_key.clone(),
            limits: Limits { orphan_patience: config.orphan_patience, ..Limits::default() },
            releases: HashMap::new(),
            stored: HashMap::new(),
            orphans: HashMap::new(),
            failing: DeduplicatedLogs::default(),
        }
    }

    /// A new term begins: what is written in it is written while its lease lasts. Another fleet may have stored something meanwhile.
    pub fn begin(&mut self, database: Database) {
        self.database = database;
        self.provisioner.begin(&self.database, &self.secrets());
        self.conductor.begin(self.database.clone(), self.secrets());
        self.stored.clear();
    }

    /// This term is over: what is under way is cut off, which is what a kill would be.
    pub fn end(&mut self) {
        self.conductor.end();
        self.endings.end();
        self.keeper.end();
    }

    /// Takes over what other fleets have left, before anything is compared.
    ///
    /// # Errors
    /// Where it is not free, or not known: then nothing is done.
    pub async fn open(&mut self) -> Result<()> {
        self.secrets().check().await?;
        self.database.set_keeping(self.must_keep).await?;
        let locations: BTreeSet<String> =
            self.database.replicas().await?.into_iter().filter_map(|replica| replica.location).collect();
        self.provisioner.open(&Vec::from_iter(locations)).await
    }

    /// While another fleet leads: what it runs elsewhere is not to run here too. Only once its own replica waits or serves, so
    /// that the node is served on.
    pub async fn follow(&self) -> Result<()> {
        let replicas = self.database.replicas().await?.into_iter();
        let alive = replicas.filter(|replica| matches!(replica.state, ReplicaState::Waiting | ReplicaState::Serving));
        let location =
            |replica: Replica| Some((SetKey { node_id: replica.node_id, generation: replica.generation }, replica.location?));
        self.provisioner.leave(&alive.filter_map(location).collect()).await
    }

    /// Compares once. True if the difference was acted on, so that the next pass may find more to do.
    ///
    /// # Errors
    /// If one of the two sides could not be read: then nothing was done.
    pub async fn pass(&mut self) -> Result<bool> {
        let rolling = self.database.rolling_nodes().await?;
        let wanted = self.wanted(&rolling).await?;
        let observed = self.provisioner.observe().await?;
        self.store_sight(&wanted, &observed).await?;
        let orphan_for = self.note_orphans(&wanted, &observed);
        let fails = |set: &ObservedSet| set.replicas.iter().any(|replica| replica.state == ReplicaState::Failing);
        let replaced =
            if observed.iter().any(fails) { self.database.replaced_since(REPLACEMENT_WINDOW).await? } else { HashMap::new() };
        let limits = Limits { replaced, ..self.limits.clone() };
        let actions = plan(&wanted, &observed, &orphan_for, &limits);
        let (mut acted, mut failed) = (false, HashSet::new());
        for action in actions {
            // One node that can't be served must not keep the others waiting; the next pass finds it again.
            match self.act(&action).await {
                Ok(done) => acted |= done,
                Err(error) => {
                    let name = format!("{action:?}");
                    self.failing.warn(&name, &error, "an action of the fleet failed");
                    failed.insert(name);
                }
            }
        }
        self.failing.only(&failed);
        acted |= self.endings.pass(&self.database).await?;
        self.keeper.pass(&self.database).await?;
        self.count_health().await?;
        acted |= self.conductor.pass(&World { wanted: &wanted, rolling: &rolling, observed: &observed }).await?;
        Ok(acted)
    }

    async fn count_health(&mut self) -> Result<()> {
        if self.health_counted.is_none_or(|at| at.elapsed() >= HEALTH_INTERVAL) {
            self.database.count_health().await?;
            self.health_counted = Some(Instant::now());
        }
        Ok(())
    }

    async fn wanted(&mut self, rolling: &[RolloutNode]) -> Result<Vec<Wanted>> {
        // After the roll-outs were read: a node that has passed its switch in between is seen with the generation that it has now.
        let nodes = self.database.nodes_from(&[Source::Fleet]).await?;
        let named = nodes.iter().filter_map(|node| node.release_number).chain(rolling.iter().filter_map(RolloutNode::to_release));
        let unknown: BTreeSet<u32> = named.filter(|number| !self.releases.contains_key(number)).collect();
        if !unknown.is_empty() {
            let read = self.database.releases(&Vec::from_iter(unknown)).await?;
            self.releases.extend(read.into_iter().map(|release| (release.number, release)));
        }
        Ok(wanted(nodes, rolling, &self.releases))
    }

    /// True if it is done: what ends takes its time, and whoever observes is told of it.
    async fn act(&mut self, action: &Action) -> Result<bool> {
        match action {
            Action::Advance { node_id, from, to } => {
                self.database.advance_node(node_id, &[*from], *to, &json!({})).await?;
            }
            Action::Ensure(spec) => self.ensure(spec).await?,
            Action::Replace { set, replica_id, why } => {
                metrics::counter!("linkpool_fleet_replacements_total").increment(1);
                self.provisioner.replace(set, replica_id, why).await?;
                self.database.record_event(&set.node_id, "replica", &json!({ "replaced": replica_id, "why": why })).await?;
            }
            Action::Stop(set) => return self.provisioner.stop_set(set).await,
            Action::Delete(set) => return self.provisioner.delete_set(set).await,
            Action::SetHealth { node_id, health } => self.database.set_health(node_id, *health).await?,
            Action::Explain { node_id, phase, error } => self.explain(node_id, *phase, error).await?,
        }
        Ok(true)
    }

    async fn ensure(&self, spec: &crate::SetSpec) -> Result<()> {
        let made = match self.login(&spec.key.node_id).await {
            Ok(login) => self.provisioner.ensure_set(spec, &login).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &made {
            for phase in [Phase::Provisioning, Phase::Booting] {
                self.explain(&spec.key.node_id, phase, &error.to_string()).await?;
            }
        }
        made
    }

    /// The login that every fleet gives this node: the one that is kept, or the one with which it was started before logins
    /// were kept, or a new one.
    async fn login(&self, node_id: &str) -> Result<Login> {
        let (secrets, kind) = (self.secrets(), SecretKind::AdminLogin);
        let text = match secrets.kept(node_id, kind).await? {
            Some(text) => text,
            None => {
                let login = self.provisioner.login(node_id).await?.unwrap_or_else(|| Login::new(node_id));
                secrets.keep(node_id, kind, &login.text()).await?
            }
        };
        Login::parse(text.expose()).ok_or_else(|| unusable(node_id, kind, SealError::OtherKey))
    }

    fn secrets(&self) -> Secrets {
        Secrets::new(self.database.clone(), self.seal_key.clone())
    }

    async fn explain(&self, node_id: &str, phase: Phase, error: &str) -> Result<()> {
        let failure = StepFailure { node_id, phase, error, retry_in: Duration::ZERO };
        Ok(self.database.record_failure(failure).await?)
    }

    /// Stores what was seen of the replicas, where it is news. Before any phase moves: whoever is woken by the phase finds the address.
    async fn store_sight(&mut self, wanted: &[Wanted], observed: &[ObservedSet]) -> Result<()> {
        let mut seen: HashMap<&str, Vec<Replica>> = HashMap::new();
        for set in observed {
            seen.entry(&set.key.node_id).or_default().extend(rows(set));
        }
        let (mut news, mut gone) = (Vec::new(), Vec::new());
        for Wanted { node, .. } in wanted {
            let mut rows = seen.remove(node.id.as_str()).unwrap_or_default();
            rows.sort_by(|one, other| one.replica_id.cmp(&other.replica_id));
            let stored = self.stored.get(&node.id);
            // What another fleet has seen of a node that is not here yet says where it runs.
            if rows.is_empty() && stored.is_none_or(|(stored, _)| stored.is_empty()) {
                continue;
            }
            if stored.is_some_and(|(stored, at)| *stored == rows && at.elapsed() < SIGHT_INTERVAL) {
                continue;
            }
            if rows.is_empty() {
                gone.push(node.id.as_str());
            }
            news.extend(rows.iter().cloned());
            self.stored.insert(node.id.clone(), (rows, Instant::now()));
        }
        let stored = store(&self.database, &news, &gone).await;
        if stored.is_err() {
            self.stored.clear();
        }
        stored
    }

    fn note_orphans(&mut self, wanted: &[Wanted], observed: &[ObservedSet]) -> HashMap<SetKey, Duration> {
        let known: HashSet<&str> = wanted.iter().map(|wanted| wanted.node.id.as_str()).collect();
        let orphans: HashSet<&SetKey> =
            observed.iter().map(|set| &set.key).filter(|key| !known.contains(key.node_id.as_str())).collect();
        self.orphans.retain(|key, _| orphans.contains(key));
        for key in orphans {
            self.orphans.entry(key.clone()).or_insert_with(Instant::now);
        }
        self.orphans.iter().map(|(key, since)| (key.clone(), since.elapsed())).collect()
    }
}

async fn store(database: &Database, news: &[Replica], gone: &[&str]) -> Result<()> {
    if !news.is_empty() {
        database.set_replicas(news).await?;
    }
    if !gone.is_empty() {
        database.forget_replicas(gone).await?;
    }
    Ok(())
}

fn rows(set: &ObservedSet) -> Vec<Replica> {
    let row = |replica: &crate::ObservedReplica| Replica {
        node_id: set.key.node_id.clone(),
        generation: set.key.generation,
        replica_id: replica.id.clone(),
        state: replica.state,
        base_url: replica.base_url.clone(),
        // Whoever needs the login opens the one in the database.
        credentials_file: None,
        admin_credentials_file: None,
        starts: replica.starts,
        detail: replica.detail.clone(),
        // Set by the database's clock when it is stored.
        seen_at: chrono::DateTime::UNIX_EPOCH,
        location: Some(set.location.clone()),
    };
    set.replicas.iter().map(row).collect()
}
