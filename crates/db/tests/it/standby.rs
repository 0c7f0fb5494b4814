//! A standby server takes no writes and no `LISTEN`. What only looks works there all the same.

use std::time::Duration;

use linkpool_db::{Connect, Database, deployment::Deployment, notice::Notice};
use linkpool_primitives::{Address, B256, BlockRef};
use linkpool_testkit::{Postgres, PostgresOptions, Tools};
use tokio::time::timeout;

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

fn deployment(number: u64) -> Deployment {
    let start = BlockRef { number, hash: B256::repeat_byte(1), timestamp: 1 };
    let (pool, token) = (Address::repeat_byte(2), Address::repeat_byte(3));
    Deployment { chain_id: 1, pool, token, start, unbonding_seconds: 1, vest_seconds: 1, max_fee_bps: 1, first_owner: None }
}

async fn connect(postgres: &Postgres) -> Database {
    Database::connect(&Connect::new(postgres.url("linkpool")).patient()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_read_looked_at_each_second_and_listened_to_once_it_is_the_primary() {
    let (tools, folder) = (Tools::find().unwrap(), tempfile::tempdir().unwrap());
    let options = PostgresOptions { data_dir: Some(folder.path().to_owned()), ..PostgresOptions::default() };
    let primary = Postgres::start(&tools, &options).await.unwrap();
    primary.create_database("linkpool").unwrap();
    let database = connect(&primary).await;
    database.migrate().await.unwrap();
    database.follow(&deployment(7)).await.unwrap();
    database.close().await;
    primary.stop().await;
    std::fs::write(folder.path().join("cluster/standby.signal"), "").unwrap();

    let standby = Postgres::start(&tools, &options).await.unwrap();
    assert_eq!(standby.run("linkpool", "select pg_is_in_recovery()").unwrap(), ["t"]);
    let database = connect(&standby).await;
    database.schema().await.unwrap().check().unwrap();
    assert_eq!(database.snapshot().await.unwrap().unwrap().cursor().block.number, 7);
    assert!(!database.may_record_verification().await.unwrap());
    let mut notices = database.notices().await.unwrap();
    assert_eq!(timeout(WAIT_TIMEOUT, notices.next()).await.unwrap().unwrap(), None);
    let mut wakes = database.wakes().await.unwrap();
    timeout(WAIT_TIMEOUT, wakes.next()).await.unwrap().unwrap();

    standby.run("postgres", "select pg_promote()").unwrap();
    let promoted = async { while notices.next().await.is_ok() {} };
    timeout(WAIT_TIMEOUT, promoted).await.expect("whoever looks is told to listen");
    let mut notices = database.notices().await.unwrap();
    connect(&standby).await.follow(&deployment(8)).await.unwrap();
    assert_eq!(timeout(WAIT_TIMEOUT, notices.next()).await.unwrap().unwrap(), Some(Notice::Rebuilt));
}
