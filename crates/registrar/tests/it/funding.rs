//! Ether for the nodes' wallets.

use std::time::Duration;

use linkpool_db::fleet::{FundingPerDay, Phase};
use linkpool_primitives::Address;
use linkpool_registrar::{Funding, RegistrarConfig};
use linkpool_tx_manager::{FailPoints, failpoint};

use crate::fixture::{Fixture, WAIT_TIMEOUT};

const MILLIETHER: u128 = 1_000_000_000_000_000;

/// Wallets begin with 50 thousandths of an ether and are filled up to that below 20.
fn funding() -> Funding {
    Funding {
        initial_wei: 50 * MILLIETHER,
        top_up_below_wei: 20 * MILLIETHER,
        top_up_to_wei: 50 * MILLIETHER,
        wallet_payments_per_day: 100,
        pause: Duration::ZERO,
        ..Funding::default()
    }
}

fn config(fixture: &Fixture, funding: Funding) -> RegistrarConfig {
    RegistrarConfig { funding, funding_interval: Duration::from_millis(50), ..fixture.config() }
}

async fn balance(fixture: &Fixture, id: &str) -> u128 {
    fixture.chain.balance(fixture.row(id).await.wallet.unwrap()).await.unwrap()
}

/// As if the node had spent it on gas, after everything before is final.
async fn spend(fixture: &Fixture, id: &str, left_wei: u128) {
    fixture.chain.mine(4).await.unwrap();
    fixture.chain.set_balance(fixture.row(id).await.wallet.unwrap(), left_wei).await.unwrap();
}

async fn until_balance(fixture: &Fixture, id: &str, wei: u128) {
    let deadline = std::time::Instant::now() + WAIT_TIMEOUT;
    while balance(fixture, id).await != wei {
        assert!(std::time::Instant::now() < deadline, "the balance stays at {}", balance(fixture, id).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_runs_low_is_filled_up_again_and_again_and_each_time_once() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    // Two at once, without a lease: both see the same low balance.
    let registrars = [
        fixture.registrar_with(config(&fixture, funding()), Default::default()).await,
        fixture.registrar_with(config(&fixture, funding()), Default::default()).await,
    ];
    fixture.phase(&node.id, Phase::Open).await;
    for round in 1..=3 {
        spend(&fixture, &node.id, 7 * MILLIETHER).await;
        until_balance(&fixture, &node.id, 50 * MILLIETHER).await;
        assert_eq!(fixture.sent().await, 2 + round, "a wallet was paid twice");
    }
    for registrar in registrars {
        registrar.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_of_a_payment_it_pays_once() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let registrar = fixture.registrar_with(config(&fixture, funding()), Default::default()).await;
    fixture.phase(&node.id, Phase::Open).await;
    registrar.stop().await;
    let points =
        [failpoint::RESERVED, failpoint::SIGNED, failpoint::COMMITTED, failpoint::SENT, failpoint::SEEN, failpoint::MINED];
    for (round, point) in (1..).zip(points) {
        spend(&fixture, &node.id, MILLIETHER).await;
        let registrar = fixture.registrar_with(config(&fixture, funding()), FailPoints::once(point)).await;
        registrar.stopped_at(point).await;
        let registrar = fixture.registrar_with(config(&fixture, funding()), Default::default()).await;
        until_balance(&fixture, &node.id, 50 * MILLIETHER).await;
        registrar.stop().await;
        assert_eq!(fixture.sent().await, 2 + round, "{point:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cap_of_a_day_holds_over_new_wallets_and_low_ones_together() {
    let fixture = Fixture::set().await;
    // Enough for one new wallet and one filling, not for a second filling.
    let bounded = Funding { daily_cap_wei: Some(95 * MILLIETHER), ..funding() };
    let node = fixture.node("").await;
    let registrar = fixture.registrar_with(config(&fixture, bounded), Default::default()).await;
    fixture.phase(&node.id, Phase::Open).await;
    spend(&fixture, &node.id, 10 * MILLIETHER).await;
    until_balance(&fixture, &node.id, 50 * MILLIETHER).await;
    spend(&fixture, &node.id, 10 * MILLIETHER).await;
    let deadline = std::time::Instant::now() + WAIT_TIMEOUT;
    loop {
        let events = fixture.database.fleet_events(&[(node.id.clone(), 0)]).await.unwrap();
        let capped = events.iter().filter(|event| event.detail.to_string().contains("has reached its cap")).count();
        if capped == 1 {
            break;
        }
        assert!(capped == 0 && std::time::Instant::now() < deadline, "{events:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((balance(&fixture, &node.id).await, fixture.sent().await), (10 * MILLIETHER, 3));
    registrar.stop().await;
}

#[test]
fn the_defaults_are_what_the_documentation_says() {
    let funding = Funding::default();
    let shown = [funding.initial_wei, funding.top_up_below_wei, funding.top_up_to_wei];
    assert_eq!(shown.map(|wei| wei / MILLIETHER), [50, 20, 50]);
    let work = FundingPerDay::Work { new_wallets_wei: 2_500 * MILLIETHER, open_wallet_wei: 50 * MILLIETHER };
    assert_eq!(RegistrarConfig::new(Address::ZERO).funding_bounds().per_day, work);
    assert_eq!(funding.pause, Duration::from_secs(300));
}
