use std::time::{Duration, Instant};

use linkpool_testkit::{Postgres, PostgresOptions, RunAs, TestDatabase, Tools};

/// A dropped database goes in the background, once its last connection has.
const DROP_TIMEOUT: Duration = Duration::from_secs(90);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (first, second) = (TestDatabase::create().await.unwrap(), TestDatabase::create().await.unwrap());
    assert_ne!(first.url(), second.url());
    first.server().run(first.name(), "create table only_here (n int)").unwrap();
    let refused = second.server().run(second.name(), "select * from only_here").unwrap_err().to_string();
    assert_eq!(refused, "Postgres refused: relation \"only_here\" does not exist");
    let name = first.name().to_owned();
    let server = first.server();
    drop(first);
    let deadline = Instant::now() + DROP_TIMEOUT;
    while !server.run("postgres", &format!("select 1 from pg_database where datname = '{name}'")).unwrap().is_empty() {
        assert!(Instant::now() < deadline, "the database is not dropped");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

#[tokio::test]
async fn what_is_prepared_is_made_once_and_each_test_has_a_copy() {
    let prepare = async |url: String| {
        let name = url.split_once("127.0.0.1:").unwrap().1.split(['/', '?']).nth(1).unwrap().to_owned();
        let empty = TestDatabase::create().await.unwrap();
        empty.server().run(&name, "create table prepared (n int)").unwrap();
    };
    let first = TestDatabase::prepared(prepare).await.unwrap();
    let again = async |_: String| panic!("it is prepared a second time");
    let second = TestDatabase::prepared(again).await.unwrap();
    first.server().run(first.name(), "insert into prepared values (1)").unwrap();
    let count = |database: &TestDatabase| database.server().run(database.name(), "select count(*) from prepared").unwrap();
    assert_eq!((count(&first), count(&second)), (vec!["1".to_owned()], vec!["0".to_owned()]));
}

#[tokio::test]
async fn a_database_survives_a_restart_with_the_same_password() {
    let tools = Tools::find().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = PostgresOptions { data_dir: Some(folder.path().join("database")), durable: true, ..Default::default() };
    let server = Postgres::start(&tools, &options).await.unwrap();
    let password = password_of(&server.create_database("linkpool").unwrap());
    server.run("linkpool", "create table kept (n int); insert into kept values (7)").unwrap();
    server.stop().await;

    let server = Postgres::start(&tools, &options).await.unwrap();
    assert_eq!(password_of(&server.create_database("linkpool").unwrap()), password);
    assert_eq!(server.run("linkpool", "select n from kept").unwrap(), ["7"]);
    assert_eq!(server.run("linkpool", "show fsync").unwrap(), ["on"]);
}

#[tokio::test]
async fn a_killed_initdb_is_not_mistaken_for_a_cluster() {
    let tools = Tools::find().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("cluster.partial/base")).unwrap();
    std::fs::write(folder.path().join("cluster.partial/PG_VERSION"), "18\n").unwrap();
    let options = PostgresOptions { data_dir: Some(folder.path().to_owned()), ..Default::default() };
    let server = Postgres::start(&tools, &options).await.unwrap();
    assert_eq!(server.run("postgres", "select 1").unwrap(), ["1"]);
}

#[tokio::test]
async fn a_cluster_of_another_version_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("cluster")).unwrap();
    std::fs::write(folder.path().join("cluster/PG_VERSION"), "15\n").unwrap();
    let options = PostgresOptions { data_dir: Some(folder.path().to_owned()), ..Default::default() };
    let refused = Postgres::start(&Tools::find().unwrap(), &options).await.unwrap_err().to_string();
    assert!(refused.ends_with("was made by Postgres 15, but this is 18: move it away to start afresh"), "{refused}");
}

#[tokio::test]
async fn root_can_run_it_as_nobody_where_namespaces_are_forbidden() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Closed to everybody else, like a clone in root's home.
    let options =
        PostgresOptions { data_dir: Some(folder.path().join("database")), run_as: Some(RunAs::Nobody), ..Default::default() };
    let server = Postgres::start(&Tools::find().unwrap(), &options).await.unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process().pid())).unwrap();
    assert!(status.contains("Uid:\t65534\t"), "{status}");
    assert_eq!(server.run("postgres", "select 1").unwrap(), ["1"]);
    let home = server.run("postgres", "show data_directory").unwrap();
    server.stop().await;
    let home = std::path::Path::new(&home[0]).parent().unwrap();
    assert!(home.starts_with("/var/lib/linkpool"));
    std::fs::remove_dir_all(home).unwrap();
}

fn password_of(url: &str) -> String {
    url.split([':', '@']).nth(2).unwrap().to_owned()
}
