//! One line that says what is wrong and what to do, and an exit code that a script can act on.

use std::process::ExitCode;

use serde_json::json;

use crate::output::remark;

/// The table of exit codes; docs/operations.md has it with examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Anything else that went wrong.
    Failed = 1,
    /// Bad input: arguments, configuration, a missing tool, a taken port.
    BadInput = 2,
    /// The contract, the guard or a check refused.
    Refused = 3,
    /// It did not happen in time.
    TimedOut = 4,
    /// The RPC endpoint or the database can't be reached, or refuses the password.
    Unreachable = 5,
}

/// An error with an exit code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
}

impl Failure {
    pub fn bad_input(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::BadInput, message: message.into() }.into()
    }

    pub fn refused(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Refused, message: message.into() }.into()
    }

    pub fn unreachable(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Unreachable, message: message.into() }.into()
    }

    pub fn timed_out(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::TimedOut, message: message.into() }.into()
    }
}

/// Prints the error on one line, for a machine as one of its log lines, and gives its exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        // An outer error often ends with its source's text already.
        if !line.ends_with(&text) {
            line = if line.is_empty() { text } else { format!("{line}: {text}") };
        }
    }
    tell(&line, exit(error))
}

/// Whether a machine reads: it asked for an answer or for log lines as JSON. Looked for here, because a command line that can't be
/// parsed can't be asked.
fn is_for_machine() -> bool {
    std::env::args_os().skip(1).any(|argument| argument == "--json" || argument == "--log-json")
}

/// The last line of a program that fails.
pub fn tell(text: &str, exit: Exit) -> ExitCode {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = exit as u8;
    if is_for_machine() {
        let timestamp = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let fields = json!({ "message": text, "exit_code": code });
        remark!("{}", json!({ "timestamp": timestamp, "level": "ERROR", "fields": fields, "target": "linkpool" }));
    } else {
        remark!("linkpool: {text}");
    }
    ExitCode::from(code)
}

/// The first cause that says what kind of failure this is.
pub fn exit(error: &anyhow::Error) -> Exit {
    error.chain().find_map(kind).unwrap_or(Exit::Failed)
}

fn kind(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return Some(failure.exit);
    }
    if let Some(error) = cause.downcast_ref::<linkpool_indexer::Error>() {
        return match error {
            linkpool_indexer::Error::Chain(error) => chain(error),
            linkpool_indexer::Error::Database(error) => database(error),
            linkpool_indexer::Error::OtherDeployment { .. } | linkpool_indexer::Error::NotCreatedThere { .. } => {
                Some(Exit::BadInput)
            }
            _ => None,
        };
    }
    if let Some(error) = cause.downcast_ref::<linkpool_tx_manager::Error>() {
        return sending(error);
    }
    if let Some(error) = cause.downcast_ref::<linkpool_registrar::Error>() {
        return match error {
            linkpool_registrar::Error::Chain(error) => chain(error),
            linkpool_registrar::Error::Database(error) => database(error),
            linkpool_registrar::Error::Sending(error) => sending(error),
            _ => None,
        };
    }
    if let Some(error) = cause.downcast_ref::<linkpool_reporter::Error>() {
        return match error {
            linkpool_reporter::Error::Chain(error) => chain(error),
            linkpool_reporter::Error::Database(error) => database(error),
            linkpool_reporter::Error::TooRare { .. } => Some(Exit::BadInput),
            _ => None,
        };
    }
    if let Some(error) = cause.downcast_ref::<linkpool_earnings::Error>() {
        return match error {
            linkpool_earnings::Error::Chain(error) => chain(error),
            linkpool_earnings::Error::Database(error) => database(error),
            linkpool_earnings::Error::Sending(error) => sending(error),
            linkpool_earnings::Error::OtherPool { .. } => Some(Exit::BadInput),
            linkpool_earnings::Error::NothingFinal => Some(Exit::Unreachable),
            linkpool_earnings::Error::Unknown(_) => None,
        };
    }
    if let Some(error) = cause.downcast_ref::<linkpool_deploy::Error>() {
        use linkpool_deploy::Error::{Chain, File, NotLink, OtherCode, Refused, Terms};
        return match error {
            Chain(error) => chain(error),
            Terms(_) | File { .. } => Some(Exit::BadInput),
            NotLink { .. } | Refused { .. } | OtherCode { .. } => Some(Exit::Refused),
        };
    }
    if let Some(error) = cause.downcast_ref::<linkpool_fleet::Error>() {
        return match error {
            linkpool_fleet::Error::Database(error) => database(error),
            linkpool_fleet::Error::DirectoryInUse { .. } => Some(Exit::Refused),
            linkpool_fleet::Error::File { .. } | linkpool_fleet::Error::Secret { .. } => Some(Exit::BadInput),
            _ => None,
        };
    }
    if let Some(linkpool_tx_manager::SignerError::Service { is_unreachable: true, .. }) = cause.downcast_ref() {
        return Some(Exit::Unreachable);
    }
    if cause.is::<linkpool_tx_manager::SignerError>() || cause.is::<linkpool_api::operator::TokenError>() {
        return Some(Exit::BadInput);
    }
    if let Some(error) = cause.downcast_ref::<std::io::Error>() {
        use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
        return matches!(error.kind(), AddrInUse | AddrNotAvailable | PermissionDenied).then_some(Exit::BadInput);
    }
    #[cfg(feature = "dev")]
    if let Some(error) = cause.downcast_ref::<linkpool_testkit::Error>() {
        return part(error);
    }
    #[cfg(feature = "dev")]
    if let Some(error) = cause.downcast_ref::<linkpool_standin_node::StandinError>() {
        return (error.exit_code() == 2).then_some(Exit::BadInput);
    }
    cause.downcast_ref().and_then(chain).or_else(|| cause.downcast_ref().and_then(database))
}

#[cfg(feature = "dev")]
fn part(error: &linkpool_testkit::Error) -> Option<Exit> {
    use linkpool_testkit::Error::{Chain, Data, InUse, Platform, PortInUse, StillStopping, ToolMissing, Unreachable};
    match error {
        ToolMissing { .. } | Platform { .. } | InUse { .. } | PortInUse { .. } | Data { .. } => Some(Exit::BadInput),
        StillStopping { .. } => Some(Exit::TimedOut),
        Unreachable { .. } => Some(Exit::Unreachable),
        Chain(error) => chain(error),
        _ => None,
    }
}

fn sending(error: &linkpool_tx_manager::Error) -> Option<Exit> {
    use linkpool_tx_manager::Error::{Chain, Database, Key, NotOpen, OtherRequest, UnknownRequest};
    match error {
        Chain(error) => chain(error),
        Database(error) => database(error),
        Key | UnknownRequest { .. } => Some(Exit::BadInput),
        OtherRequest { .. } | NotOpen { .. } => Some(Exit::Refused),
        _ => None,
    }
}

fn chain(error: &linkpool_chain::Error) -> Option<Exit> {
    use linkpool_chain::Error::{
        Absent, Lagging, Names, NoCode, NoMethod, NoPrice, Pruned, RateLimited, Reverted, UnexpectedContract, Unreachable, Url,
        WrongChain, WsUrl,
    };
    match error {
        Url
        | WsUrl
        | Names
        | WrongChain { .. }
        | NoCode { .. }
        | Absent { .. }
        | UnexpectedContract { .. }
        | NoMethod { .. }
        | NoPrice { .. } => Some(Exit::BadInput),
        Unreachable { .. } | RateLimited { .. } | Lagging { .. } | Pruned { .. } => Some(Exit::Unreachable),
        Reverted { .. } => Some(Exit::Refused),
        _ => None,
    }
}

fn database(error: &linkpool_db::Error) -> Option<Exit> {
    use linkpool_db::Error::{Denied, Pooler, Refused, SchemaNewer, SchemaOlder, SchemaUnlike, TooOld, Url};
    match error {
        Url | TooOld { .. } | Pooler { .. } => Some(Exit::BadInput),
        SchemaNewer { .. } | SchemaOlder { .. } | SchemaUnlike { .. } | Denied(_) => Some(Exit::Refused),
        Refused { .. } => Some(Exit::Unreachable),
        error if error.is_transient() => Some(Exit::Unreachable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn the_kind_of_failure_is_found_under_its_context() {
        let unreachable = linkpool_chain::Error::Unreachable { endpoint: "main".into(), cause: "connection refused".into() };
        let error = Err::<(), _>(linkpool_indexer::Error::from(unreachable)).context("following the chain").unwrap_err();
        assert_eq!(exit(&error), Exit::Unreachable);
        assert_eq!(exit(&Failure::bad_input("no")), Exit::BadInput);
        assert_eq!(exit(&anyhow::anyhow!("anything")), Exit::Failed);
        let taken = anyhow::Error::new(std::io::Error::from(std::io::ErrorKind::AddrInUse)).context("listening");
        assert_eq!(exit(&taken), Exit::BadInput);
    }

    #[test]
    fn an_endpoint_that_asks_for_patience_counts_as_unreachable() {
        let limited = linkpool_chain::Error::RateLimited { endpoint: "main".into(), message: "HTTP 429".into() };
        assert_eq!(exit(&linkpool_indexer::Error::from(limited).into()), Exit::Unreachable);
        let lagging = linkpool_chain::Error::Lagging { endpoint: "main".into(), block: "7".into() };
        assert_eq!(exit(&lagging.into()), Exit::Unreachable);
    }

    #[tokio::test]
    async fn a_database_whose_connections_are_gone_counts_as_unreachable() {
        let server = linkpool_testkit::TestDatabase::create().await.unwrap();
        let database = linkpool_db::Database::connect(&linkpool_db::Connect::new(server.url()).patient()).await.unwrap();
        database.close().await;
        let error = anyhow::Error::new(database.deployment().await.unwrap_err()).context("indexing");
        assert_eq!(exit(&error), Exit::Unreachable);
    }
}
