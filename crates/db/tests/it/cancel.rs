//! A caller that goes away: whatever it had begun is nobody else's.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use linkpool_db::{
    Connect, Database,
    cursor::Tags,
    fleet::{ProofMode, ScaleRequest},
};
use sqlx::{Connection, PgConnection};

use crate::read::followed;

/// More than a request of nodes needs to its end, where each look is at something new.
const LOOKS: u64 = 40;

/// Looks at `work` this often, each time a moment later, and drops it. Whether it had come to its end.
async fn look(work: impl Future<Output = ()>, looks: u64) -> bool {
    let mut work = pin!(work);
    for _ in 0..looks {
        if poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_ready())).await {
            return true;
        }
        tokio::time::sleep(Duration::from_micros(100)).await;
    }
    false
}

#[tokio::test]
async fn a_write_that_is_cancelled_at_any_point_leaves_no_transaction_to_the_next() {
    let (test_database, _) = followed().await;
    // One connection: the next has the very one that was left.
    let connect = Connect { max_connections: 1, ..Connect::new(test_database.url()).patient() };
    let database = Database::connect(&connect).await.unwrap();
    let mut outside = PgConnection::connect(test_database.url()).await.unwrap();
    let (mut ended, mut cancelled) = (0, 0);
    for looks in 0..LOOKS {
        let request = ScaleRequest {
            idempotency_key: format!("call {looks}"),
            actor: "test".into(),
            count: 1,
            reason: None,
            proof_mode: ProofMode::Signature,
        };
        let work = async { drop(database.request_nodes(&request).await.unwrap()) };
        if look(work, looks).await {
            ended += 1
        } else {
            cancelled += 1
        }
        // One statement by itself: inside what somebody else had begun, nobody outside would see it.
        let head = 1_000 + looks;
        database.set_tags(None, Tags { head, safe: 0, finalized: 0 }).await.unwrap();
        let seen: i64 = sqlx::query_scalar("select head_block from cursor").fetch_one(&mut outside).await.unwrap();
        assert_eq!(seen, head as i64, "after {looks} looks");
    }
    assert!(ended > 0 && cancelled > 0, "{ended} came to their end, {cancelled} did not");
}
