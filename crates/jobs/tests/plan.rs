//! However often whoever gives a node its bridges and jobs is killed, whatever people do to the node meanwhile: in the end it has
//! exactly what it shall have, each once, and what somebody else has put there.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use linkpool_jobs::{Action, Bridge, ItemRecords, Job, JobSet, Seen, SeenBridge, SeenJob, Variables, external_job_id, plan};
use linkpool_primitives::ItemKind;
use proptest::{collection::vec, prelude::*};

const NODE: &str = "0123456789ab";

/// A node, as far as it refuses what can't be.
#[derive(Debug, Default)]
struct Node {
    bridges: BTreeMap<String, SeenBridge>,
    /// With the whole spec, of which a node shows a part only.
    jobs: Vec<(SeenJob, String)>,
    ids: i32,
}

impl Node {
    fn seen(&self) -> Seen {
        Seen { bridges: self.bridges.values().cloned().collect(), jobs: self.jobs.iter().map(|(job, _)| job.clone()).collect() }
    }

    fn uses(&self, bridge: &str) -> bool {
        self.jobs.iter().any(|(job, _)| job.source.contains(&format!("name={bridge}]")))
    }

    /// What the API answers: true for success.
    fn call(&mut self, action: &Action) -> bool {
        match action {
            Action::CreateBridge { name, .. } if self.bridges.contains_key(name) => return false,
            Action::UpdateBridge { name, .. } if !self.bridges.contains_key(name) => return false,
            Action::CreateBridge { name, bridge } | Action::UpdateBridge { name, bridge } => {
                let seen = SeenBridge {
                    name: name.clone(),
                    url: bridge.url.clone(),
                    confirmations: bridge.confirmations,
                    minimum_contract_payment: bridge.minimum_contract_payment,
                };
                self.bridges.insert(name.clone(), seen);
            }
            Action::RemoveBridge { name } => return !self.uses(name) && self.bridges.remove(name).is_some(),
            Action::CreateJob { name, job } => {
                if self.jobs.iter().any(|(seen, _)| seen.external_job_id == job.external_job_id) {
                    return false;
                }
                self.ids += 1;
                self.add(self.ids, name, job);
            }
            Action::UpdateJob { id, name, job } => {
                let count = self.jobs.len();
                self.jobs.retain(|(seen, _)| seen.id != *id);
                if self.jobs.len() == count {
                    return false;
                }
                self.add(*id, name, job);
            }
            Action::RemoveJob { id, .. } => {
                let count = self.jobs.len();
                self.jobs.retain(|(seen, _)| seen.id != *id);
                return self.jobs.len() < count;
            }
            Action::Note { .. } | Action::Forget { .. } => {}
        }
        true
    }

    fn add(&mut self, id: i32, name: &str, job: &linkpool_jobs::FilledJob) {
        let seen = SeenJob {
            id,
            external_job_id: job.external_job_id,
            name: name.into(),
            kind: job.kind.clone(),
            source: job.source.clone(),
        };
        self.jobs.push((seen, job.toml.clone()));
    }
}

/// Where whoever does an action is killed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Lives,
    DiesBefore,
    DiesWithTheCallUnsent,
    DiesWithTheAnswer,
    /// The call was sent, and reaches the node after whoever comes next has looked at it.
    DiesWithTheCallUnderWay,
}

/// Does one action as the fleet does it: written down, done, written down. False where it was killed.
fn act(action: &Action, node: &mut Node, given: &mut ItemRecords, late: &mut Vec<Action>, fate: Fate) -> bool {
    if fate == Fate::DiesBefore {
        return false;
    }
    let (kind, name) = action.item();
    let key = (kind, name.to_owned());
    if let Some(before) = action.before(given) {
        given.insert(key.clone(), before);
    }
    if fate == Fate::DiesWithTheCallUnsent {
        return false;
    }
    if fate == Fate::DiesWithTheCallUnderWay {
        late.push(action.clone());
        return false;
    }
    let is_taken = node.call(action);
    if fate == Fate::DiesWithTheAnswer {
        return false;
    }
    match action.after() {
        Some(after) if is_taken => drop(given.insert(key, after)),
        None if is_taken => drop(given.remove(&key)),
        _ => {}
    }
    true
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Wants(JobSet),
    Compares(Vec<Fate>),
    /// By hand: the pipeline of a job, or the address of a bridge.
    Edits(usize),
    Deletes(usize),
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned)
}

fn set() -> impl Strategy<Value = JobSet> {
    let bridge = (0..2_u8, 0..2_u32).prop_map(|(port, confirmations)| Bridge {
        url: format!("http://adapter:808{port}/"),
        confirmations,
        minimum_contract_payment: None,
        nodes: None,
    });
    let bridges = prop::collection::btree_map(name(), bridge, 0..3);
    let jobs = prop::collection::btree_map(name(), (name(), 0..3_u8), 0..3);
    (bridges, jobs).prop_map(|(bridges, jobs)| {
        let job = |(uses, minute): (String, u8)| {
            let pipeline = match bridges.contains_key(&uses) {
                true => format!("x [type=bridge name={uses}]"),
                false => "x [type=memo value=1]".into(),
            };
            let toml = format!(
                "type = \"cron\"\nschemaVersion = 1\nschedule = \"CRON_TZ=UTC 0 {minute} * * * *\"\nobservationSource = '{pipeline}'\n"
            );
            Job { toml, nodes: None }
        };
        JobSet { jobs: jobs.into_iter().map(|(name, it)| (name, job(it))).collect(), bridges }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![
        4 => Just(Fate::Lives),
        1 => Just(Fate::DiesBefore),
        1 => Just(Fate::DiesWithTheCallUnsent),
        1 => Just(Fate::DiesWithTheAnswer),
        1 => Just(Fate::DiesWithTheCallUnderWay),
    ];
    prop_oneof![
        2 => set().prop_map(Step::Wants),
        4 => vec(fate, 0..6).prop_map(Step::Compares),
        1 => (0..8_usize).prop_map(Step::Edits),
        1 => (0..8_usize).prop_map(Step::Deletes),
    ]
}

fn by_hand(node: &mut Node, step: &Step) {
    let by_others = external_job_id("ffffffffffff", "by hand");
    let mut jobs: Vec<&mut (SeenJob, String)> =
        node.jobs.iter_mut().filter(|(job, _)| job.external_job_id != by_others).collect();
    match step {
        Step::Edits(at) if *at < jobs.len() => {
            jobs[*at].0.source = "x [type=memo value=2]".into();
            jobs[*at].1 = "edited".into();
        }
        Step::Edits(at) => {
            if let Some(bridge) = node.bridges.values_mut().filter(|it| it.name != "by-hand").nth(*at % 3) {
                bridge.url = "http://edited/".into();
            }
        }
        Step::Deletes(at) => {
            if let Some(id) = jobs.get(*at).map(|(job, _)| job.id) {
                node.jobs.retain(|(job, _)| job.id != id);
            }
        }
        Step::Wants(_) | Step::Compares(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_node_ends_with_exactly_what_it_shall_have_and_what_is_not_ours_is_left_alone(steps in vec(step(), 1..30)) {
        let variables = Variables { node: NODE.into(), ..Variables::default() };
        let (mut wanted, mut node, mut given, mut late) = (JobSet::default(), Node::default(), ItemRecords::new(), Vec::new());
        let others_bridge = SeenBridge { name: "by-hand".into(), url: "http://x/".into(), confirmations: 7, minimum_contract_payment: None };
        let others_job = SeenJob {
            id: 999,
            external_job_id: external_job_id("ffffffffffff", "by hand"),
            // The same name as one of ours.
            name: "a".into(),
            kind: "cron".into(),
            source: "x [type=bridge name=by-hand]".into(),
        };
        node.bridges.insert("by-hand".into(), others_bridge.clone());
        node.jobs.push((others_job.clone(), "foreign".into()));
        let quiet = vec![Step::Compares(vec![Fate::Lives; 100]); 3];
        for step in steps.iter().chain(&quiet) {
            if let Step::Wants(set) = step {
                prop_assert_eq!(set.mistakes(), []);
                wanted = set.clone();
            }
            if let Step::Compares(fates) = step {
                // The clock that says so is the database's.
                for (key, it) in &mut given {
                    it.is_under_way = late.iter().any(|action: &Action| action.item() == (key.0, &key.1));
                }
                let actions = plan(&wanted.for_node(&variables), &node.seen(), &given).actions;
                for action in late.drain(..) {
                    node.call(&action);
                }
                for (action, fate) in actions.iter().zip(fates) {
                    if !act(action, &mut node, &mut given, &mut late, *fate) {
                        break;
                    }
                }
            }
            by_hand(&mut node, step);
            let mut ids: Vec<_> = node.jobs.iter().map(|(job, _)| job.external_job_id).collect();
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), node.jobs.len(), "a job stands there twice");
        }
        let desired = wanted.for_node(&variables);
        let last = plan(&desired, &node.seen(), &given);
        prop_assert_eq!(last.actions, vec![]);
        prop_assert_eq!(last.by_others, vec![(ItemKind::Bridge, "by-hand".to_owned()), (ItemKind::Job, "a".to_owned())]);
        prop_assert_eq!(node.bridges.remove("by-hand"), Some(others_bridge));
        let at = node.jobs.iter().position(|(job, _)| job.id == 999).unwrap();
        prop_assert_eq!(node.jobs.remove(at), (others_job, "foreign".to_owned()));
        let bridges: Vec<_> = node.bridges.values().map(|it| (it.name.clone(), it.url.clone(), it.confirmations)).collect();
        let expected: Vec<_> = desired.bridges.iter().map(|(name, it)| (name.clone(), it.url.clone(), it.confirmations)).collect();
        prop_assert_eq!(bridges, expected);
        let mut jobs: Vec<_> = node.jobs.iter().map(|(job, toml)| (job.name.clone(), toml.clone())).collect();
        jobs.sort();
        prop_assert_eq!(jobs, desired.jobs.iter().map(|(name, it)| (name.clone(), it.toml.clone())).collect::<Vec<_>>());
    }
}
