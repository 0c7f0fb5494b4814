//! Many who ask at the same time: as fast as they are answered, or so many a second.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::{
    Arguments,
    asker::Asker,
    client::Client,
    question::{Key, Question},
};

/// Asked before the clock starts, so that connections are open and what is kept is kept.
const WARM_UP_TIME: Duration = Duration::from_millis(500);
/// Nothing is sent besides, and a whole answer is to come.
const PLAIN: (&str, u16) = ("", 200);

/// Answers a second where each client asks again as soon as it is answered.
pub async fn most(question: &Question, key: Key, address: &str, arguments: &Arguments) -> Result<f64> {
    let askers = askers(address, arguments, PLAIN).await?;
    rate(askers, arguments, || question.next(key)).await
}

/// The same of clients that hold the answer already, and are told so.
pub async fn held(address: &str, arguments: &Arguments) -> Result<f64> {
    let (headers, _) = Client::connect(address).await?.ask("/pool").await?;
    let tag = headers.get("etag").context("an ETag")?.to_str()?.to_owned();
    let askers = askers(address, arguments, (&format!("if-none-match: {tag}\r\n"), 304)).await?;
    rate(askers, arguments, || "/pool".to_owned()).await
}

/// The same of clients that take compressed answers, of which one is kept for all of them.
pub async fn compressed(question: &Question, address: &str, arguments: &Arguments) -> Result<f64> {
    let askers = askers(address, arguments, ("accept-encoding: gzip\r\n", 200)).await?;
    rate(askers, arguments, || question.next(Key::Same)).await
}

async fn askers(address: &str, arguments: &Arguments, (header, status): (&str, u16)) -> Result<Vec<Asker>> {
    let mut askers = Vec::with_capacity(arguments.connections);
    for _ in 0..arguments.connections {
        askers.push(Asker::connect(address, header, status).await?);
    }
    Ok(askers)
}

async fn rate(askers: Vec<Asker>, arguments: &Arguments, path: impl Fn() -> String) -> Result<f64> {
    let start = Instant::now() + WARM_UP_TIME;
    let end = start + Duration::from_secs(arguments.seconds);
    let path = &path;
    let asking = askers.into_iter().map(|mut asker| async move {
        let mut answers = 0_u64;
        while Instant::now() < end {
            asker.ask(&path()).await?;
            answers += u64::from(Instant::now() >= start);
        }
        Ok::<_, anyhow::Error>(answers)
    });
    let answers: Vec<u64> = futures_util::future::try_join_all(asking).await?;
    Ok(answers.iter().sum::<u64>() as f64 / arguments.seconds as f64)
}

/// The milliseconds of each answer at so many requests a second, sorted. A request whose client is still waiting for the one before counts from the moment at
/// which it was due.
pub async fn at_rate(question: &Question, key: Key, address: &str, arguments: &Arguments, rate: f64) -> Result<Vec<f64>> {
    let askers = askers(address, arguments, PLAIN).await?;
    let between = Duration::from_secs_f64(askers.len() as f64 / rate);
    let start = Instant::now() + WARM_UP_TIME;
    let end = start + Duration::from_secs(arguments.seconds);
    let number = askers.len() as u32;
    let asking = askers.into_iter().zip(0_u32..).map(|(mut asker, place)| async move {
        let mut taken = Vec::new();
        let mut due = start + between * place / number;
        while due < end {
            let is_late = Instant::now() > due;
            if !is_late {
                tokio::time::sleep_until(due.into()).await;
            }
            let from = if is_late { due } else { Instant::now() };
            asker.ask(&question.next(key)).await?;
            taken.push(from.elapsed().as_secs_f64() * 1_000.0);
            due += between;
        }
        Ok::<_, anyhow::Error>(taken)
    });
    let mut taken: Vec<f64> = futures_util::future::try_join_all(asking).await?.concat();
    taken.sort_by(f64::total_cmp);
    Ok(taken)
}
