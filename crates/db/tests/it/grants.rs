//! `docs/database-roles.sql`: run as it stands, it gives each user what its role writes and nothing else.

use std::collections::BTreeSet;

use linkpool_db::{
    Connect, Database, Error,
    grants::{READERS, USERS, rights_of},
};
use linkpool_testkit::{Postgres, PostgresOptions, Tools};

const FILE: &str = include_str!("../../../../docs/database-roles.sql");

/// What only the indexer may write: the tables of migration 0001, and those that are made from them.
const FOLLOWED: [&str; 18] = [
    "deployment",
    "cursor",
    "block",
    "event",
    "node",
    "position",
    "ticket",
    "pool",
    "dead_letter",
    "role",
    "penalty_slot",
    "statistic",
    "staker",
    "node_history",
    "pool_history",
    "past_block",
    "revision",
    "verification",
];
const PASSWORD: &str = "of-a-test";

/// A server of its own, because users belong to the whole server.
pub struct Server {
    pub postgres: Postgres,
    pub owner: String,
}

impl Server {
    /// With a migrated database, and the file run after it.
    pub async fn start() -> Self {
        let server = Self::without_users().await;
        server.owner().await.migrate().await.unwrap();
        server.run(FILE);
        server.let_in(&USERS);
        server
    }

    async fn without_users() -> Self {
        let postgres = Postgres::start(&Tools::find().unwrap(), &PostgresOptions::default()).await.unwrap();
        let owner = postgres.create_database("linkpool").unwrap();
        Self { postgres, owner }
    }

    pub fn run(&self, sql: &str) -> Vec<String> {
        self.postgres.run("linkpool", sql).unwrap()
    }

    fn let_in(&self, users: &[&str]) {
        for user in users {
            self.run(&format!("alter role {user} password '{PASSWORD}'"));
        }
    }

    pub async fn owner(&self) -> Database {
        Database::connect(&Connect::new(&self.owner).patient()).await.unwrap()
    }

    async fn user(&self, user: &str) -> Database {
        let (_, place) = self.owner.split_once('@').unwrap();
        Database::connect(&Connect::new(format!("postgres://{user}:{PASSWORD}@{place}")).patient()).await.unwrap()
    }

    /// Every right that a user has on tables of ours.
    fn held(&self, user: &str) -> BTreeSet<String> {
        let rights = "select p || ' on ' || c.relname from pg_class c, unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) p
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p') and has_table_privilege";
        let functions = "select 'execute on ' || p.proname || '()' from pg_proc p
            where p.pronamespace = 'public'::regnamespace and prosecdef and has_function_privilege";
        let mut held = self.run(&format!("{rights}('{user}', c.oid, p)"));
        held.extend(self.run(&format!("{functions}('{user}', p.oid, 'execute')")));
        held.into_iter().collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_user_has_what_the_file_says_and_no_more_and_every_table_stands_in_it() {
    let server = Server::start().await;
    let tables = server
        .run("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'p')");
    for user in USERS {
        let expected: BTreeSet<String> = rights_of(user).iter().map(ToString::to_string).collect();
        assert_eq!(server.held(user), expected, "{user}");
        let database = server.user(user).await;
        assert_eq!(database.missing_rights(user).await.unwrap(), []);
        assert_eq!(database.acts_as().await.unwrap(), [user]);
        database.schema().await.unwrap().check().unwrap();
    }
    for user in READERS {
        let expected: BTreeSet<String> = rights_of(user).iter().map(ToString::to_string).collect();
        assert_eq!(server.held(user), expected, "{user}");
    }
    let named: BTreeSet<String> =
        USERS.iter().chain(&READERS).flat_map(|user| rights_of(user)).map(|right| right.object).collect();
    let forgotten: Vec<_> = tables.iter().filter(|table| !named.contains(*table)).collect();
    assert!(forgotten.is_empty(), "say in docs/database-roles.sql who reads and writes {forgotten:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_indexer_writes_what_the_chain_says_the_api_writes_nothing_and_logins_are_read_by_who_logs_in() {
    let server = Server::start().await;
    let writes = |user: &str| -> BTreeSet<String> {
        server.held(user).into_iter().filter(|right| !right.starts_with("select ")).collect()
    };
    assert_eq!(writes("linkpool_api"), BTreeSet::new());
    for user in USERS.iter().filter(|user| **user != "linkpool_indexer") {
        let writes = writes(user);
        let wrong: Vec<_> =
            FOLLOWED.iter().filter(|table| writes.iter().any(|right| right.ends_with(&format!(" on {table}")))).collect();
        assert!(wrong.is_empty(), "{user} may write {wrong:?}");
    }
    // Not the rights alone: the statements.
    let refused = |user: &str, sql: &str| {
        let said = server.postgres.run("linkpool", &format!("set role {user}; {sql}")).unwrap_err().to_string();
        assert!(said.contains("permission denied"), "{user}: {sql}: {said}");
    };
    let tables = server.run("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'");
    assert!(tables.len() > 30, "{tables:?}");
    for table in &tables {
        for sql in [
            format!("delete from {table}"),
            format!("truncate {table}"),
            format!("insert into {table} default values"),
            format!("drop table {table}"),
        ] {
            let said = server.postgres.run("linkpool", &format!("set role linkpool_api; {sql}")).unwrap_err().to_string();
            assert!(said.contains("permission denied") || said.contains("must be owner"), "{sql}: {said}");
        }
    }
    for sql in [
        "create table mine (a int)",
        "create temporary table mine (a int)",
        "select defer_indexes()",
        "select build_indexes()",
        "select rebuild_history()",
    ] {
        refused("linkpool_api", sql);
    }
    for user in USERS.iter().filter(|user| **user != "linkpool_fleet") {
        refused(user, "select from fleet_secret");
        refused(user, "update fleet_secret set sealed = ''");
        refused(user, "select from job_set_content");
    }
    for user in USERS.iter().filter(|user| !["linkpool_fleet", "linkpool_registrar"].contains(user)) {
        refused(user, "select from registrar_secret");
    }
    refused("linkpool_registrar", "update registrar_secret set sealed = ''");
    refused("linkpool_registrar", "update node set status = 3");
    refused("linkpool_fleet", "update cursor set block_number = 0");
    refused("linkpool_fleet", "insert into transaction_request default values");
    refused("linkpool_reporter", "update fleet_node set wallet = null");
    refused("linkpool_indexer", "update fleet_node set wallet = null");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_lacks_is_listed_and_a_statement_it_may_not_make_says_so() {
    let server = Server::start().await;
    server.run(
        "revoke insert on fleet_event from linkpool_fleet; revoke execute on function defer_indexes() from linkpool_indexer",
    );
    let fleet = server.user("linkpool_fleet").await;
    let missing: Vec<String> = fleet.missing_rights("linkpool_fleet").await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(missing, ["insert on fleet_event"]);
    let missing = server.user("linkpool_indexer").await.missing_rights("linkpool_indexer").await.unwrap();
    assert_eq!(missing.iter().map(ToString::to_string).collect::<Vec<_>>(), ["execute on defer_indexes()"]);
    let error = server.user("linkpool_api").await.cancel_queued(1, "a test").await.unwrap_err();
    assert!(matches!(error, Error::Denied(_)) && error.to_string().contains("docs/database-roles.sql"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_gives_the_users_that_exist_their_rights_on_what_it_made() {
    let server = Server::without_users().await;
    let some = ["linkpool_api", "linkpool_registrar"];
    some.iter().for_each(|user| drop(server.run(&format!("create role {user} login"))));
    server.let_in(&some);
    server.owner().await.migrate().await.unwrap();
    for user in some {
        assert_eq!(server.user(user).await.missing_rights(user).await.unwrap(), [], "{user}");
    }
    assert_eq!(server.owner().await.acts_as().await.unwrap(), Vec::<String>::new(), "a superuser is himself");
}
