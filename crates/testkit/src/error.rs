use std::{io, path::PathBuf};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong while a part is found, started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{what} was not found in {searched}: run `cargo xtask install`")]
    ToolMissing { what: &'static str, searched: String },
    #[error("there is no npm package of {what} for {os} on {arch}")]
    Platform { what: &'static str, os: &'static str, arch: &'static str },
    #[error("the {what} data in {dir} are in use by process {pid}: stop it first, or choose another data directory", dir = dir.display())]
    InUse { what: &'static str, dir: PathBuf, pid: String },
    /// A predecessor whose parent died is still writing its data.
    #[error("a stopping {what} still writes to {dir} after {seconds} s: try again when it has ended", dir = dir.display())]
    StillStopping { what: &'static str, dir: PathBuf, seconds: u64 },
    #[error("port {port} is in use: choose another one, or 0 for a free one")]
    PortInUse { port: u16 },
    #[error("{what} did not start: {reason}\n{log_tail}\n(the whole log is {log})", log = log.display())]
    NotStarted { what: &'static str, reason: String, log: PathBuf, log_tail: String },
    #[error("{message}")]
    Data { message: String },
    #[error("{what} refused: {message}")]
    Refused { what: &'static str, message: String },
    #[error("{what} cannot be reached: {cause}")]
    Unreachable { what: &'static str, cause: String },
    #[error(transparent)]
    Chain(#[from] linkpool_chain::Error),
    #[error("cannot {action}: {source}")]
    Io { action: String, source: io::Error },
}

impl Error {
    /// Whether the same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::StillStopping { .. } | Self::Unreachable { .. })
    }

    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}
