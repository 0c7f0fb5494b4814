//! What can go wrong when AWS is asked.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It answered that it will not.
    #[error("AWS refuses {operation}: {kind}: {message}")]
    Refused { operation: String, kind: String, message: String },
    /// It was asked too often, or is itself at fault. Nothing was done, as far as it says.
    #[error("AWS does not do {operation} now: {kind}: {message}")]
    Later { operation: String, kind: String, message: String },
    /// Whether it was done is not known.
    #[error("AWS did not answer {operation}: {cause}")]
    Unanswered { operation: String, cause: String },
    /// It answered something that is not its own.
    #[error("AWS's answer to {operation} is not what it should be: {cause}")]
    Malformed { operation: String, cause: String },
    /// There is nothing to sign with.
    #[error("{0}")]
    Credentials(String),
    #[error("no HTTP client could be made: {0}")]
    Client(String),
}

impl Error {
    /// Whether the same call may succeed later with nothing changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Later { .. } | Self::Unanswered { .. } | Self::Credentials(_) => true,
            Self::Refused { .. } | Self::Malformed { .. } | Self::Client(_) => false,
        }
    }

    /// The name of what AWS refused, such as `ServiceNotFoundException`.
    pub fn refusal(&self) -> Option<(&str, &str)> {
        match self {
            Self::Refused { kind, message, .. } => Some((kind, message)),
            _ => None,
        }
    }
}
