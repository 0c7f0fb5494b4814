//! Postgres: reachable, migrated, on time, and who holds which lease.

use std::time::{SystemTime, UNIX_EPOCH};

use linkpool_db::Database;

use super::report::Report;
use crate::config::Config;

/// The connection, where there is one to a database that this executable can work with.
pub async fn check(config: &Config, report: &mut Report) -> Option<Database> {
    let connected = match config.database() {
        Ok(connect) => Database::connect(&connect).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let database = match connected {
        Ok(database) => database,
        Err(error) => {
            report.fail("database", error, "every role needs it: start Postgres, or correct [database]");
            return None;
        }
    };
    match database.pending_migrations().await {
        Err(error) => report.fail("migrations", error.to_string(), "give the user the right to read its own tables"),
        Ok(pending) if pending.is_empty() => report.ok("database", "Postgres answers and every migration is applied"),
        Ok(pending) => {
            let sentence = format!("{} migrations are not applied: {pending:?}", pending.len());
            report.fail("migrations", sentence, "run `linkpool migrate`; every role does so at its start");
            return None;
        }
    }
    clock(config, &database, report).await;
    leases(&database, report).await;
    Some(database)
}

async fn clock(config: &Config, database: &Database, report: &mut Report) {
    let Ok(theirs) = database.clock().await else { return };
    let ours = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let skew = theirs.timestamp().unsigned_abs().abs_diff(ours);
    if skew > config.doctor.clock_skew_seconds {
        report.fail("clock", format!("the database's clock is {skew} s away from this machine's"), "set both by NTP");
    } else {
        report.ok("clock", "this machine's clock agrees with the database's");
    }
}

async fn leases(database: &Database, report: &mut Report) {
    match database.leases().await {
        Err(error) => report.fail("lease", error.to_string(), "give the user the right to read its own tables"),
        Ok(leases) if leases.is_empty() => {
            report.warn("lease", "no role has ever held a lease here", "start `linkpool registrar` and `linkpool fleet`");
        }
        Ok(leases) => {
            for lease in leases {
                let (name, holder, epoch) = (&lease.name, lease.holder, lease.epoch);
                if lease.expires_in_seconds > 0.0 {
                    report.ok("lease", format!("{name} is held by {holder}, the {epoch}. holder"));
                } else {
                    let since = -lease.expires_in_seconds;
                    let sentence = format!("nobody holds {name}: the last one gave it up or died {since:.0} s ago");
                    report.warn("lease", sentence, "start the role, if it should run");
                }
            }
        }
    }
}
