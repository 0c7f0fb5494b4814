use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;

use super::{Postgres, PostgresOptions};
use crate::{Result, Tools};

/// One server for all tests of a test program. It ends with the program; its folder is swept by the next.
static SERVER: OnceCell<Postgres> = OnceCell::const_new();
static COUNTER: AtomicU32 = AtomicU32::new(0);
/// What [`TestDatabase::prepared`] copies.
static TEMPLATE: OnceCell<()> = OnceCell::const_new();
const TEMPLATE_NAME: &str = "test_template";

/// An empty database of its own for one test, removed on drop.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
    server: &'static Postgres,
}

impl TestDatabase {
    /// Makes a database on the server that all tests of this program share.
    pub async fn create() -> Result<Self> {
        let (server, name) = (server().await?, next_name());
        let url = server.create_database(&name)?;
        Ok(Self { name, url, server })
    }

    /// A copy of one that `prepare` has made ready, which is done for the first test of this program alone: all of a program prepare the same.
    pub async fn prepared(prepare: impl AsyncFnOnce(String)) -> Result<Self> {
        let (server, name) = (server().await?, next_name());
        let make = || async move {
            prepare(server.create_database(TEMPLATE_NAME)?).await;
            // Whoever is connected still would keep it from being copied.
            let end = format!(
                "alter database {TEMPLATE_NAME} allow_connections false;
                 select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = '{TEMPLATE_NAME}'"
            );
            server.run("postgres", &end).map(drop)
        };
        TEMPLATE.get_or_try_init(make).await?;
        server.run("postgres", &format!("create database {name} template {TEMPLATE_NAME}"))?;
        Ok(Self { url: server.url(&name), name, server })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server, to look at what the code under test left in the database.
    pub fn server(&self) -> &'static Postgres {
        self.server
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

async fn server() -> Result<&'static Postgres> {
    SERVER.get_or_try_init(|| async { Postgres::start(&Tools::find()?, &PostgresOptions::default()).await }).await
}

fn next_name() -> String {
    format!("test_{}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

impl Drop for TestDatabase {
    /// On a thread of its own: a test's runtime may still be opening a connection, which the server would wait for, while
    /// this drop kept the runtime from going on. A database that is not gone when the program ends goes with the server.
    fn drop(&mut self) {
        let (server, name) = (self.server, std::mem::take(&mut self.name));
        std::thread::spawn(move || {
            if let Err(error) = server.drop_database(&name) {
                tracing::warn!(%error, database = name, "a test database stays until its server ends");
            }
        });
    }
}
