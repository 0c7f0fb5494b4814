//! `linkpool verify` and `linkpool repair` as an operator uses them: what they print, and how they end.

use std::{process::Child, time::Duration};

use linkpool_db::{Connect, Database};
use linkpool_testkit::fixture::register_node;
use serde_json::Value;

use crate::{fixture::CliFixture, program::assert_refused};

const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

/// Runs the indexer until the database stands at the chain's head.
async fn index(fixture: &CliFixture, database: &Database, deploy_block: u64) {
    let mut indexer: Child = fixture.command(&format!("index --deploy-block {deploy_block} --quiet")).spawn().unwrap();
    let head = fixture.chain.heads().await.unwrap().head;
    let reached = async {
        while database.cursor().await.unwrap().is_none_or(|cursor| cursor.block.number < head.number) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let reached = tokio::time::timeout(WAIT_TIMEOUT, reached).await;
    indexer.kill().unwrap();
    indexer.wait().unwrap();
    reached.expect("the indexer reaches the head");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_told_with_its_block_and_ends_with_3_and_a_repair_ends_with_0() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|_, _| ()).await;
    register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
    let database = Database::connect(&Connect::new(fixture.database.url()).patient()).await.unwrap();
    index(&fixture, &database, contracts.deploy_block).await;
    assert!(fixture.succeed("verify").ends_with("equal\n"));

    let (block, _) = database.event_block_before(u64::MAX >> 1).await.unwrap().unwrap();
    fixture
        .database
        .server()
        .run(fixture.database.name(), "update event set cap_link = 7 where kind = 'NodeRegistered'")
        .unwrap();
    let place = format!("the first bad block is {block}");
    assert_refused(&fixture.run("verify"), 3, &["1 differences", &place, "linkpool verify --repair"]);
    let told: Value = serde_json::from_slice(&fixture.run("verify --json").stdout).unwrap();
    assert_eq!((&told["difference_count"], &told["first_bad_block"]), (&1.into(), &block.into()));
    assert!(told["differences"][0].as_str().unwrap().contains("cap_link"), "{told}");

    let repaired = fixture.succeed("verify --repair");
    assert!(repaired.contains(&format!("repaired block {block}")) && repaired.ends_with("equal\n"), "{repaired}");
    let told: Value = serde_json::from_str(&fixture.succeed("verify --sample 10 --json")).unwrap();
    assert_eq!(told["difference_count"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_says_what_was_kept_and_the_indexer_reads_the_rest_again() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|_, _| ()).await;
    register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
    let database = Database::connect(&Connect::new(fixture.database.url()).patient()).await.unwrap();
    index(&fixture, &database, contracts.deploy_block).await;
    let head = database.cursor().await.unwrap().unwrap().block.number;
    let told: Value = serde_json::from_str(&fixture.succeed(&format!("repair --from {head} --json"))).unwrap();
    assert_eq!((&told["ancestor_block"], &told["blocks_removed"]), (&(head - 1).into(), &1.into()));
    index(&fixture, &database, contracts.deploy_block).await;
    assert!(fixture.succeed("verify").ends_with("equal\n"));
    assert!(fixture.succeed("repair").contains("; 0 blocks are indexed again"));
}

#[tokio::test]
async fn a_database_that_follows_nothing_is_told_to_be_indexed_first() {
    let (fixture, ..) = CliFixture::with_pool(|_, _| ()).await;
    for line in ["verify", "repair"] {
        assert_refused(&fixture.run(line), 2, &["run `linkpool index` first"]);
    }
}
