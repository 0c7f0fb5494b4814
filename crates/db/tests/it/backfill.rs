//! The large tables have their indexes exactly while nobody reads a chain from its beginning into them.

use std::time::Duration;

use linkpool_db::{
    Connect, Database,
    ingest::{Batch, Writer},
    lease::Leader,
};
use linkpool_testkit::TestDatabase;

use crate::read::{batch, block, followed};

/// On the events at any time: the primary key, times, and three that few rows are in.
const KEPT: usize = 5;
const KEPT_ARE: &str = "the primary key and those that cost little";

/// Definitions of all indexes, by name.
async fn indexes(test_database: &TestDatabase) -> Vec<String> {
    let sql = "select indexdef from pg_indexes where schemaname = 'public' order by indexname";
    test_database.server().run(test_database.name(), sql).unwrap()
}

/// Those that every database has after its migrations.
async fn all_indexes() -> Vec<String> {
    let test_database = TestDatabase::create().await.unwrap();
    Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap().migrate().await.unwrap();
    indexes(&test_database).await
}

fn of_events(indexes: &[String]) -> usize {
    indexes.iter().filter(|definition| definition.contains(" ON public.event ")).count()
}

#[tokio::test]
async fn indexes_are_away_while_blocks_are_final_and_all_back_with_the_first_that_is_not() {
    let (test_database, database) = followed().await;
    let all = all_indexes().await;
    assert!(of_events(&all) > 5, "{all:#?}");
    let (start, last_final, tip) = (block(10, 1), block(20, 1), block(21, 1));
    let backfilling = Batch { caught_up: false, ..batch(start, last_final, 20, Vec::new()) };
    database.append(&start, &backfilling).await.unwrap();
    assert_eq!(of_events(&indexes(&test_database).await), KEPT, "{KEPT_ARE}");
    database.append(&last_final, &Batch { caught_up: false, ..batch(last_final, tip, 20, Vec::new()) }).await.unwrap();
    assert_eq!(indexes(&test_database).await, all);
}

#[tokio::test]
async fn a_backfill_begun_again_knows_the_indexes_that_the_first_took_away() {
    let (test_database, database) = followed().await;
    let deployment = database.deployment().await.unwrap().unwrap();
    database.follow(&deployment).await.unwrap();
    assert_eq!(of_events(&indexes(&test_database).await), KEPT, "{KEPT_ARE}");
    let (start, tip) = (block(10, 1), block(11, 1));
    database.append(&start, &batch(start, tip, 10, Vec::new())).await.unwrap();
    assert_eq!(indexes(&test_database).await, all_indexes().await);
    // A chain that came back older than its database is read again from its beginning.
    database.follow(&deployment).await.unwrap();
    assert_eq!(of_events(&indexes(&test_database).await), KEPT, "{KEPT_ARE}");
}

#[tokio::test]
async fn whoever_writes_the_tip_does_not_wait_for_indexes_and_they_are_built_two_at_a_time() {
    let (test_database, database) = followed().await;
    let lease = Leader::new(database.clone(), "indexer", Duration::from_secs(600)).hold().await.unwrap().unwrap();
    let mut writer = Writer::new(database.clone());
    let (start, last_final, tip) = (block(10, 1), block(20, 1), block(21, 1));
    let backfilling = Batch { caught_up: false, ..batch(start, last_final, 20, Vec::new()) };
    writer.append(&start, &lease, &backfilling).await.unwrap();
    writer.append(&last_final, &lease, &batch(last_final, tip, 20, Vec::new())).await.unwrap();
    assert_eq!(of_events(&indexes(&test_database).await), KEPT, "{KEPT_ARE}");
    assert!(!database.has_all_indexes().await.unwrap());
    let all = all_indexes().await;
    let mut before = indexes(&test_database).await.len();
    while writer.build_indexes().await.unwrap() {
        let now = indexes(&test_database).await.len();
        assert!((before + 1..=before + 2).contains(&now), "{before}, then {now}");
        before = now;
    }
    assert!(database.has_all_indexes().await.unwrap());
    assert_eq!(indexes(&test_database).await, all);
}
