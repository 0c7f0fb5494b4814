//! What a registrar costs that has nothing to do, counted by blocks and looks and not by the clock; and that it misses nothing then.

use std::time::{Duration, Instant};

use linkpool_chain::{Chain, Endpoint};
use linkpool_db::tx::{NewTransactionRequest, NonceState, TransactionFilter};
use linkpool_registrar::RegistrarConfig;
use linkpool_testkit::Proxy;
use linkpool_tx_manager::{FailPoints, Sender, TransactionConfig, TransactionKind};

use crate::fixture::{Fixture, WAIT_TIMEOUT, signer};

/// Looks at the chain in which nothing has changed, after each block.
const LOOKS: u64 = 10;
const BLOCKS: u64 = 4;

fn polling(fixture: &Fixture, poll_interval: Duration) -> RegistrarConfig {
    let config = fixture.config();
    RegistrarConfig { transactions: TransactionConfig { poll_interval, ..config.transactions.clone() }, ..config }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "it did not come: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_to_do_a_look_is_one_call_and_a_block_no_turn() {
    let fixture = Fixture::set().await;
    let proxy = Proxy::start(fixture.port()).await.unwrap();
    let chain = Chain::connect(&Endpoint::new(proxy.http_url()).unwrap().patient(), None).await.unwrap();
    let config = polling(&fixture, Duration::from_millis(5));
    let registrar = fixture.registrar_through(chain, config, FailPoints::default()).await;
    let looks = || proxy.calls("eth_getBlockByNumber");
    let ticks = || proxy.calls("eth_getTransactionCount");
    // What a start takes is over.
    until("a turn", || ticks() > 0).await;
    let begun = looks();
    until("looks", || looks() >= begun + LOOKS).await;

    let (before, calls_before, looks_before) = (ticks(), proxy.counted().1, looks());
    for _ in 0..BLOCKS {
        let looked = looks();
        fixture.chain.mine(1).await.unwrap();
        until("looks", || looks() >= looked + LOOKS).await;
    }
    let ticks = ticks() - before;
    assert_eq!(ticks, 0, "turns for {BLOCKS} blocks");
    let others = proxy.counted().1 - calls_before - (looks() - looks_before);
    assert!(others <= BLOCKS, "{others} calls beside the looks, for {BLOCKS} blocks");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_in_is_sent_at_once_though_the_next_look_is_an_hour_away() {
    let fixture = Fixture::set().await;
    let proxy = Proxy::start(fixture.port()).await.unwrap();
    let chain = Chain::connect(&Endpoint::new(proxy.http_url()).unwrap().patient(), None).await.unwrap();
    let config = polling(&fixture, Duration::from_secs(3_600));
    let registrar = fixture.registrar_through(chain, config, FailPoints::default()).await;
    until("the first turn", || proxy.calls("eth_getTransactionCount") > 0).await;
    let sender =
        Sender::new(TransactionConfig::default(), fixture.database.clone(), fixture.chain.clone(), std::sync::Arc::new(signer()));
    for number in 0..3 {
        let payment = NewTransactionRequest::ether(TransactionKind::Fund, fixture.accounts.holders[0], 1, u128::MAX);
        let id = sender.submit(&format!("payment {number}"), &payment).await.unwrap();
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let sent =
                fixture.database.transactions(&TransactionFilter { limit: 10, ..TransactionFilter::default() }).await.unwrap();
            if sent.iter().any(|it| it.id == id && it.nonce_state == Some(NonceState::Sent)) {
                break;
            }
            assert!(Instant::now() < deadline, "it is not sent: {sent:#?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    registrar.stop().await;
}
