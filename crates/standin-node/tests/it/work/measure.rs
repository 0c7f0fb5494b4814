//! Figures for `cargo xtask bench work`. Does nothing unless `LINKPOOL_MEASURE` is set.

use std::time::{Duration, Instant};

use linkpool_testkit::{AnvilOptions, until};
use tokio::task::JoinSet;

use super::fixture::{FIXED, Fixture, WAIT_TIMEOUT};

const REQUESTS: usize = 100;

#[tokio::test]
async fn how_long_a_consumer_waits_for_an_answer() {
    if std::env::var_os("LINKPOOL_MEASURE").is_none() {
        return;
    }
    let options = AnvilOptions { block_time: Some(Duration::from_secs(1)), ..AnvilOptions::default() };
    let fixture = Fixture::on(&options).await;
    fixture.add_job("answer", FIXED, "", "").await;
    let mut waits = JoinSet::new();
    for _ in 0..REQUESTS {
        let start = Instant::now();
        let (consumer, asked) = (fixture.consumer.clone(), fixture.ask().await);
        waits.spawn(async move {
            let is_ours = |(request, _): &(_, _)| *request == asked.request_id;
            until("the answer", WAIT_TIMEOUT, async || {
                consumer.answers_since(asked.block_number).await.unwrap().iter().any(is_ours)
            })
            .await;
            start.elapsed().as_secs_f64()
        });
    }
    let mut seconds = waits.join_all().await;
    seconds.sort_by(f64::total_cmp);
    let rank = |percent: usize| seconds[(seconds.len() * percent).div_ceil(100) - 1];
    println!("row answer_p50_s {:.2} s", rank(50));
    println!("row answer_p95_s {:.2} s", rank(95));
    assert_eq!(fixture.sent().await, REQUESTS as u64);
}
