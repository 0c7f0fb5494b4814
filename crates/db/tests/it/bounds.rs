//! Numbers that no chain has are refused by the database itself, should they ever get that far.

use linkpool_db::{Error, cursor::Tags};

use crate::read::followed;

#[tokio::test]
async fn a_head_that_no_chain_has_is_refused_by_the_database_itself() {
    let (_test_database, database) = followed().await;
    let before = database.cursor().await.unwrap().unwrap().tags;
    for tags in [Tags { head: u64::MAX, ..before }, Tags { safe: u64::MAX, ..before }, Tags { finalized: u64::MAX, ..before }] {
        let refused = database.set_tags(None, tags).await;
        assert!(matches!(refused, Err(Error::Query(_))), "{tags:?}: {refused:?}");
    }
    assert_eq!(database.cursor().await.unwrap().unwrap().tags, before);
}
