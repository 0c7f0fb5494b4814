//! What a node shall have beside what it has. Pure: the same input gives the same plan.

use std::collections::BTreeSet;

use linkpool_primitives::{ItemKind, ItemState};
use uuid::Uuid;

use crate::{Action, Desired, FilledBridge, ItemRecord, ItemRecords, external_job_id, pipeline::bridges};

/// What a node has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub bridges: Vec<SeenBridge>,
    pub jobs: Vec<SeenJob>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenBridge {
    pub name: String,
    pub url: String,
    pub confirmations: u32,
    /// In juels; nothing is as good as zero.
    pub minimum_contract_payment: Option<u128>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenJob {
    /// By which the node deletes and replaces it.
    pub id: i32,
    pub external_job_id: Uuid,
    pub name: String,
    pub kind: String,
    pub source: String,
}

/// What to do, and what is nobody's business here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// In this order: a job's bridges are there before it, and go after it.
    pub actions: Vec<Action>,
    /// What the node has from somebody else. It is shown, and left as it is.
    pub by_others: Vec<(ItemKind, String)>,
    /// Bridges that the node shall have no longer, and the jobs that use them and stay.
    pub kept: Vec<(String, Vec<String>)>,
}

/// Compares. What an operator has made on the node by hand is left alone, unless the set has a bridge of that name.
pub fn plan(desired: &Desired, seen: &Seen, given: &ItemRecords) -> Plan {
    let comparison = Comparison { desired, seen, given };
    let mut actions: Vec<Action> = comparison.bridges().collect();
    let over: Vec<&(ItemKind, String)> = given.keys().filter(|(kind, name)| comparison.is_over(*kind, name)).collect();
    // A bridge is there before the jobs that name it, and goes after them.
    let of = |kind: ItemKind| over.iter().filter(move |item| item.0 == kind).map(|item| item.1.as_str());
    actions.extend(of(ItemKind::Job).filter_map(|name| comparison.job_over(name)));
    actions.extend(comparison.jobs());
    let (mut kept, users) = (Vec::new(), comparison.users_that_stay());
    for name in of(ItemKind::Bridge) {
        // A node looks itself, but at one of several bridges that a job names.
        match users.iter().filter(|(used, _)| used.contains(name)).map(|(_, job)| job.to_string()).collect::<Vec<_>>() {
            jobs if jobs.is_empty() => actions.extend(comparison.bridge_over(name)),
            jobs => kept.push((name.to_owned(), jobs)),
        }
    }
    Plan { actions, by_others: comparison.by_others(), kept }
}

struct Comparison<'a> {
    desired: &'a Desired,
    seen: &'a Seen,
    given: &'a ItemRecords,
}

impl Comparison<'_> {
    fn bridges(&self) -> impl Iterator<Item = Action> {
        self.desired.bridges.iter().filter_map(|(name, bridge)| {
            let (name, bridge) = (name.clone(), bridge.clone());
            match self.seen.bridges.iter().find(|seen| seen.name == name) {
                None => Some(Action::CreateBridge { name, bridge }),
                Some(seen) if !is_same_bridge(seen, &bridge) => Some(Action::UpdateBridge { name, bridge }),
                Some(_) => self.note(ItemKind::Bridge, name, bridge.digest),
            }
        })
    }

    fn jobs(&self) -> impl Iterator<Item = Action> {
        self.desired.jobs.iter().filter_map(|(name, job)| {
            let (name, job) = (name.clone(), job.clone());
            let Some(seen) = self.seen.jobs.iter().find(|seen| seen.external_job_id == job.external_job_id) else {
                return Some(Action::CreateJob { name, job });
            };
            let given = self.given.get(&(ItemKind::Job, name.clone()));
            // A node shows a part of a spec only. Where nothing is written down the rest may be anything.
            let is_whole = given.is_some_and(|it| it.state != ItemState::Updating && it.digest == job.digest);
            if is_whole && (seen.kind.as_str(), seen.source.as_str()) == (&job.kind, &job.source) {
                return self.note(ItemKind::Job, name, job.digest);
            }
            Some(Action::UpdateJob { id: seen.id, name, job })
        })
    }

    /// What the node has, where it is not written down yet.
    fn note(&self, kind: ItemKind, name: String, digest: [u8; 32]) -> Option<Action> {
        let noted = ItemRecord::new(digest, ItemState::Given);
        (self.given.get(&(kind, name.clone())) != Some(&noted)).then_some(Action::Note { kind, name, digest })
    }

    /// Whether the node shall have it no longer. An earlier form of what waits does its work until then.
    fn is_over(&self, kind: ItemKind, name: &str) -> bool {
        let is_wanted = match kind {
            ItemKind::Bridge => self.desired.bridges.contains_key(name),
            ItemKind::Job => self.desired.jobs.contains_key(name),
        };
        !is_wanted && !self.desired.waiting.iter().any(|it| it.kind == kind && it.name == name)
    }

    fn job_over(&self, name: &str) -> Option<Action> {
        let id = external_job_id(&self.desired.node, name);
        match self.seen.jobs.iter().find(|seen| seen.external_job_id == id) {
            Some(job) => Some(Action::RemoveJob { id: job.id, name: name.to_owned() }),
            None => self.forget(ItemKind::Job, name),
        }
    }

    fn bridge_over(&self, name: &str) -> Option<Action> {
        match self.seen.bridges.iter().any(|seen| seen.name == name) {
            true => Some(Action::RemoveBridge { name: name.to_owned() }),
            false => self.forget(ItemKind::Bridge, name),
        }
    }

    /// Of an item that the node does not have. Not while it may come yet: nobody would take it away again.
    fn forget(&self, kind: ItemKind, name: &str) -> Option<Action> {
        let key = (kind, name.to_owned());
        let may_come = self.given.get(&key).is_some_and(|given| given.is_under_way);
        (!may_come).then_some(Action::Forget { kind, name: key.1 })
    }

    /// The jobs that go on as they are, with the bridges that they name: somebody else's, and earlier forms of what waits.
    fn users_that_stay(&self) -> Vec<(BTreeSet<String>, &str)> {
        let id = |name: &str| external_job_id(&self.desired.node, name);
        let names = self.given.keys().filter(|(kind, name)| *kind == ItemKind::Job && self.is_over(*kind, name));
        let go: BTreeSet<Uuid> = names.map(|(_, name)| name).chain(self.desired.jobs.keys()).map(|name| id(name)).collect();
        let stay = self.seen.jobs.iter().filter(|job| !go.contains(&job.external_job_id));
        stay.map(|job| (bridges(&job.source), job.name.as_str())).collect()
    }

    fn by_others(&self) -> Vec<(ItemKind, String)> {
        let names = self.given.keys().filter(|(kind, _)| *kind == ItemKind::Job).map(|(_, name)| name);
        let ours: BTreeSet<Uuid> =
            names.chain(self.desired.jobs.keys()).map(|name| external_job_id(&self.desired.node, name)).collect();
        let bridges = self.seen.bridges.iter().map(|bridge| &bridge.name).filter(|name| {
            !self.desired.bridges.contains_key(*name) && !self.given.contains_key(&(ItemKind::Bridge, (*name).clone()))
        });
        let jobs = self.seen.jobs.iter().filter(|job| !ours.contains(&job.external_job_id)).map(|job| &job.name);
        bridges.map(|name| (ItemKind::Bridge, name.clone())).chain(jobs.map(|name| (ItemKind::Job, name.clone()))).collect()
    }
}

fn is_same_bridge(seen: &SeenBridge, bridge: &FilledBridge) -> bool {
    let payment = |amount: Option<u128>| amount.unwrap_or_default();
    (seen.url.as_str(), seen.confirmations) == (&bridge.url, bridge.confirmations)
        && payment(seen.minimum_contract_payment) == payment(bridge.minimum_contract_payment)
}
