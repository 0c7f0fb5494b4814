//! A database that only reads for a while, as one does in a fail-over.

use std::time::{Duration, Instant};

use linkpool_db::fleet::Phase;

use crate::fixture::{PATIENCE, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_only_reads_for_a_while_ends_no_fleet_and_no_node() {
    let scene = Scene::set().await;
    // A user of its own, so that the nodes, whose database is the same here, keep theirs.
    let user = format!("reads_{}", scene.sql("select current_database()")[0]);
    scene.sql(&format!("create role {user} superuser login password 'a-test-password'"));
    let url = format!("postgres://{user}:a-test-password@{}", scene.url.split('@').nth(1).unwrap());
    let fleet = scene.fleet_at(&url).await;
    let one = scene.request("one", 1).await.nodes.remove(0).id;
    scene.phase(&one, Phase::Healthy).await;
    let before = scene.processes(&one);
    scene.sql(&format!("alter role {user} set default_transaction_read_only = on"));
    scene.sql(&format!("select pg_terminate_backend(pid) from pg_stat_activity where usename = '{user}'"));
    // It has tried to renew its lease for as long as that lasts, and could not.
    let deadline = Instant::now() + PATIENCE;
    while scene.sql("select 1 from lease where name = 'fleet' and expires_at < now()").is_empty() {
        assert!(Instant::now() < deadline, "it renews its lease");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let two = scene.request("two", 1).await.nodes.remove(0).id;
    assert_eq!(scene.processes(&one), before, "while nobody can write");
    scene.sql(&format!("alter role {user} reset default_transaction_read_only"));
    scene.phase(&two, Phase::Healthy).await;
    assert_eq!(scene.processes(&one), before, "the same processes, and nothing was restarted");
    fleet.stop().await;
}
