//! What Postgres itself says of the connections.

use std::time::{Duration, Instant};

use linkpool_testkit::TestDatabase;

/// After the last caller, until everything that was begun has come to its end. Shorter than the five seconds after which the server
/// itself ends a transaction that does nothing.
const DRAIN_PERIOD: Duration = Duration::from_secs(4);
const OPEN: &str = "select pid || ' is ' || state || ': ' || query from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and (state = 'active' or state like 'idle in transaction%')";
const MADE: &str = "select sessions from pg_stat_database where datname = current_database()";

/// How many sessions were ever made. The server counts them about once a second.
pub fn made(database: &TestDatabase) -> u64 {
    database.server().run(database.name(), MADE).unwrap()[0].parse().unwrap()
}

/// Waits until no connection is inside a transaction.
pub async fn are_at_rest(database: &TestDatabase) {
    let begun = Instant::now();
    loop {
        let open = database.server().run(database.name(), OPEN).unwrap();
        if open.is_empty() {
            return;
        }
        assert!(begun.elapsed() < DRAIN_PERIOD, "connections that nobody uses are inside a transaction: {open:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
