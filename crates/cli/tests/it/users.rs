//! A database user for each role, made by docs/database-roles.sql as it stands.

use std::sync::{Mutex, PoisonError};

use linkpool_db::grants::USERS;
use linkpool_testkit::TestDatabase;

const FILE: &str = include_str!("../../../../docs/database-roles.sql");
const PASSWORD: &str = "of-a-test-and-worth-nothing";

static MAKING: Mutex<()> = Mutex::new(());

/// Users belong to the server that all tests share: who makes them makes them as they were.
pub struct Users {
    owner: reqwest::Url,
    nodes: String,
}

impl Users {
    /// Runs the file on a migrated database, and makes the nodes' database, as docs/operations.md says.
    pub fn of(database: &TestDatabase) -> Self {
        // One after the other: two that make the same user at once get in each other's way.
        let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let (server, name) = (database.server(), database.name());
        server.run(name, FILE).unwrap();
        for user in USERS {
            server.run(name, &format!("alter role {user} password '{PASSWORD}'")).unwrap();
        }
        let nodes = format!("{name}_nodes");
        server.run("postgres", &format!("create database {nodes} owner linkpool_fleet")).unwrap();
        Self { owner: database.url().parse().unwrap(), nodes }
    }

    /// The user of a role; of any other process the API's, which may only read.
    pub fn of_role(role: &str) -> &'static str {
        match role {
            "index" => "linkpool_indexer",
            "registrar" => "linkpool_registrar",
            "fleet" => "linkpool_fleet",
            "reporter" => "linkpool_reporter",
            "earnings" => "linkpool_earnings",
            _ => "linkpool_api",
        }
    }

    pub fn url(&self, user: &str) -> reqwest::Url {
        let mut url = self.owner.clone();
        url.set_username(user).unwrap();
        url.set_password(Some(PASSWORD)).unwrap();
        url
    }

    /// The database that holds a schema for each node.
    pub fn nodes_url(&self) -> reqwest::Url {
        let mut url = self.url("linkpool_fleet");
        url.set_path(&self.nodes);
        url
    }
}
