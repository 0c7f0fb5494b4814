use linkpool_db::fleet::ReplicaState::{BackingOff, Failing, Serving, Starting, Waiting};
use linkpool_db::fleet::{ProofMode, Source};
use proptest::prelude::*;

use super::*;
use crate::{ObservedReplica, wanted::wanted};

fn node(number: u32, phase: Phase) -> FleetNode {
    FleetNode {
        id: format!("{number:012x}"),
        operation_id: Default::default(),
        created_at: Default::default(),
        generation: 1,
        replica_count: 2,
        phase,
        phase_since: Default::default(),
        is_final: false,
        health: PairHealth::Down,
        wallet: None,
        proof: None,
        registered_block: None,
        attempts: 0,
        retry_at: None,
        last_error: None,
        waiting_for: None,
        source: Source::Fleet,
        listed_name: None,
        proof_mode: ProofMode::Signature,
        operator: None,
        release_number: None,
        version: None,
        public_name: None,
        ending: None,
    }
}

/// The node's set of another generation.
fn set_of(generation: u32, number: u32, states: &[ReplicaState]) -> ObservedSet {
    let set = set(number, states);
    ObservedSet { key: SetKey { generation, ..set.key }, ..set }
}

fn set(number: u32, states: &[ReplicaState]) -> ObservedSet {
    let replica = |(ordinal, state): (usize, &ReplicaState)| ObservedReplica {
        id: format!("g1-{ordinal}"),
        state: *state,
        for_time: Duration::from_secs(30),
        base_url: None,
        starts: 1,
        detail: (*state == Failing || *state == BackingOff).then(|| "it is unwell".into()),
        holds_lease: None,
    };
    ObservedSet { key: key(number), location: String::new(), replicas: states.iter().enumerate().map(replica).collect() }
}

fn key(number: u32) -> SetKey {
    SetKey { node_id: format!("{number:012x}"), generation: 1 }
}

/// Nodes that are not being rolled out.
fn actions(nodes: &[FleetNode], observed: &[ObservedSet]) -> Vec<Action> {
    plan(&wanted(nodes.to_vec(), &[], &HashMap::new()), observed, &HashMap::new(), &Limits::default())
}

#[test]
fn a_node_goes_from_requested_to_healthy_one_observation_at_a_time() {
    let advance = |from, to| Action::Advance { node_id: key(1).node_id, from, to };
    let ensure = Action::Ensure(SetSpec { key: key(1), replica_count: 2, release: None });
    let healthy = Action::SetHealth { node_id: key(1).node_id, health: PairHealth::Healthy };
    assert_eq!(actions(&[node(1, Phase::Requested)], &[]), [advance(Phase::Requested, Phase::Provisioning), ensure.clone()]);
    assert_eq!(actions(&[node(1, Phase::Provisioning)], &[]), [ensure]);
    assert_eq!(
        actions(&[node(1, Phase::Provisioning)], &[set(1, &[Starting, Starting])]),
        [advance(Phase::Provisioning, Phase::Booting)]
    );
    assert_eq!(actions(&[node(1, Phase::Booting)], &[set(1, &[Starting, Waiting])]), []);
    assert_eq!(
        actions(&[node(1, Phase::Booting)], &[set(1, &[Serving, Waiting])]),
        [healthy, advance(Phase::Booting, Phase::Healthy)]
    );
}

#[test]
fn a_node_on_chain_whose_set_is_gone_gets_it_back_and_keeps_its_phase() {
    let open = FleetNode { health: PairHealth::Healthy, ..node(1, Phase::Open) };
    let down = Action::SetHealth { node_id: key(1).node_id, health: PairHealth::Down };
    assert_eq!(actions(&[open], &[]), [down, Action::Ensure(SetSpec { key: key(1), replica_count: 2, release: None })]);
}

#[test]
fn a_set_that_nobody_wants_is_deleted_only_after_the_patience() {
    let seen = |seconds| HashMap::from([(key(7), Duration::from_secs(seconds))]);
    let observed = [set(7, &[Serving, Waiting])];
    assert_eq!(plan(&[], &observed, &seen(59), &Limits::default()), []);
    assert_eq!(plan(&[], &observed, &HashMap::new(), &Limits::default()), []);
    assert_eq!(plan(&[], &observed, &seen(60), &Limits::default()), [Action::Delete(key(7))]);
}

#[test]
fn a_replica_that_waits_is_never_replaced_and_one_that_fails_is() {
    let replaced = |states: &[ReplicaState]| {
        let planned = actions(&[node(1, Phase::Open)], &[set(1, states)]);
        planned.into_iter().filter(|action| matches!(action, Action::Replace { .. })).count()
    };
    assert_eq!(replaced(&[Serving, Waiting]), 0);
    assert_eq!(replaced(&[Starting, BackingOff]), 0);
    assert_eq!(replaced(&[Failing, Waiting]), 1);
}

#[test]
fn a_node_that_does_not_boot_shows_the_words_of_the_replica_that_has_any() {
    let explained = actions(&[node(1, Phase::Booting)], &[set(1, &[Waiting, BackingOff])]);
    let error = "replica g1-1 is backing off: it is unwell".to_owned();
    assert_eq!(explained, [Action::Explain { node_id: key(1).node_id, phase: Phase::Booting, error: error.clone() }]);
    let told = FleetNode { last_error: Some(error), ..node(1, Phase::Booting) };
    assert_eq!(actions(&[told], &[set(1, &[Waiting, BackingOff])]), []);
}

#[test]
fn one_pass_is_bounded() {
    let wanted: Vec<FleetNode> = (0..100).map(|number| node(number, Phase::Provisioning)).collect();
    assert_eq!(actions(&wanted, &[]).len(), Limits::default().new_sets);
    let failing: Vec<ObservedSet> = (0..100).map(|number| set(number, &[Failing, Failing])).collect();
    let open: Vec<FleetNode> = (0..100).map(|number| node(number, Phase::Open)).collect();
    assert_eq!(actions(&open, &failing).len(), Limits::default().replacements);
}

#[test]
fn replacements_are_bounded_over_time_for_a_node_and_for_all_whoever_made_them() {
    let with = |replaced: &[(u32, u32)], nodes: u32| {
        let replaced = replaced.iter().map(|(number, count)| (key(*number).node_id, *count)).collect();
        let nodes: Vec<u32> = (0..nodes).collect();
        let failing: Vec<ObservedSet> = nodes.iter().map(|number| set(*number, &[Failing, Failing])).collect();
        let open: Vec<FleetNode> = nodes.iter().map(|number| node(*number, Phase::Open)).collect();
        let limits = Limits { replaced, ..Limits::default() };
        plan(&wanted(open, &[], &HashMap::new()), &failing, &HashMap::new(), &limits).len()
    };
    assert_eq!([with(&[], 1), with(&[(0, 4)], 1), with(&[(0, 5)], 1), with(&[(0, 6)], 1)], [2, 2, 1, 0]);
    assert_eq!([with(&[(70, 46)], 9), with(&[(70, 50)], 9)], [4, 0]);
}

/// A world that obeys: what the actions do, without a backend.
fn obey(node: &mut FleetNode, observed: &mut Vec<ObservedSet>, action: Action) {
    match action {
        Action::Advance { from, to, .. } if node.phase == from => node.phase = to,
        Action::Ensure(spec) if observed.iter().all(|it| it.key != spec.key) => observed.push(set(1, &[Starting, Starting])),
        Action::Delete(key) => observed.retain(|it| it.key != key),
        Action::SetHealth { health, .. } => node.health = health,
        _ => {}
    }
}

proptest! {
    #[test]
    fn whatever_happens_in_between_a_node_ends_healthy_and_never_goes_back(
        events in proptest::collection::vec((0..5usize, 0..2usize, any::<bool>()), 0..40)
    ) {
        let (mut node, mut observed) = (node(1, Phase::Requested), Vec::<ObservedSet>::new());
        let mut furthest = node.phase;
        let states = [Starting, Waiting, Serving, Failing, BackingOff];
        for (state, ordinal, vanish) in events {
            match observed.first_mut() {
                Some(_) if vanish => observed.clear(),
                Some(set) => set.replicas[ordinal].state = states[state],
                None => {}
            }
            for action in actions(std::slice::from_ref(&node), &observed) {
                // Each is done twice: that must not differ from once.
                obey(&mut node, &mut observed, action.clone());
                obey(&mut node, &mut observed, action);
            }
            prop_assert!(node.phase >= furthest && observed.len() <= 1);
            furthest = node.phase;
        }
        for _ in 0..4 {
            if let Some(set) = observed.first_mut() {
                (set.replicas[0].state, set.replicas[1].state) = (Serving, Waiting);
            }
            for action in actions(std::slice::from_ref(&node), &observed) {
                obey(&mut node, &mut observed, action);
            }
        }
        prop_assert_eq!((node.phase, node.health), (Phase::Healthy, PairHealth::Healthy));
        prop_assert_eq!(actions(std::slice::from_ref(&node), &observed), []);
    }
}

#[test]
fn another_generation_of_a_node_ends_only_when_the_wanted_one_is_whole_and_settled() {
    let next = FleetNode { generation: 2, health: PairHealth::Healthy, ..node(1, Phase::Open) };
    let old = set_of(1, 1, &[Serving, Waiting]);
    let with = |states: &[ReplicaState]| actions(std::slice::from_ref(&next), &[old.clone(), set_of(2, 1, states)]);
    assert_eq!(with(&[Waiting, Waiting]), [Action::Delete(old.key.clone())]);
    assert_eq!(with(&[Waiting, Starting]), []);
    assert_eq!(with(&[Waiting, BackingOff]), []);
    assert!(with(&[Waiting]).iter().all(|action| !matches!(action, Action::Delete(_))), "half of it is missing");
    let mut young = set_of(2, 1, &[Waiting, Waiting]);
    young.replicas[1].for_time = Duration::from_secs(29);
    assert_eq!(actions(std::slice::from_ref(&next), &[old.clone(), young]), []);
}

#[test]
fn a_replica_that_hangs_is_replaced_in_whichever_generation_it_is() {
    let next = FleetNode { generation: 2, ..node(1, Phase::Open) };
    let old = set_of(1, 1, &[Failing, Waiting]);
    let planned = actions(&[next], &[old.clone(), set_of(2, 1, &[Waiting, Starting])]);
    let replace = Action::Replace { set: old.key, replica_id: "g1-0".into(), why: "it is unwell".into() };
    assert_eq!(planned, [replace]);
}

#[test]
fn a_replica_that_hangs_while_a_roll_out_ends_its_generation_is_not_replaced() {
    let next = FleetNode { generation: 2, ..node(1, Phase::Open) };
    let spec = SetSpec { key: SetKey { generation: 2, ..key(1) }, replica_count: 2, release: None };
    let rolled = Wanted { node: next, sets: vec![spec], is_rolling: true };
    let replaced = |old: &[ReplicaState], new: &[ReplicaState]| {
        let observed = [set_of(1, 1, old), set_of(2, 1, new)];
        plan(std::slice::from_ref(&rolled), &observed, &HashMap::new(), &Limits::default()).len()
    };
    assert_eq!([replaced(&[Failing, Waiting], &[Waiting, Waiting]), replaced(&[Waiting, Waiting], &[Failing, Waiting])], [0, 1]);
}

#[test]
fn a_node_whose_chain_hangs_is_shown_as_degraded_and_nothing_is_replaced() {
    let open = FleetNode { health: PairHealth::Healthy, ..node(1, Phase::Open) };
    let mut hung = set(1, &[Serving, Waiting]);
    hung.replicas[0].detail = Some("failing checks: EVM.1.HeadTracker.HeadListener".into());
    let degraded = Action::SetHealth { node_id: open.id.clone(), health: PairHealth::Degraded };
    assert_eq!(actions(&[open], &[hung]), [degraded]);
}

#[test]
fn half_a_pair_that_was_found_is_made_whole_and_the_other_half_stays() {
    let degraded = FleetNode { health: PairHealth::Degraded, ..node(1, Phase::Open) };
    let found = set(1, &[Serving]);
    assert_eq!(actions(&[degraded], &[found]), [Action::Ensure(SetSpec { key: key(1), replica_count: 2, release: None })]);
}
