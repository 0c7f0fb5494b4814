//! The schema's version: who migrates, who refuses, and what two who migrate at once do to each other.

use futures_util::future::join_all;
use linkpool_db::{Connect, Database, Error, schema::Schema};
use linkpool_testkit::TestDatabase;

async fn connect(test_database: &TestDatabase) -> Database {
    Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap()
}

/// Runs SQL as the owner and gives the first column.
fn run(test_database: &TestDatabase, sql: &str) -> Vec<String> {
    test_database.server().run(test_database.name(), sql).unwrap()
}

#[tokio::test]
async fn an_empty_database_is_older_a_migrated_one_fits_and_migrating_again_does_nothing() {
    let test_database = TestDatabase::create().await.unwrap();
    let database = connect(&test_database).await;
    let error = database.schema().await.unwrap().check().unwrap_err();
    assert!(matches!(error, Error::SchemaOlder { found: 0, .. }), "{error}");
    let applied = database.migrate().await.unwrap();
    assert_eq!(applied.last().unwrap().number, Schema::known());
    let schema = database.schema().await.unwrap();
    assert_eq!((schema.found, schema.known, schema.missing.as_slice()), (Schema::known(), Schema::known(), &[][..]));
    schema.check().unwrap();
    assert_eq!(database.migrate().await.unwrap(), []);
}

#[tokio::test]
async fn a_newer_schema_is_accepted_until_a_migration_asks_for_a_newer_executable() {
    let test_database = TestDatabase::create().await.unwrap();
    let database = connect(&test_database).await;
    database.migrate().await.unwrap();
    let newer = Schema::known() + 1;
    run(
        &test_database,
        &format!(
            "alter table node add column of_tomorrow text;
             insert into _sqlx_migrations (version, description, success, checksum, execution_time) values ({newer}, 'tomorrow', true, '', 0)"
        ),
    );
    let schema = database.schema().await.unwrap();
    assert_eq!(schema.found, newer);
    schema.check().unwrap();
    assert_eq!(database.migrate().await.unwrap(), [], "an older `linkpool migrate` has nothing to do and leaves all as it is");

    run(&test_database, &format!("update compatibility set needs = {newer}"));
    for refused in [database.schema().await.unwrap().check(), database.migrate().await.map(drop)] {
        let error = refused.unwrap_err();
        assert!(matches!(error, Error::SchemaNewer { .. }), "{error}");
        assert!(error.to_string().contains(&format!("schema {newer}")), "{error}");
    }
}

#[tokio::test]
async fn a_database_whose_migrations_had_another_text_is_refused_by_everybody() {
    let test_database = TestDatabase::create().await.unwrap();
    let database = connect(&test_database).await;
    database.migrate().await.unwrap();
    run(&test_database, "update _sqlx_migrations set checksum = 'other' where version in (2, 3)");
    for refused in [database.schema().await.unwrap().check(), database.migrate().await.map(drop)] {
        let error = refused.unwrap_err();
        assert!(matches!(error, Error::SchemaUnlike { number: 2 }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_migrate_at_once_apply_each_migration_once_and_all_succeed() {
    let test_database = TestDatabase::create().await.unwrap();
    let databases = join_all((0..8).map(|_| connect(&test_database))).await;
    let applied = join_all(databases.iter().map(Database::migrate)).await;
    let applied: Vec<usize> = applied.into_iter().map(|outcome| outcome.unwrap().len()).collect();
    let all = usize::try_from(Schema::known()).unwrap();
    assert_eq!(applied.iter().sum::<usize>(), all, "{applied:?}");
    assert!(applied.contains(&all), "one of them does everything: {applied:?}");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_database_as_it_was() {
    let test_database = TestDatabase::create().await.unwrap();
    let database = connect(&test_database).await;
    // In the way of a migration near the end.
    run(&test_database, "create table verification (mine text)");
    let error = database.migrate().await.unwrap_err();
    assert!(matches!(error, Error::Migrate(_)) && error.to_string().contains("verification"), "{error}");
    let tables = run(&test_database, "select tablename from pg_tables where schemaname = 'public'");
    assert_eq!(tables, ["verification"]);
    run(&test_database, "drop table verification");
    assert_eq!(database.migrate().await.unwrap().last().unwrap().number, Schema::known());
}

#[tokio::test]
async fn roles_that_are_connected_show_their_version() {
    let test_database = TestDatabase::create().await.unwrap();
    let database = connected(&test_database, Connect::new("").application).await;
    let _index = connected(&test_database, Connect::new("").role("index").application).await;
    // A role that was made for another schema.
    let _older = connected(&test_database, "linkpool api 0.0.9 schema 3".into()).await;
    let roles = database.connected_roles().await.unwrap();
    let found: Vec<(&str, &str, i64)> = roles.keys().map(|it| (it.role.as_str(), it.version.as_str(), it.schema)).collect();
    assert_eq!(found, [("api", "0.0.9", 3), ("index", env!("CARGO_PKG_VERSION"), Schema::known())]);
}

async fn connected(test_database: &TestDatabase, application: String) -> Database {
    let database = Database::connect(&Connect { application, ..Connect::new(test_database.url()).patient() }).await.unwrap();
    // Has its pool open a connection.
    database.clock().await.unwrap();
    database
}
