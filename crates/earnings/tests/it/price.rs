//! Gas is weighed against what LINK is worth, where something says so.

use std::time::Duration;

use alloy::{
    primitives::{I256, U256},
    sol_types::{SolCall, SolValue},
};
use linkpool_contracts::feed::{decimalsCall, latestRoundDataCall};
use linkpool_earnings::{Price, PriceSource, Rules, Verdict, price};
use linkpool_primitives::{Address, JUELS_PER_LINK};

use crate::{answering::answering, fixture::EarningsFixture};

const MAX_AGE: Duration = Duration::from_secs(3_600);

/// A feed that says so much, since then.
async fn feed(fixture: &EarningsFixture, decimals: u8, answer: i128, updated_at: u64) -> Address {
    let round = (U256::from(7), I256::try_from(answer).unwrap(), U256::ZERO, U256::from(updated_at), U256::from(7)).abi_encode();
    let decimals = U256::from(decimals).abi_encode();
    fixture.deploy(answering(&[(decimalsCall::SELECTOR, decimals), (latestRoundDataCall::SELECTOR, round)])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dear_to_pass_on_waits_and_goes_in_the_end() {
    let mut fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let contract = fixture.contract_of(wallet);
    fixture.pay(contract, 2 * JUELS_PER_LINK).await;
    // A LINK for a wei: no gas is worth it.
    fixture.config.price = Some(PriceSource::Fixed { wei_per_link: 1 });
    let planned = fixture.planned(wallet, contract).await;
    assert!(matches!(&planned.verdict, Verdict::Stays(why) if why.contains("waits for cheaper gas, 7 days")), "{planned:?}");
    fixture.config.price = Some(PriceSource::Fixed { wei_per_link: 10u128.pow(20) });
    assert!(matches!(fixture.planned(wallet, contract).await.verdict, Verdict::Send(_)));
    // Dear again; a look is kept, and a week passes.
    fixture.config.price = Some(PriceSource::Fixed { wei_per_link: 1 });
    let role = fixture.role(linkpool_tx_manager::FailPoints::default()).await;
    linkpool_testkit::until("a look", crate::fixture::WAIT_TIMEOUT, async || {
        fixture.database.earnings_sources().await.unwrap().iter().any(|row| row.waiting_since.is_some())
    })
    .await;
    role.stop().await;
    assert_eq!(fixture.sent().await, 0);
    fixture.chain.advance_time(Rules::default().latest).await.unwrap();
    assert!(matches!(fixture.planned(wallet, contract).await.verdict, Verdict::Send(_)), "a week at the latest");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_old_absurd_or_another_pairs_gives_no_price() {
    let fixture = EarningsFixture::set().await;
    let now = fixture.chain.heads().await.unwrap().head.timestamp;
    let ask = async |feed| {
        let head = fixture.chain.heads().await.unwrap().head;
        price(&fixture.chain, Some(PriceSource::Feed { feed, max_age: MAX_AGE }), &head).await.unwrap()
    };
    let known = ask(feed(&fixture, 18, 5 * 10i128.pow(15), now).await).await;
    assert_eq!(known, Price::Known { wei_per_link: 5 * 10u128.pow(15) });
    for (decimals, answer, updated_at, part) in [
        (8, 15 * 10i128.pow(8), now, "another pair's"),
        (18, 0, now, "which is no price"),
        (18, -1, now, "which is no price"),
        (18, i128::MAX, now, "which is no price"),
        (18, 1, now - 7_200, "s old, and may be 3600"),
    ] {
        let found = ask(feed(&fixture, decimals, answer, updated_at).await).await;
        assert!(matches!(&found, Price::Unknown(why) if why.contains(part)), "{found:?} is not {part}");
    }
    let none = ask(fixture.contracts.lens).await;
    assert!(matches!(&none, Price::Unknown(why) if why.contains("is no feed")), "{none:?}");
    assert_eq!(price(&fixture.chain, None, &fixture.chain.heads().await.unwrap().head).await.unwrap(), Price::NotAsked);
}
