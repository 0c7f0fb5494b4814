//! One node's database, as the node's own role.

use std::time::Duration;

use linkpool_chainlink::Secret;
use sqlx::{PgConnection, Row, postgres::PgConnectOptions};

use crate::{
    Error, Result, Server,
    connect::{open, within},
    error::code,
    server::ASK_TIMEOUT,
};

/// A table that the node has not made yet.
const NO_TABLE: &str = "42P01";
/// Waiting for one of the few connections by which leases are looked at counts too.
const LOOK_TIMEOUT: Duration = Duration::from_secs(8);

/// Who holds a node's lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The process's id, as in [`crate::NodeProcess`].
    pub holder: String,
    /// Whether it has not run out.
    pub is_held: bool,
}

/// The role and database of one node.
#[derive(Debug, Clone)]
pub struct NodeDatabase {
    pub(crate) server: Server,
    pub(crate) name: String,
    pub(crate) password: Secret,
}

impl Server {
    /// The database of a node, whose role has the same name.
    ///
    /// # Errors
    /// [`Error::BadName`] for what is not made of small letters, digits and underscores.
    pub fn node(&self, name: &str, password: &Secret) -> Result<NodeDatabase> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || name.len() > 60 || !name.bytes().all(is_plain) {
            return Err(Error::BadName(name.to_owned()));
        }
        Ok(NodeDatabase { server: self.clone(), name: name.to_owned(), password: password.clone() })
    }
}

impl NodeDatabase {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the node connects by.
    ///
    /// # Errors
    /// [`Error::BadUrl`].
    pub fn url(&self) -> Result<Secret> {
        self.server.url_of(&self.name, &self.password)
    }

    /// Who holds the lease; `None` before the node has ever run.
    ///
    /// # Errors
    /// If it can't be asked; then nothing is known.
    pub async fn lease(&self) -> Result<Option<Lease>> {
        within(LOOK_TIMEOUT, async {
            // Never closed.
            let _permit = self.server.permits.acquire().await.map_err(|error| Error::Unreachable(error.to_string()))?;
            let ask = "select client_id::text, expires_at > now() from lease_lock limit 1";
            let Some(row) = self.ask(ask).await? else { return Ok(None) };
            Ok(Some(Lease { holder: row.try_get(0)?, is_held: row.try_get(1)? }))
        })
        .await
    }

    /// The version of the node that has run on it last; `None` before any has. Asked before a start, which waits for no look at other nodes.
    ///
    /// # Errors
    /// If it can't be asked.
    pub async fn last_version(&self) -> Result<Option<String>> {
        // As the node itself asks (its core/services/versioning).
        let ask = self.ask("select version from node_versions order by created_at desc limit 1");
        let row = within(LOOK_TIMEOUT, ask).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    async fn ask(&self, question: &'static str) -> Result<Option<sqlx::postgres::PgRow>> {
        let mut connection = self.connect().await?;
        match sqlx::query(question).fetch_optional(&mut connection).await {
            Err(error) if code(&error).as_deref() == Some(NO_TABLE) => Ok(None),
            row => Ok(row?),
        }
    }

    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        open(&self.options(), ASK_TIMEOUT).await.map_err(|error| match error {
            sqlx::Error::Database(error) => Error::NotLetIn { role: self.name.clone(), cause: error.message().to_owned() },
            error => error.into(),
        })
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        let options = self.server.options.clone().username(&self.name).password(self.password.expose());
        options.database(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_name_that_would_have_to_be_quoted_is_none() {
        let known = Server::new(&Secret::new("postgres://u:p@h/x")).unwrap();
        for name in ["", "A", "a-b", "a\"b", "a b"] {
            assert!(matches!(known.node(name, &Secret::new("")), Err(Error::BadName(_))), "{name}");
        }
    }

    #[tokio::test]
    async fn what_is_asked_before_a_start_waits_for_no_look_at_other_nodes() {
        // Nobody listens there any more: who asks is told so at once.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Server::new(&Secret::new(format!("postgres://fleet:p@127.0.0.1:{port}/x"))).unwrap();
        let every = u32::try_from(server.permits.available_permits()).unwrap();
        let _looks = server.permits.acquire_many(every).await.unwrap();
        let asked = server.node("node_1", &Secret::new("p")).unwrap().last_version().await;
        assert!(matches!(asked, Err(Error::Unreachable(_))), "it waited: {asked:?}");
    }
}
