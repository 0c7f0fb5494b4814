//! Ten thousand of them.

use std::sync::Arc;

use alloy::primitives::keccak256;
use futures_util::{StreamExt, stream};
use linkpool_tx_manager::Signer;

use crate::fixture::Fixture;

const SIGNATURES: u64 = 10_000;
/// At once.
const CALLS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_signatures_are_the_accounts_and_ones_that_ethereum_takes() {
    let fixture = Fixture::set().await;
    // Answers are lost, and AWS is at fault, all the time.
    fixture.standin.behave(|it| (it.lost_answers, it.lost_calls, it.server_errors) = (5, 5, 5));
    let signer = Arc::new(fixture.signer(8).await);
    let signed = stream::iter(0..SIGNATURES).map(|number| {
        let signer = signer.clone();
        tokio::spawn(async move {
            let digest = keccak256(number.to_be_bytes());
            let signature = signer.sign(&digest).await.unwrap();
            assert_eq!(signature.recover_address_from_prehash(&digest).unwrap(), signer.address(), "{number}");
            assert_eq!(signature.normalize_s(), None, "{number}: s is high");
        })
    });
    let count = signed.buffer_unordered(CALLS).map(|ended| ended.unwrap()).count().await;
    assert_eq!(count as u64, SIGNATURES);
    let given = fixture.standin.signed();
    let of = |holds: fn(usize, bool) -> bool| {
        given.iter().filter(|((length, high), _)| holds(*length, *high)).map(|(_, it)| it).sum::<u64>()
    };
    let (all, high) = (of(|_, _| true), of(|_, high| high));
    assert!(all > SIGNATURES, "no answer was lost: {given:?}");
    assert!((4 * all..6 * all).contains(&(10 * high)), "{high} of {all} are high");
    for length in [70, 71, 72] {
        assert!(of(|_, _| true) > 0 && given.keys().any(|(it, _)| *it == length), "none has {length} bytes: {given:?}");
    }
    assert!(of(|length, _| length < 70) > 10, "hardly any is short: {given:?}");
    println!("given, by length and whether s is high: {given:?}");
}
