//! The words that the schema itself names, against the enums that they stand for.

use std::collections::BTreeSet;

use linkpool_db::{Connect, Database};
use linkpool_primitives::{ContractEventKind, EventKind};
use linkpool_testkit::TestDatabase;

/// The quoted words of a schema that begin with a capital: nothing but events does.
fn events_named(sql: &str) -> BTreeSet<&str> {
    let is_event = |text: &&str| text.starts_with(|first: char| first.is_ascii_uppercase());
    sql.split('\'').skip(1).step_by(2).filter(is_event).collect()
}

#[tokio::test]
async fn the_events_that_the_schema_names_are_those_that_move_what_it_counts() {
    let test_database = TestDatabase::create().await.unwrap();
    Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap().migrate().await.unwrap();
    let run = |sql: &str| test_database.server().run(test_database.name(), sql).unwrap().join("\n");
    let counted = |kind: &&EventKind| kind.moves().active_shares != 0 || **kind == EventKind::RewardDeposited;

    let function = run("select prosrc from pg_proc where proname = 'rebuild_history'");
    assert_eq!(events_named(&function), EventKind::ALL.iter().filter(counted).map(|kind| kind.as_str()).collect());

    let indexes = run("select indexdef from pg_indexes where schemaname = 'public' and tablename <> 'contract_event'");
    let looked_up = [EventKind::NodeRegistered, EventKind::RewardDeposited, EventKind::RewardClaimed, EventKind::RewardSwept];
    assert_eq!(events_named(&indexes), looked_up.iter().map(|kind| kind.as_str()).collect());

    let indexes = run("select indexdef from pg_indexes where tablename = 'contract_event'");
    for word in events_named(&indexes) {
        let known: Result<ContractEventKind, _> = word.parse();
        assert!(known.is_ok(), "no followed contract has an event `{word}`");
    }
}
