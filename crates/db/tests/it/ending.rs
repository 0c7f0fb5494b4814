//! A node's end, its rest, its name, and its hours.

use linkpool_db::{
    Connect, Database,
    fleet::{Ending, OperatorRequest, OperatorRequestOutcome, PairHealth, Phase, ProofMode, ScaleRequest},
};
use linkpool_testkit::TestDatabase;
use serde_json::{Value, json};

struct Fleet {
    database: Database,
    server: TestDatabase,
    ids: Vec<String>,
}

impl Fleet {
    async fn of(count: u16) -> Self {
        let server = TestDatabase::create().await.unwrap();
        let database = Database::connect(&Connect::new(server.url()).patient()).await.unwrap();
        database.migrate().await.unwrap();
        let request = ScaleRequest {
            idempotency_key: "a".into(),
            actor: "a test".into(),
            count,
            reason: None,
            proof_mode: ProofMode::Signature,
        };
        database.request_nodes(&request).await.unwrap();
        let ids = database.fleet_nodes().await.unwrap().into_iter().map(|node| node.id).collect();
        Self { database, server, ids }
    }

    fn sql(&self, text: &str) -> Vec<String> {
        self.server.server().run(self.server.name(), text).unwrap()
    }

    /// The contract has it, with this status and so many shares.
    fn on_chain(&self, id: &str, status: i16, shares: i64) {
        self.sql(&format!(
            "update fleet_node set wallet = decode(repeat('ab', 20), 'hex') where fleet_node_id = '{id}';
             delete from node;
             insert into node values (decode(repeat('ab', 20), 'hex'), 0, 1, 1, {status}, 100000, 0, 0, {shares}, {shares}, {shares}, 0, 0, 0, 0, 0, 0, 0, 0, 1,
                 decode(repeat('11', 32), 'hex'))"
        ));
    }

    async fn ending(&self, id: &str) -> Option<Ending> {
        self.database.fleet_node(id).await.unwrap().unwrap().ending
    }
}

fn asked(node_id: &str) -> OperatorRequest<'_> {
    OperatorRequest { node_id, actor: "a test", reason: "a test", dry_run: false }
}

#[tokio::test]
async fn a_node_with_stake_is_stopped_only_by_force_and_started_again() {
    let fleet = Fleet::of(1).await;
    let id = &fleet.ids[0];
    fleet.on_chain(id, 1, 5);
    let refused = fleet.database.stop_node(&asked(id), false).await.unwrap();
    assert!(matches!(&refused, OperatorRequestOutcome::Refused(why) if why.contains("linkpool node drain")), "{refused:?}");
    fleet.on_chain(id, 3, 5);
    assert!(
        matches!(fleet.database.stop_node(&asked(id), false).await.unwrap(), OperatorRequestOutcome::Refused(_)),
        "its stakers have not left"
    );
    assert_eq!(fleet.database.stop_node(&asked(id), true).await.unwrap(), OperatorRequestOutcome::Done);
    assert_eq!(fleet.database.stop_node(&asked(id), true).await.unwrap(), OperatorRequestOutcome::Repeated);
    assert_eq!(fleet.ending(id).await, Some(Ending::Stopped));
    assert_eq!(fleet.database.start_node(&asked(id)).await.unwrap(), OperatorRequestOutcome::Done);
    assert_eq!(fleet.database.start_node(&asked(id)).await.unwrap(), OperatorRequestOutcome::Repeated);
    assert_eq!(fleet.ending(id).await, None);
    assert_eq!(fleet.database.stop_node(&asked("0123456789ab"), true).await.unwrap(), OperatorRequestOutcome::NoSuchNode);
}

#[tokio::test]
async fn a_drain_asks_the_registrar_to_close_the_node_and_begins_where_the_contract_is() {
    let fleet = Fleet::of(1).await;
    let id = &fleet.ids[0];
    assert!(
        matches!(fleet.database.drain_node(&asked(id)).await.unwrap(), OperatorRequestOutcome::Refused(_)),
        "it is not on chain"
    );
    fleet.on_chain(id, 1, 5);
    assert_eq!(fleet.database.drain_node(&asked(id)).await.unwrap(), OperatorRequestOutcome::Done);
    assert_eq!(fleet.database.drain_node(&asked(id)).await.unwrap(), OperatorRequestOutcome::Repeated);
    assert_eq!(
        (fleet.ending(id).await, fleet.sql("select action from node_request")),
        (Some(Ending::Closing), vec!["close".to_owned()])
    );
    let node = fleet.database.ending_nodes().await.unwrap().remove(0);
    assert!(fleet.database.step_ending(&node, Ending::Preparing, &json!({})).await.unwrap());
    assert!(!fleet.database.step_ending(&node, Ending::Preparing, &json!({})).await.unwrap(), "a step is taken twice");
    // Taken back, and begun again on one that is retired already.
    assert_eq!(fleet.database.start_node(&asked(id)).await.unwrap(), OperatorRequestOutcome::Done);
    fleet.on_chain(id, 3, 5);
    assert_eq!(fleet.database.drain_node(&asked(id)).await.unwrap(), OperatorRequestOutcome::Done);
    assert_eq!(fleet.ending(id).await, Some(Ending::Draining));
    assert!(!fleet.database.ending_nodes().await.unwrap()[0].is_empty);
    fleet.on_chain(id, 3, 0);
    assert!(fleet.database.ending_nodes().await.unwrap()[0].is_empty);
}

#[tokio::test]
async fn a_public_name_is_one_nodes_alone() {
    let fleet = Fleet::of(2).await;
    let (one, other) = (&fleet.ids[0], &fleet.ids[1]);
    let name = async |id: &str, name: Option<&str>| fleet.database.set_public_name(name, &asked(id)).await.unwrap();
    assert_eq!(name(one, Some("Node 7")).await, OperatorRequestOutcome::Done);
    assert_eq!(name(one, Some("Node 7")).await, OperatorRequestOutcome::Repeated);
    assert!(matches!(name(other, Some("Node 7")).await, OperatorRequestOutcome::Refused(_)));
    assert_eq!(name(one, None).await, OperatorRequestOutcome::Done);
    assert_eq!(name(other, Some("Node 7")).await, OperatorRequestOutcome::Done);
    assert_eq!(fleet.database.fleet_node(other).await.unwrap().unwrap().public_name.as_deref(), Some("Node 7"));
}

/// Seconds of each hour, rounded.
fn hours(fleet: &Fleet) -> Vec<Value> {
    let select = "select json_build_array(round(healthy_seconds), round(degraded_seconds), round(down_seconds)) from fleet_health_hour order by hour";
    fleet.sql(select).iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

#[tokio::test]
async fn time_counts_as_what_the_node_was_in_the_hours_that_it_was_in_and_what_nobody_saw_counts_as_nothing() {
    let fleet = Fleet::of(1).await;
    let id = &fleet.ids[0];
    let since = |interval: &str| fleet.sql(&format!("update fleet_node set health_counted_at = now() - interval '{interval}'"));
    fleet.database.count_health().await.unwrap();
    fleet.database.count_health().await.unwrap();
    assert_eq!(hours(&fleet), Vec::<Value>::new(), "it has never been healthy");
    fleet.database.advance_node(id, &[Phase::Requested], Phase::Healthy, &json!({})).await.unwrap();
    fleet.database.set_health(id, PairHealth::Healthy).await.unwrap();
    since("100 seconds");
    fleet.database.set_health(id, PairHealth::Degraded).await.unwrap();
    since("60 seconds");
    fleet.database.set_health(id, PairHealth::Down).await.unwrap();
    since("121 seconds");
    fleet.database.count_health().await.unwrap();
    let sum = |column: &str| fleet.sql(&format!("select round(sum({column})) from fleet_health_hour"));
    assert_eq!([sum("healthy_seconds"), sum("degraded_seconds"), sum("down_seconds")].concat(), ["100", "60", "0"]);
    let long =
        fleet.sql("select count(*) from fleet_health_hour where healthy_seconds + degraded_seconds + down_seconds > 3600.1");
    assert_eq!(long, ["0"], "an hour has more than an hour");
    // A stopped node is neither up nor down.
    fleet.database.stop_node(&asked(id), true).await.unwrap();
    since("100 seconds");
    fleet.database.count_health().await.unwrap();
    assert_eq!(sum("down_seconds"), ["0"]);
}
