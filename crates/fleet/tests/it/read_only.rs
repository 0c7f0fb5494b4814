//! A database that only reads for a while, as one does in a fail-over.

use std::time::{Duration, Instant};

use linkpool_db::fleet::Phase;

use crate::fixture::{Fixture, PATIENCE_TIME};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_only_reads_for_a_while_ends_no_fleet_and_no_node() {
    let fixture = Fixture::set().await;
    // A user of its own, so that the nodes, whose database is the same here, keep theirs.
    let user = format!("reads_{}", fixture.sql("select current_database()")[0]);
    fixture.sql(&format!("create role {user} superuser login password 'a-test-password'"));
    let url = format!("postgres://{user}:a-test-password@{}", fixture.url.split('@').nth(1).unwrap());
    let fleet = fixture.fleet_at(&url).await;
    let one = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&one, Phase::Healthy).await;
    let before = fixture.processes(&one);
    fixture.sql(&format!("alter role {user} set default_transaction_read_only = on"));
    fixture.sql(&format!("select pg_terminate_backend(pid) from pg_stat_activity where usename = '{user}'"));
    // It has tried to renew its lease for as long as that lasts, and could not.
    let deadline = Instant::now() + PATIENCE_TIME;
    while fixture.sql("select 1 from lease where name = 'fleet' and expires_at < now()").is_empty() {
        assert!(Instant::now() < deadline, "it renews its lease");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let two = fixture.request("two", 1).await.nodes.remove(0).id;
    assert_eq!(fixture.processes(&one), before, "while nobody can write");
    fixture.sql(&format!("alter role {user} reset default_transaction_read_only"));
    fixture.phase(&two, Phase::Healthy).await;
    assert_eq!(fixture.processes(&one), before, "the same processes, and nothing was restarted");
    fleet.stop().await;
}
