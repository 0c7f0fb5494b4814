//! SIGTERM is obeyed within ten seconds, whatever a role waits for at that moment.

use std::time::{Duration, Instant};

use linkpool_testkit::road::Passage;

use crate::roles::{NODE_PASSWORD, Roles};

/// Ten seconds, as docs/operations.md says; the rest is for a busy machine.
const STOPPED: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn every_role_ends_in_time_while_its_chain_its_database_and_that_of_the_nodes_are_black_holes() {
    let mut roles = Roles::start().await;
    // Something to do for all of them: a node here, whose database is beyond the same road, and one that somebody else runs.
    let operator = roles.address("fleet", "the operator's calls at ").await;
    let asked = roles.office.command("scale up 1").env("LINKPOOL__OPERATOR__URL", &operator).output().unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    roles.listed("good", "", &format!("good@node.local\n{NODE_PASSWORD}\n")).await;
    roles.open("good").await;
    std::fs::write(roles.office.path("size"), "19000").unwrap();
    roles.spawn("reporter", "reporter");
    roles.address("reporter", "health and metrics at ").await;
    for road in [&roles.road_to_chain, &roles.road_to_database] {
        road.set(Passage::Silent);
    }
    // Each has waited in vain once, and waits again.
    for (role, sentence) in [
        ("index", "the indexer's lease is not renewed"),
        ("fleet", "the fleet can't reach its database"),
        ("registrar", "a pass of the registrar ended early"),
    ] {
        let log = roles.log(role);
        roles.until(sentence, || std::fs::read_to_string(&log).unwrap().contains(sentence).then_some(())).await;
    }
    let told = Instant::now();
    roles.end();
    assert!(told.elapsed() < STOPPED, "{:?}", told.elapsed());
}
