//! Bridges and jobs.

use linkpool_chainlink::client::Bridge as NodeBridge;
use linkpool_db::fleet::{ProofMode, SecretKind};
use linkpool_jobs::{Bridge, Job, JobSet, external_job_id};
use linkpool_primitives::{Address, checksum};
use linkpool_testkit::until;

use super::fixture::{Feeding, Node};
use crate::fixture::PATIENCE_TIME;

fn bridge(url: &str) -> Bridge {
    Bridge { url: url.into(), confirmations: 0, minimum_contract_payment: None, nodes: None }
}

fn job(rest: &str) -> Job {
    let toml = format!("type = \"cron\"\nschemaVersion = 1\nschedule = \"CRON_TZ=UTC 0 0 0 1 1 *\"\n{rest}");
    Job { toml, nodes: None }
}

fn memo(value: &str) -> Job {
    job(&format!("observationSource = '''\na [type=memo value=\"{value}\"]\n'''\n"))
}

fn asks(bridge: &str) -> Job {
    job(&format!("observationSource = '''\na [type=bridge name=\"{bridge}\" requestData=\"{{}}\"]\n'''\n"))
}

pub fn set() -> JobSet {
    JobSet {
        bridges: [("prices".into(), bridge("http://adapter:8080/{{node}}"))].into(),
        jobs: [("ask".into(), asks("prices")), ("tick".into(), memo("{{wallet}}"))].into(),
    }
}

/// Names of the node's bridges and jobs, as the node lists them.
pub async fn has(feeding: &Feeding, node: &Node) -> (Vec<String>, Vec<String>) {
    let client = feeding.client(node, SecretKind::FleetToken).await;
    let mut bridges: Vec<String> = client.bridges().await.unwrap().into_iter().map(|bridge| bridge.name).collect();
    let mut jobs: Vec<String> = client.jobs().await.unwrap().into_iter().map(|job| job.name).collect();
    bridges.sort();
    jobs.sort();
    (bridges, jobs)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_gets_the_set_filled_in_for_it_also_one_that_comes_later() {
    let feeding = Feeding::set().await;
    let first = feeding.node(ProofMode::Transfer).await;
    let _fleet = feeding.fleet().await;
    feeding.until_fed(&first, 0).await;
    let version = feeding.wants(&set()).await;
    feeding.until_fed(&first, version).await;
    let second = feeding.node(ProofMode::Transfer).await;
    feeding.until_fed(&second, version).await;
    for node in [&first, &second] {
        assert_eq!(has(&feeding, node).await, (vec!["prices".into()], vec!["ask".into(), "tick".into()]));
        let client = feeding.client(node, SecretKind::FleetToken).await;
        assert_eq!(client.bridges().await.unwrap()[0].url, format!("http://adapter:8080/{}", node.id));
        let tick = client.job(external_job_id(&node.id, "tick")).await.unwrap().expect("by the id that is made for it");
        assert!(tick.observation_source.contains(&checksum(&node.wallet)), "{tick:?}");
    }
    // What is changed is changed, what is left out goes, and nothing is touched twice.
    let puts = first.proxy.count("PUT ");
    let mut next = set();
    next.jobs.insert("tick".into(), memo("another"));
    next.jobs.remove("ask");
    next.bridges.clear();
    let version = feeding.wants(&next).await;
    feeding.until_fed(&first, version).await;
    assert_eq!(has(&feeding, &first).await, (vec![], vec!["tick".into()]));
    assert_eq!(first.proxy.count("PUT "), puts + 1);
    assert_eq!(first.proxy.count("POST /v2/jobs"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_operator_holds_up_nothing_and_comes_when_it_is_known() {
    let feeding = Feeding::set().await;
    let node = feeding.node(ProofMode::Transfer).await;
    let mut set = set();
    set.jobs.insert("serve".into(), memo("{{operator}}"));
    let version = feeding.wants(&set).await;
    let _fleet = feeding.fleet().await;
    feeding.until_fed(&node, version).await;
    let shown = feeding.database().jobs_of_nodes().await.unwrap().remove(0);
    assert_eq!((shown.is_complete, shown.given, shown.error), (true, 3, None));
    assert_eq!(shown.detail["waiting"][0]["name"], "serve");
    assert_eq!(shown.detail["waiting"][0]["variables"][0], "operator");
    assert_eq!(feeding.database().lacks_jobs(&node.id).await.unwrap(), (false, None));
    let operator = Address::repeat_byte(0x0e);
    feeding.fixture.sql(&format!("update fleet_node set operator = '\\x{operator:x}'"));
    until("the job that waited", PATIENCE_TIME, async || has(&feeding, &node).await.1.len() == 3).await;
    let client = feeding.client(&node, SecretKind::FleetToken).await;
    let serve = client.job(external_job_id(&node.id, "serve")).await.unwrap().unwrap();
    assert!(serve.observation_source.contains(&checksum(&operator)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_has_put_there_is_named_and_left_alone_and_a_bridge_that_it_uses_is_kept() {
    let feeding = Feeding::set().await;
    let node = feeding.node(ProofMode::Transfer).await;
    let fleet = feeding.fleet().await;
    let version = feeding.wants(&set()).await;
    feeding.until_fed(&node, version).await;
    let client = feeding.client(&node, SecretKind::FleetToken).await;
    let toml = "type = \"cron\"\nschemaVersion = 1\nname = \"by hand\"\nschedule = \"CRON_TZ=UTC 0 0 0 1 1 *\"\n\
        observationSource = '''\na [type=bridge name=\"prices\" requestData=\"{}\"]\n'''\n";
    client.create_job(toml).await.unwrap();
    let own = NodeBridge { name: "own".into(), url: "http://own/".into(), confirmations: 0, minimum_payment_juels: None };
    client.create_bridge(&own).await.unwrap();
    let version = feeding.wants(&JobSet::default()).await;
    until("the bridge is kept", PATIENCE_TIME, async || {
        let shown = feeding.database().jobs_of_nodes().await.unwrap().remove(0);
        shown.version == version && shown.error.is_some_and(|error| error.contains("it keeps the bridge prices"))
    })
    .await;
    assert_eq!(has(&feeding, &node).await, (vec!["own".into(), "prices".into()], vec!["by hand".into()]));
    let shown = feeding.database().jobs_of_nodes().await.unwrap().remove(0);
    assert_eq!(shown.detail["kept"][0]["jobs"][0], "by hand");
    let by_others: Vec<_> = shown.detail["by_others"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
    assert_eq!(by_others, ["own", "by hand"]);
    // Once nobody uses it, it goes.
    let by_hand = client.jobs().await.unwrap().remove(0);
    client.delete_job(by_hand.id).await.unwrap();
    feeding.until_fed(&node, version).await;
    assert_eq!(has(&feeding, &node).await, (vec!["own".into()], vec![]));
    drop(fleet);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_the_node_refuses_is_named_with_its_reason_and_keeps_the_node_from_being_opened() {
    let feeding = Feeding::set().await;
    let node = feeding.node(ProofMode::Transfer).await;
    let mut bad = set();
    bad.jobs.insert("bad".into(), job("observationSource = '''\na [type=nonsense]\n'''\n"));
    feeding.wants(&bad).await;
    let _fleet = feeding.fleet().await;
    until("the refusal", PATIENCE_TIME, async || {
        feeding.database().lacks_jobs(&node.id).await.unwrap().1.is_some_and(|error| error.contains("job bad: "))
    })
    .await;
    // The others are there.
    assert_eq!(has(&feeding, &node).await, (vec!["prices".into()], vec!["ask".into(), "tick".into()]));
    let version = feeding.wants(&set()).await;
    feeding.until_fed(&node, version).await;
    assert_eq!(feeding.database().lacks_jobs(&node.id).await.unwrap(), (false, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_fails_is_told_of_and_fed_when_it_is_well_again_and_holds_up_nobody() {
    let feeding = Feeding::set().await;
    let version = feeding.wants(&set()).await;
    let bad = r#"{"errors":[{"detail":"it is so"}]}"#;
    let mut nodes = Vec::new();
    for (status, part) in
        [(401, "cannot check who we are"), (403, "role is too low"), (429, "limits requests"), (500, "it is so")]
    {
        let node = feeding.node(ProofMode::Transfer).await;
        node.proxy.answer("GET /v2/bridge_types", status, bad);
        nodes.push((node, part));
    }
    let hanging = feeding.node(ProofMode::Transfer).await;
    hanging.proxy.answer("GET /v2/jobs?", 0, "");
    let healthy = feeding.node(ProofMode::Transfer).await;
    let _fleet = feeding.fleet().await;
    feeding.until_fed(&healthy, version).await;
    for (node, part) in &nodes {
        until(part, PATIENCE_TIME, async || {
            feeding.database().lacks_jobs(&node.id).await.unwrap().1.is_some_and(|error| error.contains(part))
        })
        .await;
        assert!(node.proxy.count("GET /v2/bridge_types") < 8, "a storm");
        node.proxy.let_through();
    }
    for (node, _) in &nodes {
        feeding.until_fed(node, version).await;
    }
}
