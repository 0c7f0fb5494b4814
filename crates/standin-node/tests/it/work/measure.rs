//! Figures for `cargo xtask bench work`. Does nothing unless `LINKPOOL_MEASURE` is set.

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use linkpool_testkit::{AnvilOptions, until};

use super::fixture::{FIXED, Fixture};

const REQUESTS: usize = 100;

/// Each request waits for a block of a second, and the machine may be busy.
const ALL_ANSWERS_TIMEOUT: Duration = Duration::from_secs(600);

#[tokio::test]
async fn how_long_a_consumer_waits_for_an_answer() {
    if std::env::var_os("LINKPOOL_MEASURE").is_none() {
        return;
    }
    let options = AnvilOptions { block_time: Some(Duration::from_secs(1)), ..AnvilOptions::default() };
    let fixture = Fixture::on(&options).await;
    fixture.add_job("answer", FIXED, "", "").await;
    let (open, seconds) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let ask = async {
        for _ in 0..REQUESTS {
            let start = Instant::now();
            let asked = fixture.ask().await;
            open.borrow_mut().push((asked, start));
        }
    };
    let wait = until("all answers", ALL_ANSWERS_TIMEOUT, async || {
        let since = open.borrow().iter().map(|(asked, _)| asked.block_number).min();
        let Some(since) = since else { return seconds.borrow().len() == REQUESTS };
        let answers = fixture.consumer.answers_since(since).await.unwrap();
        open.borrow_mut().retain(|(asked, start)| {
            let is_answered = answers.iter().any(|(request, _)| *request == asked.request_id);
            if is_answered {
                seconds.borrow_mut().push(start.elapsed().as_secs_f64());
            }
            !is_answered
        });
        seconds.borrow().len() == REQUESTS
    });
    tokio::join!(ask, wait);
    let mut seconds = seconds.into_inner();
    seconds.sort_by(f64::total_cmp);
    let rank = |percent: usize| seconds[(seconds.len() * percent).div_ceil(100) - 1];
    println!("row answer_p50_s {:.2} s", rank(50));
    println!("row answer_p95_s {:.2} s", rank(95));
    assert_eq!(fixture.sent().await, REQUESTS as u64);
}
