//! Every way in which an RPC endpoint is known to fail or lie, before a real chain: nothing is missed, nothing is twice, and who
//! lied is named.

use std::time::Duration;

use linkpool_chain::{Chain, Endpoint, Policy};
use linkpool_primitives::IndexerState;
use linkpool_testkit::{Anvil, AnvilOptions, Fault, Proxy, Rule, Tools, When};

use crate::fixture::{Fixture, Running};

const HONEST: &str = "honest";
const LIAR: &str = "liar";
const WAIT_TIMEOUT: Duration = Duration::from_secs(90);

/// A chain with a history, seen through an endpoint that misbehaves (asked first) and, where there is one, through another.
struct HostileFixture {
    fixture: Fixture,
    liar: Proxy,
    honest: Option<Proxy>,
}

impl HostileFixture {
    async fn alone() -> Self {
        let fixture = Fixture::set().await;
        for round in 0..6 {
            fixture.stake(round % 3, 100).await;
            fixture.reward(1).await;
        }
        // Older than finality, so that the faults meet a backfill too.
        fixture.chain.mine(40).await.unwrap();
        fixture.stake(0, 7).await;
        let liar = Proxy::seeded(fixture.anvil.port(), 1).await.unwrap();
        Self { fixture, liar, honest: None }
    }

    async fn beside_an_honest_one() -> Self {
        let hostile = Self::alone().await;
        let honest = Proxy::start(hostile.fixture.anvil.port()).await.unwrap();
        // The faster of two healthy endpoints is asked first: that shall be the liar.
        honest.set(Fault::Latency(Duration::from_millis(100)));
        Self { honest: Some(honest), ..hostile }
    }

    async fn index(&self) -> Running {
        let endpoint = |name: &str, proxy: &Proxy| {
            let endpoint = Endpoint::named(name, proxy.http_url()).unwrap();
            Endpoint { timeout: Duration::from_millis(500), ..endpoint }
        };
        let mut endpoints = vec![endpoint(LIAR, &self.liar)];
        endpoints.extend(self.honest.as_ref().map(|honest| endpoint(HONEST, honest)));
        let chain = Chain::connect_all(&endpoints, Some(self.fixture.chain.chain_id()), Policy::default()).await.unwrap();
        self.fixture.index_through(chain).await
    }

    /// The tip comes along while the faults are in force, or, where nothing can, after they end.
    async fn play(&self) {
        for round in 0..5 {
            self.fixture.stake(round % 3, 5).await;
            self.fixture.unbond(0, 1).await;
        }
    }

    async fn named(&self, name: &str) -> u64 {
        let rows = self.fixture.database.endpoints().await.unwrap();
        rows.iter().find(|row| row.name == name).map_or(0, |row| row.contradictions.unsigned_abs())
    }

    async fn until_named(&self) {
        let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
        while self.named(LIAR).await == 0 {
            let rows = self.fixture.database.endpoints().await.unwrap();
            assert!(tokio::time::Instant::now() < deadline, "the liar is not named: {rows:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.named(HONEST).await, 0, "an honest endpoint is named");
    }
}

/// Beside an honest endpoint the database is right although the fault lasts.
async fn is_right_beside_an_honest_endpoint(rules: impl IntoIterator<Item = Rule>) -> (HostileFixture, Running) {
    let hostile = HostileFixture::beside_an_honest_one().await;
    rules.into_iter().for_each(|rule| hostile.liar.set(rule));
    let indexer = hostile.index().await;
    hostile.play().await;
    hostile.fixture.assert_equal().await;
    assert!(hostile.liar.struck() > 0, "the fault was never met");
    (hostile, indexer)
}

/// Alone with the endpoint nothing is written that is wrong, and all is there once the fault ends.
async fn is_right_when_the_fault_ends(rule: impl Into<Rule>) {
    let hostile = HostileFixture::alone().await;
    let indexer = hostile.index().await;
    hostile.liar.set(rule);
    hostile.play().await;
    let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
    while hostile.liar.struck() < 3 {
        assert!(tokio::time::Instant::now() < deadline, "the fault was never met");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    hostile.liar.clear();
    hostile.fixture.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_backend_that_lags_and_finds_nothing_in_blocks_it_lacks_costs_no_log() {
    let (_fixture, indexer) = is_right_beside_an_honest_endpoint([Fault::LagsBehind(4).into()]).await;
    indexer.stop().await.unwrap();
    is_right_when_the_fault_ends(Fault::LagsBehind(4)).await;
    // Behind one address: the head comes from one backend, the logs from another that lacks the newest blocks.
    let (_fixture, indexer) = is_right_beside_an_honest_endpoint([Fault::LagsBehind(4).on("eth_getLogs")]).await;
    indexer.stop().await.unwrap();
    is_right_when_the_fault_ends(Fault::LagsBehind(4).on("eth_getLogs")).await;
}

#[tokio::test]
async fn a_head_that_stays_where_it_was_is_no_reorg() {
    let (hostile, indexer) = is_right_beside_an_honest_endpoint([Fault::StaleHead(20).into()]).await;
    indexer.stop().await.unwrap();
    assert_eq!(hostile.fixture.database.cursor().await.unwrap().unwrap().state, IndexerState::Ok);
}

#[tokio::test]
async fn empty_answers_to_blocks_with_logs_are_found_out() {
    let (hostile, indexer) = is_right_beside_an_honest_endpoint([Fault::EmptyLogs.on("eth_getLogs")]).await;
    hostile.until_named().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_log_that_is_left_out_is_found_out_and_who_left_it_out_is_named() {
    let (hostile, indexer) = is_right_beside_an_honest_endpoint([Fault::LosesLogs { one_in: 3 }.on("eth_getLogs")]).await;
    hostile.until_named().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn logs_marked_as_removed_are_not_taken() {
    let (hostile, indexer) = is_right_beside_an_honest_endpoint([Fault::RemovedLogs.on("eth_getLogs")]).await;
    hostile.until_named().await;
    indexer.stop().await.unwrap();
    is_right_when_the_fault_ends(Fault::RemovedLogs.on("eth_getLogs")).await;
}

#[tokio::test]
async fn logs_out_of_order_and_logs_given_twice_are_not_taken() {
    let rules = [Fault::ShuffledLogs.on("eth_getLogs").when(When::Every(2)), Fault::DuplicatedLogs.on("eth_getLogs")];
    let (hostile, indexer) = is_right_beside_an_honest_endpoint(rules).await;
    hostile.until_named().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn too_many_results_under_the_code_of_a_rate_limit_split_the_range() {
    let hostile = HostileFixture::alone().await;
    hostile.liar.set(Fault::LogCap(4).on("eth_getLogs"));
    let indexer = hostile.index().await;
    hostile.play().await;
    hostile.fixture.assert_equal().await;
    assert!(hostile.liar.struck() > 0);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_rate_limit_in_words_or_as_a_status_is_waited_for() {
    is_right_when_the_fault_ends(Fault::rate_limited()).await;
    is_right_when_the_fault_ends(Fault::Status(429)).await;
}

#[tokio::test]
async fn half_an_answer_or_a_page_or_no_answer_at_all_is_asked_for_again() {
    for fault in [Fault::Truncated, Fault::Malformed, Fault::TimeoutAfter, Fault::CloseBefore, Fault::Status(502)] {
        is_right_when_the_fault_ends(fault.when(When::Every(2))).await;
    }
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_not_asked() {
    let hostile = HostileFixture::beside_an_honest_one().await;
    hostile.liar.set(Fault::ChainId(5));
    let indexer = hostile.index().await;
    hostile.play().await;
    hostile.fixture.assert_equal().await;
    assert_eq!(hostile.liar.calls("eth_getLogs"), 0);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn logs_without_the_time_of_their_block_get_it_from_the_header() {
    let (_fixture, indexer) = is_right_beside_an_honest_endpoint([Fault::TimelessLogs.on("eth_getLogs")]).await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_backend_on_another_branch_changes_nothing_that_is_final_and_nothing_for_long() {
    let hostile = HostileFixture::beside_an_honest_one().await;
    let other = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
    other.request("anvil_mine", serde_json::json!(["0x60"])).await.unwrap();
    // One answer in three comes from a chain that has nothing in common with ours.
    hostile.liar.set(Fault::Fork(other.port()).when(When::Every(3)));
    let indexer = hostile.index().await;
    hostile.play().await;
    hostile.fixture.assert_equal().await;
    indexer.stop().await.unwrap();
}
