use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;

use super::{Postgres, PostgresOptions};
use crate::{Result, Tools};

/// One server for all tests of a test program. It ends with the program; its folder is swept by the next.
static SERVER: OnceCell<Postgres> = OnceCell::const_new();
static COUNTER: AtomicU32 = AtomicU32::new(0);

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
        let server =
            SERVER.get_or_try_init(|| async { Postgres::start(&Tools::find()?, &PostgresOptions::default()).await }).await?;
        let name = format!("test_{}", COUNTER.fetch_add(1, Ordering::Relaxed));
        let url = server.create_database(&name)?;
        Ok(Self { name, url, server })
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
