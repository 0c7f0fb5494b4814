//! What can go wrong at the nodes' Postgres. Each is a sentence for an operator, and none shows a URL.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the URL of the nodes' Postgres is none: write postgresql://user:password@host:port/database")]
    BadUrl,
    /// Sessions are told apart by the port that they come from.
    #[error("the URL of the nodes' Postgres names no host: write postgresql://user:password@host:port/database, not a socket")]
    NoHost,
    #[error("the nodes' Postgres did not answer within {seconds} s")]
    Slow { seconds: u64 },
    #[error("the nodes' Postgres can't be reached: {0}")]
    Unreachable(String),
    #[error(
        "the nodes' Postgres is version {found}, and this node program runs on {least} to {most}: set fleet.node_database_url_file to one of those"
    )]
    Unsupported { found: u32, least: u32, most: u32 },
    #[error("the nodes' Postgres lets nobody in as the node's role {role}: {cause}")]
    NotLetIn { role: String, cause: String },
    #[error("the nodes' Postgres refused: {0}")]
    Refused(String),
    /// What we name ourselves.
    #[error("{0:?} is no name for a node's role and database")]
    BadName(String),
}

impl Error {
    /// Whether the same may succeed later with nothing changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Slow { .. } | Self::Unreachable(_) | Self::Refused(_) | Self::NotLetIn { .. } => true,
            Self::BadUrl | Self::NoHost | Self::Unsupported { .. } | Self::BadName(_) => false,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::Refused(error.message().to_owned()),
            error => Self::Unreachable(error.to_string()),
        }
    }
}

/// The five letters by which Postgres names what went wrong.
pub(crate) fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned())
}
