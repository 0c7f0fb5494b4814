//! SIGTERM is obeyed within ten seconds, whatever a role waits for at that moment.

use std::time::{Duration, Instant};

use linkpool_db::fleet::Phase;
use linkpool_testkit::tcp_proxy::Passage;

use crate::roles::Roles;

/// Ten seconds, as docs/operations.md says; the rest is for a busy machine.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn every_role_ends_in_time_while_its_chain_its_database_and_that_of_the_nodes_are_black_holes() {
    let mut roles = Roles::start().await;
    // Something to do for all of them: a node whose database is beyond the same road.
    let operator = roles.address("fleet", "the operator's calls at ").await;
    let asked = roles.fixture.command("scale up 1").env("LINKPOOL__OPERATOR__URL", &operator).output().unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    roles.until_node("a node that is open", |node| node.phase == Phase::Open).await;
    std::fs::write(roles.fixture.path("size"), "19000").unwrap();
    roles.spawn("reporter", "reporter");
    roles.address("reporter", "health and metrics at ").await;
    for tcp_proxy in [&roles.proxy_to_chain, &roles.proxy_to_database] {
        tcp_proxy.set(Passage::Silent);
    }
    // They have waited in vain once, and wait again.
    for (role, sentence) in [("index", "the indexer's lease is not renewed"), ("fleet", "the fleet can't reach its database")] {
        let log = roles.log(role);
        roles.until(sentence, || std::fs::read_to_string(&log).unwrap().contains(sentence).then_some(())).await;
    }
    let told = Instant::now();
    roles.end();
    assert!(told.elapsed() < STOP_TIMEOUT, "{:?}", told.elapsed());
}
