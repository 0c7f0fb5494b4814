//! Roll-outs as stored: who comes when, what supersedes what, and what an operator's call does once and twice.

use std::time::Duration;

use linkpool_db::{
    Connect, Database,
    fleet::{
        Effect, NewRelease, NewRollout, OperatorRequestOutcome, ProofMode, Rollout, RolloutAction, RolloutNode, RolloutOutcome,
        RolloutRequest, RolloutState, RolloutStep, ScaleRequest, StepChange,
    },
};
use linkpool_testkit::TestDatabase;
use serde_json::json;

const STEP_TIMEOUT: Duration = Duration::from_secs(600);

pub async fn fleet(nodes: u16) -> (TestDatabase, Database) {
    let test_database = TestDatabase::create().await.unwrap();
    let database = Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap();
    database.migrate().await.unwrap();
    scale(&database, "nodes", nodes).await;
    (test_database, database)
}

async fn scale(database: &Database, key: &str, count: u16) {
    let request = ScaleRequest {
        idempotency_key: key.into(),
        actor: "a test".into(),
        count,
        reason: None,
        proof_mode: ProofMode::Signature,
    };
    database.request_nodes(&request).await.unwrap();
}

fn new<'a>(key: &'a str, version: &'a str, is_gated: bool) -> NewRollout<'a> {
    let release = NewRelease { program: None, version: Some(version), config: Some("a = 1") };
    NewRollout { idempotency_key: key, actor: "a test", reason: "a test", release, parallel: 2, bake: STEP_TIMEOUT, is_gated }
}

pub async fn start(database: &Database, key: &str, version: &str, is_gated: bool) -> Rollout {
    match database.start_rollout(&new(key, version, is_gated)).await.unwrap() {
        RolloutOutcome::Started(rollout) => rollout,
        other => panic!("{other:?}"),
    }
}

async fn control(database: &Database, action: RolloutAction) -> OperatorRequestOutcome {
    let request = RolloutRequest { action, actor: "a test", reason: "a test", dry_run: false };
    database.control_rollout(&request).await.unwrap()
}

pub async fn nodes(database: &Database) -> Vec<RolloutNode> {
    let rollout = database.last_rollout().await.unwrap().unwrap();
    database.rollout_nodes(rollout.id).await.unwrap()
}

pub async fn change(database: &Database, node: &RolloutNode, to: RolloutStep, effect: Effect) -> bool {
    database.change_step(&StepChange { node, to, limit: Some(STEP_TIMEOUT), error: None, effect }).await.unwrap()
}

#[tokio::test]
async fn one_node_a_tenth_and_the_rest_and_the_one_that_is_well_first() {
    let (server, database) = fleet(12).await;
    let last = database.fleet_nodes().await.unwrap().pop().unwrap().id;
    server
        .server()
        .run(server.name(), &format!("update fleet_node set health = 'healthy' where fleet_node_id = '{last}'"))
        .unwrap();
    start(&database, "one", "2.32.0", false).await;
    let waves: Vec<u16> = nodes(&database).await.iter().map(|node| node.wave).collect();
    assert_eq!(waves, [1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
    assert_eq!(nodes(&database).await[0].node_id, last);
}

#[tokio::test]
async fn the_same_call_begins_once_and_another_one_supersedes_and_takes_up_what_had_not_begun() {
    let (_server, database) = fleet(2).await;
    let first = start(&database, "one", "2.32.0", false).await;
    assert_eq!(database.start_rollout(&new("one", "2.32.0", false)).await.unwrap(), RolloutOutcome::Repeated(first.clone()));
    assert_eq!(database.start_rollout(&new("one", "2.33.0", false)).await.unwrap(), RolloutOutcome::KeyInUse);
    let begun = nodes(&database).await.remove(0);
    assert!(database.begin_rolling(&begun, STEP_TIMEOUT).await.unwrap());
    let second = start(&database, "two", "2.33.0", false).await;
    assert_eq!((first.release_number, second.release_number), (1, 2));
    let old = database.rollout_nodes(first.id).await.unwrap();
    assert_eq!((old[0].step, old[0].state, old[1].step), (RolloutStep::Snapshot, RolloutState::Superseded, RolloutStep::Dropped));
    // A node takes one step of one roll-out at a time.
    let again = nodes(&database).await.into_iter().find(|node| node.node_id == begun.node_id).unwrap();
    assert!(!database.begin_rolling(&again, STEP_TIMEOUT).await.unwrap(), "two roll-outs have one node");
    assert!(change(&database, &old[0], RolloutStep::Aborted, Effect::Nothing).await);
    assert!(database.begin_rolling(&again, STEP_TIMEOUT).await.unwrap());
    let again = nodes(&database).await.into_iter().find(|node| node.node_id == begun.node_id).unwrap();
    assert_eq!((again.from_generation, again.to_generation), (Some(1), Some(3)), "a number is used twice");
}

#[tokio::test]
async fn a_gate_pauses_before_each_wave_and_a_promotion_opens_it_or_all() {
    let (_server, database) = fleet(12).await;
    let rollout = start(&database, "one", "2.32.0", true).await;
    database.next_wave(&rollout).await.unwrap();
    let gated = database.last_rollout().await.unwrap().unwrap();
    assert_eq!((gated.wave, gated.state), (2, RolloutState::Paused));
    assert!(gated.why.unwrap().contains("linkpool rollout promote"));
    assert_eq!(control(&database, RolloutAction::Promote).await, OperatorRequestOutcome::Done);
    let open = database.last_rollout().await.unwrap().unwrap();
    assert_eq!((open.wave, open.state, open.is_gated), (2, RolloutState::Running, true));
    assert_eq!(control(&database, RolloutAction::Promote).await, OperatorRequestOutcome::Done);
    let all = database.last_rollout().await.unwrap().unwrap();
    assert_eq!((all.wave, all.is_gated), (3, false));
    assert_eq!(control(&database, RolloutAction::Promote).await, OperatorRequestOutcome::Repeated);
}

#[tokio::test]
async fn while_it_is_paused_the_time_of_a_step_stands_still() {
    let (server, database) = fleet(1).await;
    start(&database, "one", "2.32.0", false).await;
    let node = nodes(&database).await.remove(0);
    assert!(database.begin_rolling(&node, STEP_TIMEOUT).await.unwrap());
    control(&database, RolloutAction::Pause).await;
    // It was paused an hour ago, ten minutes after the step had begun.
    let past = "update rollout set state_since = now() - interval '1 hour';
        update rollout_node set step_since = now() - interval '70 minutes', deadline = now() - interval '50 minutes'";
    server.server().run(server.name(), past).unwrap();
    assert!(nodes(&database).await[0].is_late);
    control(&database, RolloutAction::Promote).await;
    assert!(!nodes(&database).await[0].is_late, "the pause was counted");
}

#[tokio::test]
async fn a_step_is_taken_once_and_the_switch_is_the_nodes_generation_and_release_with_it() {
    let (_server, database) = fleet(1).await;
    let rollout = start(&database, "one", "2.32.0", false).await;
    let queued = nodes(&database).await.remove(0);
    assert!(database.begin_rolling(&queued, STEP_TIMEOUT).await.unwrap());
    let snapshot = nodes(&database).await.remove(0);
    let prepared = Effect::Prepared { is_door: true, before: json!({ "from_version": "2.31.0", "to_version": "2.32.0" }) };
    assert!(change(&database, &snapshot, RolloutStep::Create, prepared.clone()).await);
    assert!(!change(&database, &snapshot, RolloutStep::Create, prepared).await, "from a step that it has left");
    let create = nodes(&database).await.remove(0);
    assert!(create.is_door);
    let node = database.fleet_node(&create.node_id).await.unwrap().unwrap();
    assert_eq!((node.generation, node.release_number, node.version.as_deref()), (1, None, Some("2.31.0")));
    assert!(change(&database, &create, RolloutStep::Stop, Effect::Switched).await);
    let node = database.fleet_node(&create.node_id).await.unwrap().unwrap();
    assert_eq!(
        (node.generation, node.release_number, node.version.as_deref()),
        (2, Some(rollout.release_number), Some("2.32.0"))
    );
    // And back again.
    let stop = nodes(&database).await.remove(0);
    assert!(change(&database, &stop, RolloutStep::Create, Effect::Reversed).await);
    let back = nodes(&database).await.remove(0);
    assert_eq!((back.from_generation, back.to_generation, back.is_back, back.to_release()), (Some(2), Some(1), true, None));
    assert!(change(&database, &back, RolloutStep::Stop, Effect::Switched).await);
    let node = database.fleet_node(&create.node_id).await.unwrap().unwrap();
    assert_eq!((node.generation, node.release_number, node.version.as_deref()), (1, None, Some("2.31.0")));
    let steps: Vec<String> = database
        .fleet_events(&[(node.id, 0)])
        .await
        .unwrap()
        .iter()
        .filter(|event| event.kind == "rollout")
        .map(|event| event.detail["step"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(steps, ["snapshot", "create", "stop", "create", "stop"]);
}

#[tokio::test]
async fn an_abort_drops_what_has_not_begun_and_an_operator_without_a_roll_out_is_told() {
    let (_server, database) = fleet(1).await;
    assert!(matches!(control(&database, RolloutAction::Abort).await, OperatorRequestOutcome::Refused(_)));
    start(&database, "one", "2.32.0", false).await;
    assert_eq!(control(&database, RolloutAction::Abort).await, OperatorRequestOutcome::Done);
    assert_eq!(nodes(&database).await[0].step, RolloutStep::Dropped);
    assert!(matches!(control(&database, RolloutAction::Abort).await, OperatorRequestOutcome::Refused(_)));
    let empty = fleet(0).await;
    assert!(matches!(empty.1.start_rollout(&new("one", "2", false)).await.unwrap(), RolloutOutcome::Refused(_)));
}

#[tokio::test]
async fn a_node_that_is_made_meanwhile_is_added_and_it_is_done_only_with_it() {
    let (_server, database) = fleet(1).await;
    let rollout = start(&database, "one", "2.32.0", false).await;
    let node = nodes(&database).await.remove(0);
    assert!(database.begin_rolling(&node, STEP_TIMEOUT).await.unwrap());
    let node = nodes(&database).await.remove(0);
    assert!(change(&database, &node, RolloutStep::Stop, Effect::Switched).await);
    let node = nodes(&database).await.remove(0);
    assert!(change(&database, &node, RolloutStep::Done, Effect::Nothing).await);
    scale(&database, "more", 1).await;
    database.add_to_rollout(&rollout).await.unwrap();
    assert_eq!(nodes(&database).await[1].wave, 3);
    database.finish_rollout(&rollout).await.unwrap();
    assert_eq!(database.last_rollout().await.unwrap().unwrap().state, RolloutState::Running);
    let late = nodes(&database).await.remove(1);
    assert!(change(&database, &late, RolloutStep::Done, Effect::Nothing).await);
    database.finish_rollout(&rollout).await.unwrap();
    assert_eq!(database.last_rollout().await.unwrap().unwrap().state, RolloutState::Done);
}
