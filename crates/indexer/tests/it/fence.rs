//! Two writers: what the database refuses.

use std::time::Duration;

use linkpool_db::{
    Error,
    cursor::Tags,
    ingest::{Batch, Header, OfFollowed},
    lease::Leader,
};
use linkpool_primitives::{B256, BlockRef};

use crate::fixture::Fixture;

const LEASE_DURATION: Duration = Duration::from_millis(200);

fn next(parent: &BlockRef, salt: u8) -> Batch {
    let to = BlockRef { number: parent.number + 1, hash: B256::repeat_byte(salt), timestamp: parent.timestamp + 1 };
    Batch {
        to,
        tags: Tags { head: to.number, safe: 0, finalized: 0 },
        caught_up: true,
        headers: vec![Header { block: to, parent_hash: parent.hash }],
        events: Vec::new().into(),
        dead_letters: Vec::new(),
        followed: OfFollowed::default(),
    }
}

#[tokio::test]
async fn a_writer_that_lost_its_lease_writes_nothing_even_where_the_cursor_still_fits() {
    let fixture = Fixture::set().await;
    fixture.index().await.stop().await.unwrap();
    let database = &fixture.database;
    let (mut first, mut second) =
        (Leader::new(database.clone(), "fence", LEASE_DURATION), Leader::new(database.clone(), "fence", LEASE_DURATION));
    let lease = first.hold().await.unwrap().unwrap();
    let at = database.cursor().await.unwrap().unwrap().block;
    database.append((&at, &lease), &next(&at, 1)).await.unwrap();
    let at = database.cursor().await.unwrap().unwrap().block;
    first.release().await.unwrap();
    let taken = second.hold().await.unwrap().unwrap();
    assert!(taken.epoch > lease.epoch);
    let refused = database.append((&at, &lease), &next(&at, 2)).await;
    assert!(matches!(refused, Err(Error::LeaseLost { .. })), "{refused:?}");
    assert_eq!(database.cursor().await.unwrap().unwrap().block, at, "nothing was written");
    database.append((&at, &taken), &next(&at, 3)).await.unwrap();
}

#[tokio::test]
async fn of_two_writes_at_one_cursor_one_is_written() {
    let fixture = Fixture::set().await;
    fixture.index().await.stop().await.unwrap();
    let database = &fixture.database;
    let mut at = database.cursor().await.unwrap().unwrap().block;
    for round in 0..20u8 {
        let (one, two) = (next(&at, 2 * round + 1), next(&at, 2 * round + 2));
        let (first, second) = tokio::join!(database.append(&at, &one), database.append(&at, &two));
        let written = [first.is_ok(), second.is_ok()];
        assert_eq!(written.iter().filter(|written| **written).count(), 1, "{first:?} {second:?}");
        // Refused by the cursor, and not by a row that happens to be there already.
        let refused = if written[0] { &second } else { &first };
        assert!(matches!(refused, Err(Error::CursorMoved { .. })), "{refused:?}");
        let expected = if written[0] { one.to } else { two.to };
        at = database.cursor().await.unwrap().unwrap().block;
        assert_eq!(at, expected);
    }
}
