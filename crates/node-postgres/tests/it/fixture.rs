//! A user as the documentation makes it, and its server.

use std::sync::atomic::{AtomicU32, Ordering};

use linkpool_chainlink::Secret;
use linkpool_node_postgres::{NodeDatabase, Server};
use linkpool_testkit::TestDatabase;

const DOCUMENTED: &str = include_str!("../../../../docs/node-database-role.sql");
const PASSWORD: &str = "a password of the fleet";

pub struct Fixture {
    pub server: Server,
    database: TestDatabase,
}

impl Fixture {
    pub async fn set() -> Self {
        let database = TestDatabase::create().await.expect("a database");
        let fixture = Self { server: Server::new(&Secret::new(database.url())).unwrap(), database };
        // All tests share one server, and with it the user; a lock is one database's.
        let statements = format!("select pg_advisory_lock(1); {DOCUMENTED} alter role linkpool_nodes password '{PASSWORD}'");
        fixture.database.server().run("postgres", &statements).unwrap();
        let (scheme, rest) = fixture.database.url().split_once("://").unwrap();
        let (_, host) = rest.split_once('@').unwrap();
        let url = format!("{scheme}://linkpool_nodes:{}@{host}", PASSWORD.replace(' ', "%20"));
        Self { server: Server::new(&Secret::new(url)).unwrap(), ..fixture }
    }

    pub fn sql(&self, statements: &str) -> Vec<String> {
        self.database.server().run(self.database.name(), statements).unwrap()
    }

    /// In a node's database, as a superuser.
    pub fn sql_in(&self, node: &NodeDatabase, statements: &str) -> Vec<String> {
        self.database.server().run(node.name(), statements).unwrap()
    }

    /// Of a node that no other test has.
    pub fn node(&self) -> NodeDatabase {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("linkpool_node_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.server.node(&name, &Secret::new("0123456789abcdef0123456789abcdef")).unwrap()
    }
}
