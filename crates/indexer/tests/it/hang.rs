//! A write that does not end: said while it lasts, not only when it is given up.

use std::time::{Duration, Instant};

use linkpool_db::{Connect, Database};
use linkpool_indexer::Standing;
use linkpool_primitives::IndexerState;
use linkpool_testkit::{
    tcp_proxy::{Commit, TcpProxy},
    until,
};

use crate::fixture::Fixture;

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const HEAD_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// It is given up three seconds later than this, and said after ten.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_does_not_end_is_told_while_it_lasts_and_the_next_one_says_that_all_is_well() {
    let fixture = Fixture::set().await;
    let port = fixture.url.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap();
    let tcp_proxy = TcpProxy::to(port.parse().unwrap()).await.unwrap();
    let connect = Connect {
        statement: STATEMENT_TIMEOUT,
        ..Connect::new(fixture.url.replace(port, &tcp_proxy.port().to_string())).patient()
    };
    let (database, standing) = (Database::connect(&connect).await.unwrap(), Standing::default());
    let running = fixture.index_with(fixture.chain.clone(), database, HEAD_POLL_INTERVAL, standing.clone()).await;
    fixture.caught_up().await;
    assert_eq!((standing.trouble(), standing.lease().is_some()), (None, true));

    tcp_proxy.silence_at(Commit::Lost);
    fixture.stake(0, 1).await;
    tcp_proxy.silent().await;
    // The server is there again at once, but not for what was on its way.
    tcp_proxy.abandon();
    let begin = Instant::now();
    let cursor = async || fixture.database.cursor().await.unwrap().unwrap();
    until("its state", WAIT_TIMEOUT, async || cursor().await.state == IndexerState::CannotWrite).await;
    let lasted = begin.elapsed();
    assert!(lasted < STATEMENT_TIMEOUT + Duration::from_secs(3), "said after {lasted:?}: it was given up by then");
    let (told, detail) = (standing.trouble().unwrap(), cursor().await.state_detail.unwrap());
    for sentence in [told, detail] {
        assert!(
            sentence.starts_with("the database can't be written for 1") && sentence.contains("a write does not end"),
            "{sentence}"
        );
    }
    fixture.assert_equal().await;
    until("the end of it", WAIT_TIMEOUT, async || standing.trouble().is_none() && cursor().await.state == IndexerState::Ok).await;
    running.stop().await.unwrap();
}
