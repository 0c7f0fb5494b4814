//! Postgres: reachable, of the right schema, with the rights it takes, on time, and who is connected or holds a lease.

use std::time::{SystemTime, UNIX_EPOCH};

use linkpool_db::{
    Database,
    schema::Schema,
    tx::{TransactionFilter, TransactionView},
};
use linkpool_primitives::Address;

use super::report::Report;
use crate::config::Config;

const READ: &str = "give the user the right to read its own tables: docs/database-roles.sql";
/// What the names of accounts' leases begin with: `signer/CHAIN/ADDRESS`.
const SIGNER: &str = "signer/";
/// Most transactions under way that are looked through.
const MAX_OPEN: u16 = 1_000;

/// Whose rights on the database are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DatabaseUser {
    Api,
    Index,
    Registrar,
    Fleet,
    Reporter,
    Earnings,
    /// Commands that sign
    Operator,
}

impl DatabaseUser {
    /// Its name in docs/database-roles.sql.
    fn name(self) -> &'static str {
        match self {
            Self::Api => "linkpool_api",
            Self::Index => "linkpool_indexer",
            Self::Registrar => "linkpool_registrar",
            Self::Fleet => "linkpool_fleet",
            Self::Reporter => "linkpool_reporter",
            Self::Earnings => "linkpool_earnings",
            Self::Operator => "linkpool_operator",
        }
    }
}

/// The connection, where there is one to a database that this executable can work with.
pub async fn check(
    config: &Config,
    role: Option<DatabaseUser>,
    account: Option<Address>,
    report: &mut Report,
) -> Option<Database> {
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
    let schema = match database.schema().await {
        Ok(schema) => schema,
        Err(error) => {
            report.fail("schema", error.to_string(), READ);
            return None;
        }
    };
    let Schema { found, known, .. } = schema;
    match schema.check() {
        Err(error @ linkpool_db::Error::SchemaOlder { .. }) => {
            report.fail("schema", error.to_string(), "roles wait for it, commands refuse");
            return None;
        }
        Err(error) => {
            report.fail("schema", error.to_string(), "this executable must not work here");
            return None;
        }
        Ok(()) if found > known => {
            let sentence = format!("the database has schema {found}, newer than this linkpool's {known}, which works on it");
            report.warn("schema", sentence, "update this linkpool when the roll-out comes to it");
        }
        Ok(()) => report.ok("database", format!("Postgres answers, and its schema is {found}, as this linkpool needs it")),
    }
    versions(&database, &schema, report).await;
    rights(&database, role, report).await;
    clock(config, &database, report).await;
    leases(config, account, &database, report).await;
    Some(database)
}

/// Roles that are connected beside the database's schema and this executable.
async fn versions(database: &Database, schema: &Schema, report: &mut Report) {
    let roles = match database.connected_roles().await {
        Ok(roles) => roles,
        Err(error) => return report.fail("versions", error.to_string(), "repeat when the database answers"),
    };
    let mut good = Vec::new();
    for connected in roles.keys() {
        let (role, version, knows) = (&connected.role, &connected.version, connected.schema);
        if knows < schema.needs {
            let sentence = format!(
                "a linkpool {role} {version} is at work that knows schema {knows}, and the database asks for {}",
                schema.needs
            );
            report.fail("versions", sentence, "restart it with the release that migrated the database");
        } else if (version.as_str(), knows) != (env!("CARGO_PKG_VERSION"), schema.known) {
            let ours = format!("this one is {} and knows {}", env!("CARGO_PKG_VERSION"), schema.known);
            let sentence = format!("a linkpool {role} {version} is at work that knows schema {knows}; {ours}");
            report.warn("versions", sentence, "nothing during a roll-out; after it, update what is older");
        } else {
            good.push(role.as_str());
        }
    }
    if !good.is_empty() {
        let sentence = format!("{} connected, of this version", if good.len() == 1 { "one role is" } else { "these roles are" });
        report.ok("versions", format!("{sentence}: {}", good.join(", ")));
    }
}

/// What the role's user may do: the one that was asked for, or those that the connection's user is.
async fn rights(database: &Database, role: Option<DatabaseUser>, report: &mut Report) {
    let users = match role {
        Some(role) => vec![role.name().to_owned()],
        None => database.acts_as().await.unwrap_or_default(),
    };
    for user in users {
        match database.missing_rights(&user).await {
            Err(error) => report.fail("rights", error.to_string(), "repeat when the database answers"),
            Ok(missing) if missing.is_empty() => {
                report.ok("rights", format!("the database user has every right of {user}"));
            }
            Ok(missing) => {
                let missing = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let sentence = format!("the database user lacks rights of {user}: {missing}");
                report.fail("rights", sentence, "have the owner run docs/database-roles.sql");
            }
        }
    }
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

/// A command that sends holds its account's lease while it runs, and its end is no fault: of those only the registrar's is asked for,
/// and of others only what somebody still waits for.
async fn leases(config: &Config, account: Option<Address>, database: &Database, report: &mut Report) {
    match database.leases().await {
        Err(error) => report.fail("lease", error.to_string(), READ),
        Ok(leases) if leases.is_empty() => {
            report.warn("lease", "no role has ever held a lease here", "start `linkpool registrar` and `linkpool fleet`");
        }
        Ok(leases) => {
            let filter = TransactionFilter { open: true, limit: MAX_OPEN, ..TransactionFilter::default() };
            let open = database.transactions(&filter).await.unwrap_or_default();
            let registrar = match account {
                Some(account) => Some(account),
                None => config.registrar.signer(&config.aws).await.ok().map(|signer| signer.address()),
            };
            let registrar = registrar.map(|address| format!("{address:#x}"));
            for lease in leases {
                let sender = lease.name.strip_prefix(SIGNER).and_then(|name| name.split('/').nth(1));
                if lease.expires_in_seconds <= 0.0
                    && sender.is_some_and(|sender| registrar.as_deref() != Some(sender) && !is_waited_for(&open, sender))
                {
                    continue;
                }
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

fn is_waited_for(open: &[TransactionView], sender: &str) -> bool {
    open.iter().any(|transaction| format!("{:#x}", transaction.account.address) == sender)
}
