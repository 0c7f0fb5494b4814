//! What the parts of the work share.

use std::fmt;

use tokio::sync::Notify;

use super::{job::Job, rpc::Rpc};
use crate::node::Node;

/// What keeps the work from going on. It is tried again.
#[derive(Debug)]
pub(super) enum Trouble {
    Database(sqlx::Error),
    /// In the endpoint's words.
    Chain(String),
}

/// What both loops share.
pub(super) struct Work<'a> {
    pub node: &'a Node,
    pub rpc: Rpc<'a>,
    /// There are runs without an answer.
    pub asked: Notify,
    /// There are transactions that were not sent.
    pub answered: Notify,
}

impl Work<'_> {
    /// The jobs at the moment.
    pub(super) async fn jobs(&self) -> Result<Vec<Job>, Trouble> {
        let records = self.node.store.direct_request_jobs().await?;
        Ok(records.iter().map(Job::of).collect())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => error.fmt(formatter),
            Self::Chain(error) => formatter.write_str(error),
        }
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<String> for Trouble {
    fn from(error: String) -> Self {
        Self::Chain(error)
    }
}
