//! What can go wrong between LinkPool and its database.

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// SQLSTATE of insufficient privilege.
const DENIED: &str = "42501";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database URL is not valid: write postgres://user:password@host:port/database")]
    Url,
    #[error("cannot reach Postgres at {server}: {cause}; check that it runs and that the database URL is right")]
    Unreachable { server: String, cause: String },
    #[error("Postgres at {server} refuses user `{user}`: check the name and password in the database URL")]
    Refused { server: String, user: String },
    #[error(
        "what answers at {server} is a connection pooler that keeps no session ({cause}): give LinkPool the address of Postgres itself"
    )]
    Pooler { server: String, cause: String },
    /// MERGE needs Postgres 15.
    #[error("Postgres at {server} is version {found}; LinkPool needs 15 or newer")]
    TooOld { server: String, found: String },
    /// A migration failed: the database is as it was.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("{}", older(.found, .known))]
    SchemaOlder { found: i64, known: i64 },
    #[error(
        "the database has schema {found}, and this linkpool knows {known}, where {needs} is needed: use the release that migrated it, or a newer one"
    )]
    SchemaNewer { found: i64, needs: i64, known: i64 },
    #[error(
        "migration {number} of the database is not this linkpool's: it was made by an unreleased version; give it a new database, which the indexer fills from the chain"
    )]
    SchemaUnlike { number: i64 },
    #[error(
        "the database user may not do this ({0}): `linkpool doctor --role ROLE` lists what is missing, docs/database-roles.sql gives it"
    )]
    Denied(String),
    /// Another writer moved the cursor since it was read: this batch was not written.
    #[error("the cursor is no longer at block {expected}: another indexer has written")]
    CursorMoved { expected: u64 },
    /// What was read statement by statement is of two blocks: read it once more.
    #[error("the cursor moved while it was read")]
    Moved,
    /// Another instance of the role has taken over since: nothing was written.
    #[error("the lease `{name}` has passed to another instance")]
    LeaseLost { name: String },
    #[error("the database holds an impossible value: {0}")]
    Corrupt(String),
    #[error("the database failed: {0}")]
    Query(sqlx::Error),
}

fn older(found: &i64, known: &i64) -> String {
    match found {
        0 => format!("the database is empty, this linkpool needs schema {known}: run `linkpool migrate`"),
        _ => format!("the database has schema {found}, this linkpool needs {known}: run `linkpool migrate`"),
    }
}

impl Error {
    /// Whether the same call may succeed later. Everything may, but what is wrong in itself: a list of the failures of servers
    /// would miss those that nobody has seen yet. A role goes on after either; this is for who waits for one call.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::SchemaOlder { .. }
            | Self::Denied(_)
            | Self::Moved
            // Whoever had the lease may have it again.
            | Self::LeaseLost { .. } => true,
            Self::Query(error) => match error {
                // Classes 22 data, 23 constraint, 42 syntax and names: the statement is wrong, or the schema.
                sqlx::Error::Database(error) => {
                    !error.code().is_some_and(|code| ["22", "23", "42"].iter().any(|class| code.starts_with(class)))
                }
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed => true,
                _ => false,
            },
            Self::Url
            | Self::Pooler { .. }
            | Self::TooOld { .. }
            | Self::Migrate(_)
            | Self::SchemaNewer { .. }
            | Self::SchemaUnlike { .. }
            | Self::CursorMoved { .. }
            | Self::Corrupt(_) => false,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some(DENIED) => {
                Self::Denied(refusal.message().to_owned())
            }
            // One of ours, on its way through the driver.
            sqlx::Error::AnyDriverError(error) => match error.downcast::<Self>() {
                Ok(ours) => *ours,
                Err(error) => Self::Query(sqlx::Error::AnyDriverError(error)),
            },
            error => Self::Query(error),
        }
    }
}

/// A word of a newer version, or of nobody.
impl From<linkpool_primitives::UnknownWord> for Error {
    fn from(error: linkpool_primitives::UnknownWord) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// Where the driver's interface asks for its own error.
impl From<Error> for sqlx::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Query(error) => error,
            ours => Self::AnyDriverError(Box::new(ours)),
        }
    }
}
