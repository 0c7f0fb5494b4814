//! Requests that a consumer pays for, one in each block, and how long it waits for the answers.

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use linkpool_db::fleet::FleetNode;
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_testkit::{fixture::Consumer, until};

use super::world::{World, topic};

const PAYMENT: u128 = JUELS_PER_LINK / 10;
/// A request waits for a block of a second, and some for a replica that takes over.
const ALL_ANSWERS_TIMEOUT: Duration = Duration::from_secs(600);

/// One with the payments of so many requests.
pub async fn consumer(world: &World, count: usize) -> Consumer {
    let juels = PAYMENT * u128::try_from(count).unwrap();
    Consumer::deploy(&world.roles.fixture.chain, &world.accounts, world.roles.contracts.link, juels).await.unwrap()
}

/// Asks so often, and before each request that stands in `kills` ends the process that serves. All are answered, each once; the seconds from each
/// call to its answer, in order.
pub async fn ask(
    world: &World,
    consumer: &Consumer,
    (node, operator): (&FleetNode, Address),
    count: usize,
    kills: &[usize],
) -> Vec<f64> {
    let (open, seconds) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let asking = async {
        for number in 0..count {
            if kills.contains(&number) {
                world.kill_active(node).await;
            }
            let begin = Instant::now();
            let asked = consumer.ask(operator, topic(node), PAYMENT).await.unwrap();
            open.borrow_mut().push((asked, begin));
        }
    };
    let waiting = until("all answers", ALL_ANSWERS_TIMEOUT, async || {
        let since = open.borrow().iter().map(|(asked, _)| asked.block_number).min();
        let Some(since) = since else { return seconds.borrow().len() == count };
        let answers = consumer.answers_since(since).await.unwrap();
        open.borrow_mut().retain(|(asked, begin)| {
            let is_answered = answers.iter().any(|(request, _)| *request == asked.request_id);
            if is_answered {
                seconds.borrow_mut().push(begin.elapsed().as_secs_f64());
            }
            !is_answered
        });
        seconds.borrow().len() == count
    });
    tokio::join!(asking, waiting);
    assert_eq!(consumer.answers_since(0).await.unwrap().len(), count, "a request was answered twice");
    let mut seconds = seconds.into_inner();
    seconds.sort_by(f64::total_cmp);
    seconds
}

pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent).div_ceil(100) - 1]
}
