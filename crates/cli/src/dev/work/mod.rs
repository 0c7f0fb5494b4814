//! The nodes of a development stack at work: each has an Operator of its own and a job, and a consumer asks one of them now and then.
//!
//! It begins after the page is there, never ends the stack, and stops when the consumer has no LINK left.

mod environment;
mod equip;
mod tally;

use std::{collections::HashSet, time::Duration};

use anyhow::Result;
use futures_util::future::join_all;
use linkpool_contracts::link::balanceOfCall;
use linkpool_db::fleet::{FleetNode, Phase, Source};
use linkpool_primitives::JUELS_PER_LINK;
use linkpool_testkit::fixture::Consumer;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

pub use self::{environment::WorkEnvironment, equip::job_topic};
use self::{
    equip::{give_job, operator},
    tally::Tally,
};
use crate::output::remark;

/// Juels for an answer.
pub const PAYMENT: u128 = JUELS_PER_LINK / 10;

/// Between two requests.
const ASK_INTERVAL: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// After something that did not succeed.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// Requests without an answer at which nobody asks any more: the nodes are in trouble, and more would not help.
const MAX_OPEN: usize = 5;

/// Who can ask whom.
#[derive(Debug, Clone, Default)]
pub struct Ready {
    pub consumer: Option<Consumer>,
    /// The nodes that have all they need, by id.
    pub nodes: HashSet<String>,
}

/// Starts the work. Without `asks` the nodes are made ready, and somebody else asks them.
pub fn spawn(
    roles: &mut JoinSet<Result<()>>,
    environment: WorkEnvironment,
    asks: bool,
    shutdown: &CancellationToken,
) -> watch::Receiver<Ready> {
    let (ready, seen) = watch::channel(Ready::default());
    let shutdown = shutdown.clone();
    roles.spawn(async move {
        shutdown.run_until_cancelled(work(&environment, asks, &ready)).await;
        Ok(())
    });
    seen
}

async fn work(environment: &WorkEnvironment, asks: bool, ready: &watch::Sender<Ready>) {
    let mut progress = Progress::default();
    loop {
        let ticked = progress.tick(environment, asks).await;
        ready.send_replace(progress.ready.clone());
        let pause = match ticked {
            Ok(()) => POLL_INTERVAL,
            Err(error) => {
                tracing::debug!(error = format!("{error:#}"), "the nodes' work does not go on; it is tried again");
                RETRY_DELAY
            }
        };
        sleep(pause).await;
    }
}

/// What the work remembers.
#[derive(Default)]
struct Progress {
    ready: Ready,
    asked: Option<Instant>,
    rounds: usize,
    is_over: bool,
    tally: Tally,
}

impl Progress {
    async fn tick(&mut self, environment: &WorkEnvironment, asks: bool) -> Result<()> {
        let consumer = match &self.ready.consumer {
            Some(consumer) => consumer.clone(),
            None => {
                give_job(&environment.database, environment.chain.chain_id()).await?;
                self.ready.consumer.insert(environment.consumer().await?).clone()
            }
        };
        let nodes = environment.database.fleet_nodes().await?;
        let open: Vec<&FleetNode> =
            nodes.iter().filter(|node| node.phase == Phase::Open && node.source == Source::Fleet).collect();
        // Together: each waits for its blocks.
        let without = open.iter().filter(|node| !self.ready.nodes.contains(&node.id));
        let equipped = join_all(without.map(|node| operator(environment, node))).await;
        equipped.into_iter().collect::<Result<Vec<_>>>()?;
        if self.ready.nodes.len() < open.len() {
            let given = environment.database.jobs_of_nodes().await?;
            let given = given.into_iter().filter(|node| node.given > 0).map(|node| node.node_id);
            self.ready.nodes.extend(given);
        }
        self.tally.look(&consumer).await?;
        if asks && !self.is_over && self.asked.is_none_or(|asked| asked.elapsed() >= ASK_INTERVAL) {
            self.ask(environment, &consumer, &open).await?;
        }
        Ok(())
    }

    async fn ask(&mut self, environment: &WorkEnvironment, consumer: &Consumer, open: &[&FleetNode]) -> Result<()> {
        let ready: Vec<&&FleetNode> = open.iter().filter(|node| self.ready.nodes.contains(&node.id)).collect();
        let Some(node) = ready.get(self.rounds % ready.len().max(1)) else { return Ok(()) };
        if self.tally.open() >= MAX_OPEN {
            return Ok(());
        }
        let balance = environment.chain.call(environment.contracts.link, &balanceOfCall { _owner: consumer.address }).await?;
        if balance.to::<u128>() < PAYMENT {
            self.is_over = true;
            remark!("  work         the consumer has spent its LINK: nobody asks any more ({})", self.tally);
            return Ok(());
        }
        self.rounds += 1;
        self.asked = Some(Instant::now());
        // A reorg may have taken what stood there a moment ago.
        let operator = operator(environment, node).await?;
        let asked = consumer.ask(operator, job_topic(&node.id), PAYMENT).await?;
        self.tally.asked(&node.id, asked);
        Ok(())
    }
}
