use linkpool_testkit::{Postgres, PostgresOptions, Tools};
use rustix::process::Signal;

#[tokio::test]
async fn what_was_committed_is_on_the_standby_when_the_primary_crashes_and_it_can_have_a_standby_of_its_own() {
    let tools = Tools::find().unwrap();
    let primary = Postgres::start(&tools, &PostgresOptions::default()).await.unwrap();
    primary.create_database("linkpool").unwrap();
    primary.run("linkpool", "create table kept (n int)").unwrap();
    let standby = primary.standby(&tools).await.unwrap();
    primary.run("linkpool", "insert into kept values (7)").unwrap();
    primary.process().end_now(Signal::QUIT);
    assert!(standby.run("linkpool", "insert into kept values (8)").unwrap_err().to_string().contains("read-only"));
    standby.promote().unwrap();
    assert_eq!(standby.run("linkpool", "select n from kept").unwrap(), ["7"]);
    standby.run("linkpool", "insert into kept values (8)").unwrap();
    let next = standby.standby(&tools).await.unwrap();
    assert_eq!(next.run("linkpool", "select n from kept order by n").unwrap(), ["7", "8"]);
}
