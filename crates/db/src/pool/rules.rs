//! What holds for the connections of a pool, and how long its statements may take.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

/// Begins a transaction in which every statement sees the same rows.
pub(crate) const SNAPSHOT: &str = "begin isolation level repeatable read read only";
/// How long one statement of a reader may take; what would take longer is a missing index or a missing bound.
pub(crate) const SNAPSHOT_STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a statement may take that reads whole tables.
pub(crate) const LONG_READ_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a statement may take that writes whole tables anew, or builds their indexes.
pub(crate) const LONG_WRITE_TIMEOUT: Duration = Duration::from_secs(3_600);

/// What holds for every connection of a pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub max_connections: u32,
    /// How long to wait for a connection.
    pub patience: Duration,
    /// How long one statement may take, by the server's clock. A little later the client gives up by its own.
    pub statement: Duration,
    /// Whether the connections are there to read: the server then refuses every write.
    pub reads_only: bool,
    /// How long to wait for a connection that is used before another is made.
    pub moment: Duration,
    /// How long any connection is kept. They take turns, so that after a burst each of them is needed now and then: only their age ends
    /// those that are too many.
    pub life: Duration,
}

/// What every session of the pool begins with. As part of the connection's start it costs no round trip.
pub(crate) fn session(options: PgConnectOptions, rules: &Rules) -> PgConnectOptions {
    let mut settings = vec![
        ("statement_timeout", millis(rules.statement)),
        // A process that is paused, or whose machine is gone, must not keep its locks: the others wait for them.
        ("idle_in_transaction_session_timeout", "5s".to_owned()),
    ];
    if rules.reads_only {
        settings.push(("default_transaction_read_only", "on".to_owned()));
    } else {
        // What is written is found by keys whatever is written: planning a block's statement anew each time costs as much as a third of it.
        settings.push(("plan_cache_mode", "force_generic_plan".to_owned()));
    }
    options.options(settings)
}

pub(super) fn millis(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}
