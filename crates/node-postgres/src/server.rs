//! The server, by the fleet's user of it.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use linkpool_chainlink::Secret;
use sqlx::{PgConnection, Row, postgres::PgConnectOptions};
use tokio::sync::{Mutex, Semaphore};
use url::Url;

use crate::{
    Error, Result, ServerVersion,
    connect::{open, within},
};

/// Most connections at once by which leases are looked at: with 110 nodes and a look at each every 5 seconds, each has a third of a second.
const CONNECTIONS: usize = 8;
/// Longest question of a line or two.
pub(crate) const ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// What of a URL's query is about one user or database and not about the server.
const OURS: [&str; 5] = ["user", "password", "dbname", "options", "application_name"];

/// A Postgres that holds the nodes' databases.
#[derive(Clone)]
pub struct Server {
    pub(crate) options: PgConnectOptions,
    url: Arc<Secret>,
    /// The one connection that is kept: it is asked every second.
    pub(crate) kept: Arc<Mutex<Option<PgConnection>>>,
    pub(crate) permits: Arc<Semaphore>,
}

/// The options show their password, so that nothing of them is shown.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    /// By the URL of the fleet's user.
    ///
    /// # Errors
    /// [`Error::BadUrl`] and [`Error::NoHost`]. Nothing is connected yet.
    pub fn new(url: &Secret) -> Result<Self> {
        let parsed = Url::parse(url.expose()).map_err(|_| Error::BadUrl)?;
        let is_postgres = ["postgres", "postgresql"].contains(&parsed.scheme());
        if !is_postgres || parsed.username().is_empty() {
            return Err(Error::BadUrl);
        }
        let options = PgConnectOptions::from_str(url.expose()).map_err(|_| Error::BadUrl)?;
        let is_socket = parsed.query_pairs().any(|(key, value)| key == "host" && value.starts_with('/'));
        if is_socket || parsed.host_str().is_none_or(|host| host.is_empty() || host.starts_with("%2F")) {
            return Err(Error::NoHost);
        }
        let is_named = options.get_application_name().is_some();
        let options = if is_named { options } else { options.application_name("linkpool fleet") };
        let (kept, permits) = (Arc::default(), Arc::new(Semaphore::new(CONNECTIONS)));
        Ok(Self { options, url: Arc::new(url.clone()), kept, permits })
    }

    /// # Errors
    /// If the server can't be asked.
    pub async fn version(&self) -> Result<ServerVersion> {
        within(ASK_TIMEOUT, async {
            let mut connection = open(&self.options, ASK_TIMEOUT).await?;
            let row = sqlx::query("select current_setting('server_version_num')::int4").fetch_one(&mut connection).await?;
            Ok(ServerVersion(row.try_get::<i32, _>(0)?.unsigned_abs()))
        })
        .await
    }

    /// What the node itself connects by.
    pub(crate) fn url_of(&self, name: &str, password: &Secret) -> Result<Secret> {
        self.url_of_database(name, password, name)
    }

    pub(crate) fn url_of_database(&self, name: &str, password: &Secret, database: &str) -> Result<Secret> {
        let mut url = Url::parse(self.url.expose()).map_err(|_| Error::BadUrl)?;
        let kept: Vec<(String, String)> = url.query_pairs().filter(|(key, _)| !OURS.contains(&&**key)).map(owned).collect();
        url.set_path(database);
        url.set_username(name).and_then(|()| url.set_password(Some(password.expose()))).map_err(|()| Error::BadUrl)?;
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        Ok(Secret::new(url))
    }
}

fn owned((key, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> (String, String) {
    (key.into_owned(), value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(url: &str) -> Result<Server> {
        Server::new(&Secret::new(url))
    }

    #[test]
    fn a_node_connects_to_the_same_server_as_itself() {
        let server = made("postgres://fleet:secret@db.internal:5433/postgres?sslmode=require&application_name=x").unwrap();
        let url = server.url_of("linkpool_node_1", &Secret::new("a password")).unwrap();
        assert_eq!(url.expose(), "postgres://linkpool_node_1:a%20password@db.internal:5433/linkpool_node_1?sslmode=require");
        assert!(!format!("{server:?}").contains("secret"), "{server:?}");
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused_and_not_repeated() {
        for (url, expect) in [
            ("secret", "is none"),
            ("http://u:secret@h/x", "is none"),
            ("postgres://h:5432/x", "is none"),
            ("postgres://u:secret@/x", "is none"),
            ("postgres://u:secret@%2Ftmp/x", "not a socket"),
            ("postgres://u:secret@h/x?host=/tmp", "not a socket"),
        ] {
            let said = made(url).map(drop).unwrap_err().to_string();
            assert!(said.contains(expect) && !said.contains("secret"), "{url}: {said}");
        }
    }
}
