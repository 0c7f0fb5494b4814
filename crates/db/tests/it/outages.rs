//! What databases do to their clients: fail over, change passwords, vanish in mid-write, set clocks back, hold locks.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::future::{Either, select};
use linkpool_db::{Connect, Database, Error, cursor::Tags, endpoint::EndpointReport, lease::Leader};
use linkpool_primitives::{EndpointState, IndexerState};
use linkpool_testkit::TestDatabase;
use sqlx::{Connection, PgConnection};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::read::followed;

/// For a busy machine.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const LEASE_DURATION: Duration = Duration::from_secs(3);
/// Longer than it takes to see that a write waits; the client gives up three seconds later than the server.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

fn tags(head: u64) -> Tags {
    Tags { head, safe: 0, finalized: 0 }
}

async fn admin(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

async fn run(connection: &mut PgConnection, statement: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

/// A road to the server that can go silent: what is under way stays under way, and nobody is told.
async fn tcp_proxy(url: &str) -> (String, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (here, there) = (listener.local_addr().unwrap(), url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned());
    let (silent, is_silent) = watch::channel(false);
    let beyond = there.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (beyond, mut is_silent) = (beyond.clone(), is_silent.clone());
            tokio::spawn(async move {
                let mut server = TcpStream::connect(beyond).await.unwrap();
                let silence = async { drop(is_silent.wait_for(|silent| *silent).await) };
                let talk = copy_bidirectional(&mut client, &mut server);
                // Silent, both ends stay open.
                if let Either::Right(_) = select(pin!(talk), pin!(silence)).await {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (url.replace(&there, &here.to_string()), silent)
}

#[tokio::test]
async fn a_connection_that_can_only_read_is_not_kept_when_the_server_can_write_again() {
    let (test_database, _database) = followed().await;
    let mut admin = admin(&test_database).await;
    let name = test_database.name();
    // Sessions that begin now stay read-only, as those do that were made to a primary which is one no more.
    run(&mut admin, format!("alter database {name} set default_transaction_read_only = on")).await;
    // One, which would come back again and again; then several, so that more than one is idle.
    let only = Connect { max_connections: 1, ..Connect::new(test_database.url()).patient() };
    let (only, database) =
        (Database::connect(&only).await.unwrap(), Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap());
    let error = only.set_tags(None, tags(6)).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("read-only"), "{error}");
    let refused = futures_util::future::join_all((0..4).map(|head| database.set_tags(None, tags(head)))).await;
    for refused in refused {
        let error = refused.unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("read-only"), "{error}");
    }
    run(&mut admin, format!("alter database {name} reset default_transaction_read_only")).await;
    only.set_tags(None, tags(6)).await.unwrap();
    let begin = Instant::now();
    // What comes back meanwhile may be the last of them.
    while let Err(error) = database.set_tags(None, tags(7)).await {
        assert!(begin.elapsed() < WAIT_TIMEOUT, "{error}");
        tokio::task::yield_now().await;
    }
    assert_eq!(database.cursor().await.unwrap().unwrap().tags.head, 7);
}

#[tokio::test]
async fn a_password_that_was_changed_is_read_again() {
    let (test_database, _database) = followed().await;
    let mut admin = admin(&test_database).await;
    let role = format!("rotated_{}", test_database.name());
    run(&mut admin, format!("create role {role} superuser login password 'first'")).await;
    let host = test_database.url().split('@').nth(1).unwrap().to_owned();
    let url = move |password: &str| format!("postgres://{role}:{password}@{host}");
    let current = Arc::new(Mutex::new(url("first")));
    let file = current.clone();
    let connect =
        Connect { reread: Some(Arc::new(move || Ok(file.lock().unwrap().clone()))), ..Connect::new(url("first")).patient() };
    let database = Database::connect(&connect).await.unwrap();
    database.set_tags(None, tags(1)).await.unwrap();
    let role = format!("rotated_{}", test_database.name());
    run(&mut admin, format!("alter role {role} password 'second'")).await;
    run(&mut admin, format!("select pg_terminate_backend(pid) from pg_stat_activity where usename = '{role}'")).await;
    *current.lock().unwrap() = url("second");
    let begin = Instant::now();
    while let Err(error) = database.set_tags(None, tags(2)).await {
        assert!(error.is_transient() && begin.elapsed() < WAIT_TIMEOUT, "{error}");
        tokio::task::yield_now().await;
    }
    database.snapshot().await.unwrap();
    tokio::time::timeout(WAIT_TIMEOUT, database.notices()).await.unwrap().unwrap();
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "nobody cancels the test")]
async fn a_server_that_vanishes_in_mid_write_holds_nobody_for_longer_than_the_deadline() {
    let (test_database, direct) = followed().await;
    let (url, silent) = tcp_proxy(test_database.url()).await;
    let connect = Connect { statement: STATEMENT_TIMEOUT, ..Connect::new(url).patient() };
    let database = Database::connect(&connect).await.unwrap();
    // On its way and not answered yet, because somebody holds the row.
    let mut holder = admin(&test_database).await;
    let mut held = holder.begin().await.unwrap();
    sqlx::query("select 1 from cursor for update").execute(&mut *held).await.unwrap();
    let writer = database.clone();
    let writing = tokio::spawn(async move { writer.set_tags(None, tags(2)).await });
    let waits = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let begin = Instant::now();
    while test_database.server().run(test_database.name(), waits).unwrap().is_empty() {
        assert!(begin.elapsed() < WAIT_TIMEOUT, "the write does not come");
        tokio::task::yield_now().await;
    }
    silent.send_replace(true);
    let begin = Instant::now();
    held.rollback().await.unwrap();
    let error = tokio::time::timeout(WAIT_TIMEOUT / 2, writing).await.expect("it is given up").unwrap().unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("did not answer within 8 s"),
        "{error} after {:?}",
        begin.elapsed()
    );
    silent.send_replace(false);
    // Every connection of the time before is dead. New ones are made, none is waited for.
    let begin = Instant::now();
    while let Err(error) = database.set_tags(None, tags(3)).await {
        assert!(begin.elapsed() < WAIT_TIMEOUT, "{error}");
        tokio::task::yield_now().await;
    }
    assert_eq!(direct.cursor().await.unwrap().unwrap().tags.head, 3);
}

#[tokio::test]
async fn a_lease_that_ends_further_away_than_its_length_was_taken_by_another_clock_and_counts_for_nothing() {
    let (test_database, database) = followed().await;
    let mut first = Leader::new(database.clone(), "outages", LEASE_DURATION);
    let mut second = Leader::new(database.clone(), "outages", LEASE_DURATION);
    let lease = first.hold().await.unwrap().unwrap();
    assert_eq!(second.hold().await.unwrap(), None);
    // The clock is set back by an hour.
    run(&mut admin(&test_database).await, "update lease set expires_at = expires_at + interval '1 hour'".into()).await;
    let taken = second.hold().await.unwrap().expect("an hour is nobody's term");
    assert!(taken.epoch > lease.epoch);
}

#[tokio::test]
async fn who_was_followed_by_another_writes_nothing_any_more_and_says_nothing() {
    let (test_database, database) = followed().await;
    let mut first = Leader::new(database.clone(), "indexer", LEASE_DURATION);
    let old = first.hold().await.unwrap().unwrap();
    let report = |state| EndpointReport { name: "main".into(), state, ..EndpointReport::default() };
    let say = async |lease, (state, answers), head| {
        database.set_state(Some(lease), state, None).await.unwrap();
        database.set_tags(Some(lease), tags(head)).await.unwrap();
        database.report_endpoints(Some(lease), &[report(answers)]).await.unwrap();
        let cursor = database.cursor().await.unwrap().unwrap();
        let endpoint = database.endpoints().await.unwrap().pop().map(|row| row.state);
        (cursor.state, cursor.tags.head, endpoint)
    };
    let (stands, goes_on) = ((IndexerState::Stalled, EndpointState::Lagging), (IndexerState::Ok, EndpointState::Ok));
    assert_eq!(say(&old, stands, 5).await, (stands.0, 5, Some(stands.1)));
    run(&mut admin(&test_database).await, "update lease set expires_at = now() - interval '1 second'".into()).await;
    let new = Leader::new(database.clone(), "indexer", LEASE_DURATION).hold().await.unwrap().unwrap();
    assert_eq!(say(&new, goes_on, 9).await, (goes_on.0, 9, Some(goes_on.1)));
    assert_eq!(say(&old, stands, 6).await, (goes_on.0, 9, Some(goes_on.1)));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "nobody cancels the test")]
async fn giving_a_lease_up_waits_for_nobody_who_holds_its_row() {
    let (test_database, database) = followed().await;
    let mut leader = Leader::new(database.clone(), "held", LEASE_DURATION);
    leader.hold().await.unwrap().unwrap();
    let mut holder = admin(&test_database).await;
    let mut held = holder.begin().await.unwrap();
    sqlx::query("select 1 from lease for update").execute(&mut *held).await.unwrap();
    tokio::time::timeout(WAIT_TIMEOUT, leader.release()).await.expect("it ends").unwrap();
    held.rollback().await.unwrap();
}

#[tokio::test]
async fn every_failure_but_a_wrong_statement_may_pass() {
    let (_test_database, database) = followed().await;
    let (test_database, url) = (&_test_database, _test_database.url());
    let mut admin = admin(test_database).await;
    let nowhere = Database::connect(&Connect::new(url.replace("127.0.0.1", "127.0.0.254"))).await.unwrap_err();
    assert!(nowhere.is_transient(), "{nowhere}");
    let wrong = Database::connect(&Connect::new("mysql://a")).await.unwrap_err();
    assert!(!wrong.is_transient(), "{wrong}");
    run(&mut admin, "alter view readable_block rename to readable_block_gone".into()).await;
    let missing = database.cursor().await.unwrap_err();
    assert!(!missing.is_transient() && matches!(missing, Error::Query(_)), "{missing}");
}
