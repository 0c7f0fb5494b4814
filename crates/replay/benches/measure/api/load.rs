//! Many who ask at the same time: as fast as they are answered, or so many a second.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::{
    Arguments,
    client::Client,
    question::{Key, Question},
};

/// Asked before the clock starts, so that connections are open and what is kept is kept.
const WARM_UP_TIME: Duration = Duration::from_millis(500);

/// Answers a second where each client asks again as soon as it is answered.
pub async fn most(question: &Question, key: Key, address: &str, arguments: &Arguments) -> Result<f64> {
    let clients = clients(address, arguments.connections).await?;
    rate(clients, arguments, || question.next(key)).await
}

/// The same of clients that hold the answer already, and are told so.
pub async fn held(address: &str, arguments: &Arguments) -> Result<f64> {
    let (headers, _) = Client::connect(address).await?.ask("/pool").await?;
    let tag = headers.get("etag").context("an ETag")?.to_str()?.to_owned();
    let mut clients = clients(address, arguments.connections).await?;
    clients.iter_mut().for_each(|client| client.held = Some(tag.clone()));
    rate(clients, arguments, || "/pool".to_owned()).await
}

/// The same of clients that take compressed answers, of which one is kept for all of them.
pub async fn compressed(question: &Question, address: &str, arguments: &Arguments) -> Result<f64> {
    let mut clients = clients(address, arguments.connections).await?;
    clients.iter_mut().for_each(|client| client.takes_gzip = true);
    rate(clients, arguments, || question.next(Key::Same)).await
}

async fn clients(address: &str, number: usize) -> Result<Vec<Client>> {
    let mut clients = Vec::with_capacity(number);
    for _ in 0..number {
        clients.push(Client::connect(address).await?);
    }
    Ok(clients)
}

async fn rate(clients: Vec<Client>, arguments: &Arguments, path: impl Fn() -> String) -> Result<f64> {
    let start = Instant::now() + WARM_UP_TIME;
    let end = start + Duration::from_secs(arguments.seconds);
    let path = &path;
    let asking = clients.into_iter().map(|mut client| async move {
        let mut answers = 0_u64;
        while Instant::now() < end {
            client.ask(&path()).await?;
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
    let clients = clients(address, arguments.connections).await?;
    let between = Duration::from_secs_f64(clients.len() as f64 / rate);
    let start = Instant::now() + WARM_UP_TIME;
    let end = start + Duration::from_secs(arguments.seconds);
    let number = clients.len() as u32;
    let asking = clients.into_iter().zip(0_u32..).map(|(mut client, place)| async move {
        let mut taken = Vec::new();
        let mut due = start + between * place / number;
        while due < end {
            let is_late = Instant::now() > due;
            if !is_late {
                tokio::time::sleep_until(due.into()).await;
            }
            let from = if is_late { due } else { Instant::now() };
            client.ask(&question.next(key)).await?;
            taken.push(from.elapsed().as_secs_f64() * 1_000.0);
            due += between;
        }
        Ok::<_, anyhow::Error>(taken)
    });
    let mut taken: Vec<f64> = futures_util::future::try_join_all(asking).await?.concat();
    taken.sort_by(f64::total_cmp);
    Ok(taken)
}
