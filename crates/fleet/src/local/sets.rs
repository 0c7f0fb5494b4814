//! The replica sets that this process looks after, and the directories that it holds for them.

use std::{
    collections::{BTreeMap, HashMap, btree_map, hash_map::Entry},
    sync::Arc,
};

use linkpool_chainlink::client::Transport;
use tokio::task::JoinSet;

use super::{
    config::LocalConfig,
    files::{Directory, Held, failed, replica_id},
    location,
    replica::Replica,
    supervisor::Supervisor,
};
use crate::{Error, Login, ObservedSet, Result, SetKey, SetSpec, look::Signals};

#[derive(Debug)]
struct Set {
    directory: Directory,
    replicas: BTreeMap<u16, Supervisor>,
}

#[derive(Debug, Default)]
pub(super) struct Sets {
    held: HashMap<Directory, Held>,
    sets: HashMap<SetKey, Set>,
}

impl Sets {
    /// From now on nobody else runs nodes in `directory`. Whoever does is asked to let go of it.
    pub fn hold(&mut self, directory: Directory) -> Result<()> {
        if let Entry::Vacant(entry) = self.held.entry(directory) {
            let held = entry.key().hold();
            if matches!(held, Err(Error::DirectoryInUse { .. })) {
                entry.key().ask_for()?;
            }
            entry.insert(held?);
        }
        Ok(())
    }

    /// Whether another fleet waits for a directory that is held.
    pub fn is_asked_for(&self) -> bool {
        self.held.keys().any(Directory::is_asked_for)
    }

    pub fn release(&mut self) {
        self.held.clear();
    }

    /// The login with which a node was started in one of them.
    pub fn login(&self, node_id: &str) -> Result<Option<Login>> {
        let mut logins = self.held.keys().filter_map(|directory| directory.login(node_id).transpose());
        logins.next().transpose()
    }

    /// Every replica that runs in the directories held.
    ///
    /// # Errors
    /// Where one of them can't be read: what runs is not known then, and nothing may be started.
    pub async fn take_over(&mut self, config: &Arc<LocalConfig>, transport: &Transport, signals: &Signals) -> Result<()> {
        // Looked at all at once: one that hangs costs its time-out once.
        let mut looks = JoinSet::new();
        for directory in self.held.keys() {
            for (key, ordinal) in directory.replicas()? {
                let replica = Replica::new(config, directory, &key, ordinal)?;
                let Some(running) = replica.running()? else { continue };
                tracing::info!(
                    node = key.node_id,
                    replica = replica.location.replica_id,
                    pid = running.process.id(),
                    "taking over a replica that runs"
                );
                let (directory, transport, signals) = (directory.clone(), transport.clone(), signals.clone());
                looks.spawn(
                    async move { (directory, key, ordinal, Supervisor::adopt(replica, running, transport, &signals).await) },
                );
            }
        }
        while let Some(looked) = looks.join_next().await {
            let Ok((directory, key, ordinal, replica)) = looked else { continue };
            let set = self.sets.entry(key).or_insert_with(|| Set { directory: directory.clone(), replicas: BTreeMap::new() });
            // Two directories of one machine may both have had the node. One pair is enough.
            if set.directory == directory {
                set.replicas.insert(ordinal, replica);
            } else {
                replica.stopped().await;
            }
        }
        Ok(())
    }

    /// Starts what the set lacks, where the rest of it is.
    pub fn ensure(
        &mut self,
        spec: &SetSpec,
        login: &Login,
        home: &Directory,
        start: impl Fn(&Directory, u16) -> Result<Supervisor>,
    ) -> Result<()> {
        let directory = self.sets.get(&spec.key).map_or(home, |set| &set.directory).clone();
        directory.prepare(&spec.key.node_id, login)?;
        // Before any of them starts: whoever takes them over finds it there.
        directory.keep_release(&spec.key, spec.release.as_ref())?;
        let made = || Set { directory, replicas: BTreeMap::new() };
        let set = self.sets.entry(spec.key.clone()).or_insert_with(made);
        // One that was stopped and is wanted again.
        set.replicas.retain(|_, replica| !replica.has_ended());
        for ordinal in 0..spec.replica_count {
            if let btree_map::Entry::Vacant(entry) = set.replicas.entry(ordinal) {
                entry.insert(start(&set.directory, ordinal)?);
            }
        }
        Ok(())
    }

    pub fn observe(&self) -> Result<Vec<ObservedSet>> {
        let mut observed = Vec::with_capacity(self.sets.len());
        for (key, set) in &self.sets {
            let location = location::text_of(&set.directory).map_err(failed(set.directory.path()))?;
            let living = set.replicas.iter().filter(|(_, replica)| !replica.has_ended());
            let replicas = living.map(|(ordinal, replica)| replica.observe(replica_id(key, *ordinal))).collect();
            observed.push(ObservedSet { key: key.clone(), location, replicas });
        }
        Ok(observed)
    }

    pub fn replica(&self, set: &SetKey, id: &str) -> Option<&Supervisor> {
        let mut replicas = self.sets.get(set)?.replicas.iter();
        replicas.find_map(|(ordinal, replica)| (replica_id(set, *ordinal) == id).then_some(replica))
    }

    /// Asks all replicas of a set to end, and removes it once they have: true from then on.
    pub fn stop(&mut self, set: &SetKey) -> bool {
        let Some(found) = self.sets.get_mut(set) else { return true };
        found.replicas.values().for_each(Supervisor::ask_to_stop);
        let has_ended = found.replicas.values().all(Supervisor::has_ended);
        if has_ended {
            self.sets.remove(set);
        }
        has_ended
    }

    /// Removes the files of a set that is gone for good, but for its logs.
    pub fn forget(&self, set: &SetKey) -> Result<()> {
        self.held.keys().try_for_each(|directory| directory.forget(set))
    }

    pub fn drain(&mut self) -> Vec<Supervisor> {
        self.sets.drain().flat_map(|(_, set)| set.replicas.into_values()).collect()
    }
}

/// Asks all to end before waiting for the first: together they take one grace, not one each.
pub(super) async fn stop_all(replicas: Vec<Supervisor>) {
    for replica in &replicas {
        replica.ask_to_stop();
    }
    for replica in replicas {
        replica.stopped().await;
    }
}
