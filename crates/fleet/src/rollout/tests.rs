use std::time::Duration;

use linkpool_db::fleet::{ReplicaState, RolloutState};
use serde_json::json;

use super::*;
use crate::{ObservedReplica, SetKey};
use ReplicaState::{BackingOff, Serving, Starting, Stopped, Waiting};

const LONG_TIME: Duration = Duration::from_secs(3_600);

/// A newer program, from generation 1 to 2.
fn rolling(step: RolloutStep) -> RolloutNode {
    RolloutNode {
        rollout_id: 1,
        node_id: "0123456789ab".into(),
        wave: 1,
        step,
        step_since: Default::default(),
        in_step: Duration::from_secs(1),
        is_late: false,
        from_generation: Some(1),
        to_generation: Some(2),
        from_release: None,
        is_door: true,
        is_back: false,
        error: None,
        before: json!({}),
        state: RolloutState::Running,
        release_number: 7,
        bake: Duration::from_secs(120),
    }
}

/// One of a newer program, and one of the same.
fn door(is_door: bool, step: RolloutStep) -> RolloutNode {
    RolloutNode { is_door, ..rolling(step) }
}

fn late(node: RolloutNode) -> RolloutNode {
    RolloutNode { is_late: true, ..node }
}

fn set(generation: u32, states: &[(ReplicaState, Duration)]) -> ObservedSet {
    let replica = |(ordinal, (state, for_time)): (usize, &(ReplicaState, Duration))| ObservedReplica {
        id: format!("g{generation}-{ordinal}"),
        state: *state,
        for_time: *for_time,
        base_url: (*state == Serving).then(|| "http://x".into()),
        starts: 1,
        detail: None,
        holds_lease: None,
    };
    let key = SetKey { node_id: "0123456789ab".into(), generation };
    ObservedSet { key, location: String::new(), replicas: states.iter().enumerate().map(replica).collect() }
}

fn old(states: &[ReplicaState]) -> ObservedSet {
    set(1, &states.iter().map(|state| (*state, LONG_TIME)).collect::<Vec<_>>())
}

fn new(states: &[ReplicaState]) -> ObservedSet {
    set(2, &states.iter().map(|state| (*state, LONG_TIME)).collect::<Vec<_>>())
}

fn next(node: &RolloutNode, observed: &[ObservedSet], outcome: Option<&errand::Outcome>) -> Decision {
    decide(node, &Sights::of(node, observed), outcome, &RolloutTimes::default())
}

fn key(generation: u32) -> SetKey {
    SetKey { node_id: "0123456789ab".into(), generation }
}

#[test]
fn the_old_ones_end_only_when_both_new_ones_have_waited_for_30_seconds() {
    let wait = rolling(RolloutStep::Wait);
    let switch = Decision::To(RolloutStep::Stop, Effect::Switched);
    let serves = old(&[Serving, Waiting]);
    let with = |seconds| {
        let waits = (Waiting, Duration::from_secs(seconds));
        next(&wait, &[serves.clone(), set(2, &[(Waiting, LONG_TIME), waits])], None)
    };
    assert_eq!((with(29), with(30)), (Decision::Stay, switch));
    assert_eq!(next(&wait, &[serves.clone(), new(&[Waiting, BackingOff])], None), Decision::Stay);
    assert_eq!(next(&wait, &[serves], None), Decision::Stay, "none was made");
}

#[test]
fn a_new_one_that_takes_the_lease_early_has_the_rest_of_the_old_ones_ended_at_once_whatever_the_state() {
    let switch = Decision::To(RolloutStep::Stop, Effect::Switched);
    let mut boots = new(&[Starting, Waiting]);
    boots.replicas[0].holds_lease = Some(true);
    for state in [RolloutState::Running, RolloutState::Paused, RolloutState::Halted, RolloutState::Aborted] {
        for step in [RolloutStep::Create, RolloutStep::Wait] {
            let node = RolloutNode { state, ..late(rolling(step)) };
            assert_eq!(next(&node, &[old(&[BackingOff, Waiting]), boots.clone()], None), switch, "{state} {step}");
            assert_eq!(next(&node, &[old(&[BackingOff]), new(&[Serving, Waiting])], None), switch, "{state} {step}");
        }
    }
}

#[test]
fn the_old_ones_are_ended_in_one_go_and_none_that_comes_back_is_left_waiting_beside_a_new_one() {
    for step in [RolloutStep::Stop, RolloutStep::Check, RolloutStep::Bake] {
        let observed = [old(&[Serving, Waiting]), new(&[Waiting, Waiting])];
        assert_eq!(next(&rolling(step), &observed, None), Decision::End(key(1)), "{step}");
    }
    let gone = Decision::To(RolloutStep::Check, Effect::Nothing);
    assert_eq!(next(&rolling(RolloutStep::Stop), &[new(&[Waiting, Waiting])], None), gone);
    assert_eq!(next(&rolling(RolloutStep::Stop), &[old(&[Stopped, Stopped]), new(&[Serving, Waiting])], None), gone);
}

#[test]
fn the_node_is_looked_at_once_one_has_served_for_15_seconds_and_the_other_waits() {
    let check = rolling(RolloutStep::Check);
    let ask = Decision::Ask(Work::Compare { base_url: "http://x".into() });
    let with = |seconds, other| next(&check, &[set(2, &[(Serving, Duration::from_secs(seconds)), (other, LONG_TIME)])], None);
    assert_eq!((with(14, Waiting), with(15, Waiting)), (Decision::Stay, ask));
    assert_eq!(with(15, Starting), Decision::Stay);
    assert_eq!(with(15, Serving), Decision::Stay, "two serve");
    let bake = Decision::To(RolloutStep::Bake, Effect::Nothing);
    assert_eq!(next(&check, &[new(&[Serving, Waiting])], Some(&errand::Outcome::AsBefore)), bake);
    let other = errand::Outcome::OtherWallet("x".into());
    assert_eq!(next(&check, &[new(&[Serving, Waiting])], Some(&other)), Decision::Quarantine("x".into()));
}

#[test]
fn while_it_is_paused_or_halted_nothing_passes_the_switch_and_no_time_runs_out_but_what_has_passed_goes_on() {
    for state in [RolloutState::Paused, RolloutState::Halted] {
        let held = |step| RolloutNode { state, ..rolling(step) };
        let both = [old(&[Serving, Waiting]), new(&[Waiting, Waiting])];
        assert_eq!(next(&held(RolloutStep::Wait), &both, None), Decision::Stay);
        assert_eq!(next(&late(held(RolloutStep::Create)), &[old(&[Serving, Waiting]), new(&[Starting])], None), Decision::Stay);
        let baked = RolloutNode { in_step: LONG_TIME, ..held(RolloutStep::Bake) };
        assert_eq!(next(&baked, &[new(&[Serving, Waiting])], None), Decision::To(RolloutStep::Delete, Effect::Nothing));
    }
}

#[test]
fn before_the_switch_whoever_withdraws_or_waits_too_long_gives_the_new_ones_up() {
    let both = [old(&[Serving, Waiting]), new(&[Waiting, Starting])];
    for state in [RolloutState::Aborted, RolloutState::Superseded] {
        for step in [RolloutStep::Create, RolloutStep::Wait] {
            let node = RolloutNode { state, ..rolling(step) };
            assert!(matches!(next(&node, &both, None), Decision::GiveUp(_)), "{state} {step}");
            assert_eq!(given_up(&node), (RolloutStep::Undo, Effect::Nothing));
        }
    }
    let Decision::GiveUp(why) = next(&late(rolling(RolloutStep::Create)), &both, None) else { panic!("it waits on") };
    assert!(why.contains("g2-1 is starting"), "{why}");
}

#[test]
fn nothing_is_given_up_before_it_is_known_of_the_new_ones_whether_one_has_the_lease() {
    let now = Duration::ZERO;
    for given_up in
        [RolloutNode { state: RolloutState::Aborted, ..rolling(RolloutStep::Wait) }, late(rolling(RolloutStep::Create))]
    {
        for state in [Starting, Waiting] {
            let mut observed = [old(&[BackingOff]), set(2, &[(state, now), (BackingOff, now)])];
            assert_eq!(next(&given_up, &observed, None), Decision::Stay, "{state}");
            observed[1].replicas[0].holds_lease = Some(false);
            assert!(matches!(next(&given_up, &observed, None), Decision::GiveUp(_)), "{state}");
            observed[1].replicas[0].holds_lease = Some(true);
            assert_eq!(next(&given_up, &observed, None), Decision::To(RolloutStep::Stop, Effect::Switched), "{state}");
        }
        let unseen = [old(&[Serving, Waiting]), new(&[Waiting, Waiting])];
        assert!(matches!(next(&given_up, &unseen, None), Decision::GiveUp(_)), "nobody ever says who has it");
    }
}

#[test]
fn what_is_given_up_ends_first_and_goes_on_where_its_database_says_that_a_new_one_has_had_it() {
    let said = |is_passed| Some(errand::Outcome::Door { is_passed });
    for state in [RolloutState::Running, RolloutState::Halted, RolloutState::Aborted, RolloutState::Superseded] {
        let undo = RolloutNode { state, ..rolling(RolloutStep::Undo) };
        let both = [old(&[Serving, Waiting]), new(&[Waiting, BackingOff])];
        // Whatever was said before: one that lives may take it.
        for outcome in [None, said(false), said(true)] {
            assert_eq!(next(&undo, &both, outcome.as_ref()), Decision::End(key(2)), "{state}");
        }
        let ended = [old(&[BackingOff, BackingOff])];
        assert_eq!(next(&undo, &ended, None), Decision::Ask(Work::Door), "{state}");
        assert_eq!(next(&undo, &ended, said(false).as_ref()), Decision::Give(key(2), RolloutStep::Aborted), "{state}");
        let on = Decision::To(RolloutStep::Stop, Effect::Switched);
        assert_eq!(next(&undo, &ended, said(true).as_ref()), on, "nobody would serve: {state}");
        let away = errand::Outcome::NotYet("x".into());
        assert_eq!(next(&undo, &ended, Some(&away)), Decision::Explain("x".into()), "{state}");
    }
    // The same program leaves the database to everybody.
    let same = door(false, RolloutStep::Undo);
    assert_eq!(next(&same, &[new(&[Waiting])], None), Decision::Give(key(2), RolloutStep::Aborted));
}

#[test]
fn after_the_switch_a_newer_program_has_no_way_back_and_another_change_has() {
    let down = [new(&[BackingOff, BackingOff])];
    for step in [RolloutStep::Check, RolloutStep::Bake] {
        assert!(matches!(next(&late(door(true, step)), &down, None), Decision::GiveUp(_)), "{step}");
        assert_eq!(given_up(&door(true, step)), (RolloutStep::Failed, Effect::Nothing));
        assert_eq!(given_up(&door(false, step)), (RolloutStep::Create, Effect::Reversed));
        let aborted = |is_door| RolloutNode { state: RolloutState::Aborted, ..door(is_door, step) };
        let well = [new(&[Serving, Waiting])];
        assert!(!matches!(next(&aborted(true), &well, None), Decision::GiveUp(_)), "a newer one goes on: {step}");
        assert!(matches!(next(&aborted(false), &well, None), Decision::GiveUp(_)), "{step}");
    }
}

#[test]
fn one_that_goes_back_goes_on_in_every_state_and_ends_as_aborted() {
    let back = |step| RolloutNode { is_back: true, is_door: false, state: RolloutState::Aborted, ..rolling(step) };
    let both = [old(&[Serving, Waiting]), new(&[Waiting, Waiting])];
    assert_eq!(next(&back(RolloutStep::Wait), &both, None), Decision::To(RolloutStep::Stop, Effect::Switched));
    let well = [new(&[Serving, Waiting])];
    assert_eq!(next(&back(RolloutStep::Bake), &well, None), Decision::To(RolloutStep::Delete, Effect::Nothing));
    assert_eq!(next(&back(RolloutStep::Delete), &well, None), Decision::Give(key(1), RolloutStep::Aborted));
    assert_eq!(given_up(&back(RolloutStep::Check)), (RolloutStep::Failed, Effect::Nothing), "it does not turn twice");
    assert_eq!(next(&back(RolloutStep::Undo), &both, None), Decision::Give(key(2), RolloutStep::Failed));
}

#[test]
fn a_node_that_could_not_be_looked_at_is_asked_again_until_its_time_is_over_and_a_refusal_ends_it_at_once() {
    let snapshot = rolling(RolloutStep::Snapshot);
    let not_yet = errand::Outcome::NotYet("x".into());
    assert_eq!(next(&snapshot, &[], None), Decision::Ask(Work::Prepare));
    assert_eq!(next(&snapshot, &[], Some(&not_yet)), Decision::Explain("x".into()));
    let told = RolloutNode { error: Some("x".into()), ..snapshot.clone() };
    assert_eq!(next(&told, &[], Some(&not_yet)), Decision::Ask(Work::Prepare));
    assert_eq!(next(&late(told), &[], Some(&not_yet)), Decision::GiveUp("x".into()));
    let refused = errand::Outcome::Refused("no pg_dump".into());
    assert_eq!(next(&snapshot, &[], Some(&refused)), Decision::GiveUp("no pg_dump".into()));
    assert_eq!(given_up(&snapshot), (RolloutStep::Aborted, Effect::Nothing));
}
