//! Two fleets.

use std::{sync::Arc, time::Duration};

use linkpool_db::{Connect, Database, fleet::Phase, lease::Leader};
use linkpool_fleet::{Error, FleetConfig, Provisioner, local::LocalBackend};
use linkpool_testkit::until_some;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Fixture, PATIENCE_TIME, passes, seal_key};

#[tokio::test(flavor = "multi_thread")]
async fn only_one_fleet_at_a_time_runs_the_nodes_of_a_directory() {
    let fixture = Fixture::set().await;
    let backend = || LocalBackend::new(fixture.usual()).unwrap();
    let (first, second) = (backend(), backend());
    first.open(&[]).await.unwrap();
    let refused = second.open(&[]).await;
    assert!(matches!(&refused, Err(error @ Error::DirectoryInUse { .. }) if error.is_transient()), "{refused:?}");
    first.close().await;
    second.open(&[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_waits_while_another_leads_and_takes_over_when_it_stops() {
    let fixture = Fixture::set().await;
    let mut other = Leader::new(fixture.database.clone(), "fleet", Duration::from_secs(60));
    assert!(other.hold().await.unwrap().is_some());
    let token = CancellationToken::new();
    let database = Database::connect(&Connect::new(&fixture.url).patient()).await.unwrap();
    let backend = Arc::new(LocalBackend::new(fixture.usual()).unwrap());
    let config = FleetConfig { tick: Duration::from_millis(50), ..FleetConfig::new(seal_key()) };
    let heartbeat = config.heartbeat.clone();
    let fleet = tokio::spawn(linkpool_fleet::run(config, database, backend, token.clone()));
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    // Had it acted in one of them, the node would have moved.
    passes(&heartbeat, 5).await;
    assert_eq!(heartbeat.read().leads, Some(false));
    assert_eq!(fixture.node(&id).await.phase, Phase::Requested);
    other.release().await.unwrap();
    fixture.phase(&id, Phase::Healthy).await;
    token.cancel();
    fleet.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_epoch_rises_with_each_new_holder_and_the_old_one_learns_of_it() {
    let fixture = Fixture::set().await;
    // Long enough for a busy machine; that of the second never ends here.
    let (term, long) = (Duration::from_secs(3), Duration::from_secs(60));
    let mut first = Leader::new(fixture.database.clone(), "test", term);
    let mut second = Leader::new(fixture.database.clone(), "test", long);
    let lease = first.hold().await.unwrap().unwrap();
    assert_eq!((lease.epoch, second.hold().await.unwrap()), (1, None));
    let taken = until_some("the end of the first's term", PATIENCE_TIME, async || second.hold().await.unwrap()).await;
    assert_eq!(taken.epoch, 2);
    assert_eq!(first.hold().await.unwrap(), None);
    second.release().await.unwrap();
    assert_eq!(first.hold().await.unwrap().unwrap().epoch, 3);
}
