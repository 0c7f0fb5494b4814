//! Nodes that are stopped, and their end.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use linkpool_db::fleet::{Ending, OperatorRequest, PairHealth, Phase};
use linkpool_fleet::{FleetConfig, RetireHook};
use linkpool_testkit::until;

use crate::fixture::{Fixture, PATIENCE_TIME, fleet_config, local_config};

fn asked(node_id: &str) -> OperatorRequest<'_> {
    OperatorRequest { node_id, actor: "a test", reason: "a test", dry_run: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_node_has_no_process_and_one_that_is_started_again_is_as_it_was() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    fixture.database.stop_node(&asked(&id), false).await.unwrap();
    until("the end of both", PATIENCE_TIME, async || fixture.processes(&id).is_empty()).await;
    fixture.until(&id, "no replica", |_, replicas| replicas.is_empty()).await;
    // Another fleet does not start it either.
    fleet.stop().await;
    let fleet = fixture.fleet().await;
    let other = fixture.request("two", 1).await.nodes.remove(0).id;
    fixture.phase(&other, Phase::Healthy).await;
    assert_eq!(fixture.processes(&id), []);
    fixture.database.start_node(&asked(&id)).await.unwrap();
    let node = fixture.until(&id, "its health", |node, _| node.health == PairHealth::Healthy).await;
    assert_eq!((node.generation, node.phase), (1, Phase::Healthy));
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_drained_is_prepared_by_the_hook_and_stopped_once_it_is_retired_and_empty() {
    let fixture = Fixture::set().await;
    let hook = fixture.path().join("hook.sh");
    fs::write(&hook, "#!/bin/sh\necho \"$@\" > \"$(dirname \"$0\")/called\"\nexit 3\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let retire_hook = Some(RetireHook { program: hook, limit: Duration::from_secs(60) });
    let config = FleetConfig { retire_hook, ..fleet_config() };
    let fleet = fixture.fleet_with(config, local_config(fixture.path(), &fixture.url)).await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let on_chain = |status: i16, shares: i64| {
        fixture.sql(&format!(
            "update fleet_node set wallet = decode(repeat('ab', 20), 'hex');
             delete from node;
             insert into node values (decode(repeat('ab', 20), 'hex'), 0, 1, 1, {status}, 100000, 0, 0, {shares}, {shares}, {shares}, 0, 0, 0, 0, 0, 0, 0, 0, 1)"
        ))
    };
    let ending = async |ending: Ending| {
        fixture.until(&id, ending.as_str(), |node, _| node.ending == Some(ending)).await;
    };
    on_chain(1, 5);
    fixture.database.drain_node(&asked(&id)).await.unwrap();
    ending(Ending::Closing).await;
    on_chain(2, 5);
    // The hook fails, and the node goes on to its end all the same.
    ending(Ending::Retiring).await;
    let called = fs::read_to_string(fixture.path().join("called")).unwrap();
    assert_eq!(called.split_whitespace().next(), Some(id.as_str()));
    let events = fixture.database.fleet_events(&[(id.clone(), 0)]).await.unwrap();
    let said = events.iter().find_map(|event| event.detail["detail"]["said"].as_str().map(str::to_owned));
    assert!(said.is_some_and(|said| said.contains("exit status: 3")), "{events:#?}");
    on_chain(3, 5);
    ending(Ending::Draining).await;
    assert_eq!(fixture.processes(&id).len(), 2, "it has stake and was stopped");
    on_chain(3, 0);
    ending(Ending::Stopped).await;
    until("the end of both", PATIENCE_TIME, async || fixture.processes(&id).is_empty()).await;
    fleet.stop().await;
}
