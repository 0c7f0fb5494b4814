//! Health, readiness and metrics of the roles, and the shipped alerts on them; then what an operator does about a node.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use linkpool_contracts::pool::nodeOfCall;
use linkpool_db::fleet::Phase;
use linkpool_primitives::NodeStatus;
use linkpool_testkit::until;
use serde_json::Value;

use crate::roles::{NODE_PASSWORD, OPERATOR_TOKEN, Roles, WAIT_TIMEOUT, get};

const ALERTS: &str = include_str!("../../../../docs/alerts.yml");

/// Every word of a text that is the name of a metric of ours.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
    words.filter(|word| word.starts_with("linkpool_")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_is_healthy_and_serves_the_metrics_that_the_alerts_name_and_a_node_obeys_its_operator() {
    let mut roles = Roles::start().await;
    roles.listed("good", "", &format!("good@node.local\n{NODE_PASSWORD}\n")).await;
    let node = roles.open("good").await;

    let mut served = BTreeSet::new();
    for role in ["index", "registrar", "fleet", "api"] {
        let base = roles.address(role, "health and metrics at ").await;
        for path in ["health", "ready"] {
            let (status, body) = get(&format!("{base}/{path}"), None).await;
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((status, &body["state"], &body["role"]), (200, &"ok".into(), &role.into()), "{path}: {body}");
        }
        let (_, text) = get(&format!("{base}/metrics"), None).await;
        served.extend(names(&text));
    }
    // It has no source to believe; what it serves does not depend on that.
    roles.spawn("reporter", "reporter");
    let base = roles.address("reporter", "health and metrics at ").await;
    let report = "linkpool_reporter_report_left_seconds";
    let deadline = Instant::now() + Duration::from_secs(60);
    while !served.contains(report) {
        let text = get(&format!("{base}/metrics"), None).await.1;
        assert!(!text.contains("linkpool_registrar_") && !text.contains("linkpool_audit_"), "another role's: {text}");
        served.extend(names(&text));
        assert!(Instant::now() < deadline, "the reporter never shows {report}");
    }
    roles.spawn("earnings", "earnings");
    let base = roles.address("earnings", "health and metrics at ").await;
    // There before the first look.
    let silent = "linkpool_earnings_silent_nodes";
    let deadline = Instant::now() + Duration::from_secs(60);
    while !served.contains(silent) {
        served.extend(names(&get(&format!("{base}/metrics"), None).await.1));
        assert!(Instant::now() < deadline, "the role never shows {silent}");
    }
    let missing: Vec<String> = names(ALERTS).difference(&served).cloned().collect();
    assert_eq!(missing, Vec::<String>::new(), "served: {served:#?}");

    close_and_retire(&roles, &node.id, node.wallet.unwrap()).await;
}

/// The verbs of `linkpool node`, as a person uses them.
async fn close_and_retire(roles: &Roles, id: &str, wallet: linkpool_primitives::Address) {
    let operator = roles.address("fleet", "the operator's calls at ").await;
    let run = |line: &str| {
        let output = roles.fixture.command(line).env("LINKPOOL__OPERATOR__URL", &operator).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let status = async || {
        let call = nodeOfCall { node: wallet };
        roles.fixture.chain.call(roles.contracts.pool, &call).await.unwrap().status
    };
    let (code, listed) = run("node list");
    assert!(code == Some(0) && listed.contains(id) && listed.contains("good") && listed.contains("active"), "{listed}");
    let (code, said) = run(&format!("node close {id} --reason maintenance --dry-run"));
    assert_eq!((code, said.trim()), (Some(0), format!("would close {id}").as_str()));
    let (code, said) = run(&format!("node close {id} --reason maintenance"));
    assert!(code == Some(0) && said.contains("asked of the registrar"), "{said}");
    until("the node closed on chain", WAIT_TIMEOUT, async || status().await == NodeStatus::Closed.code()).await;
    let closed = async || {
        let nodes = roles.database.contract_statuses().await.unwrap();
        nodes.get(&wallet) == Some(&NodeStatus::Closed)
    };
    until("the closed node indexed", WAIT_TIMEOUT, closed).await;
    let (code, said) = run(&format!("node close {id} --reason again"));
    assert!(code == Some(3) && said.contains("closed already"), "{said}");
    // The registrar's account is no guardian, and the contract says so.
    let (code, said) = run(&format!("node reopen {id} --reason done"));
    assert_eq!(code, Some(0), "{said}");
    roles.until_node("the refusal", |node| node.id == id && node.last_error.as_deref().is_some_and(|e| e.contains("role"))).await;
    let (code, said) = run("node adopt 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --reason ours");
    assert!(code == Some(3) && said.contains("as far as it is indexed"), "{said}");
    let (code, said) = run(&format!("node quarantine {id} --reason look"));
    assert!(code == Some(0) && said.contains("done"), "{said}");
    let (code, said) = run("node audit");
    assert!(code == Some(0) || code == Some(3), "{said}");
    let (code, said) = run(&format!("node release {id} --reason looked"));
    assert!(code == Some(0) && said.contains("done"), "{said}");
    roles.until_node("the return", |node| node.id == id && node.phase == Phase::Open).await;
    let (code, said) = run(&format!("node retire {wallet} --dry-run"));
    assert!(code == Some(3) && said.contains("does not have the role"), "only the owner and guardians may: {said}");
    let (code, said) = run(&format!("node retire {wallet} --calldata"));
    assert!(code == Some(0) && said.contains("data   0x") && said.contains(&roles.contracts.pool.to_string()), "{said}");
    let (code, said) = run("node show 0123456789ab");
    assert!(code == Some(2) && said.contains("no node of this id"), "{said}");
    let (status, _) = get(&format!("{operator}/api/v1/operator/nodes"), Some(OPERATOR_TOKEN)).await;
    assert_eq!(status, 200);
}
