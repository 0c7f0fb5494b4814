//! The nodes of a development stack at work: each has an Operator of its own and a job, and a consumer asks one of them now and then.
//!
//! It begins after the page is there, never ends the stack, and stops when the consumer has no LINK left.

mod equip;
mod place;
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

use self::{equip::equip, tally::Tally};
pub use self::{equip::job_topic, place::Place};
use crate::output::remark;

/// Juels for an answer.
pub const PAYMENT: u128 = JUELS_PER_LINK / 10;

/// Between two requests.
const PACE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(500);
/// After something that did not succeed.
const PAUSE: Duration = Duration::from_secs(2);

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
pub fn spawn(roles: &mut JoinSet<Result<()>>, place: Place, asks: bool, shutdown: &CancellationToken) -> watch::Receiver<Ready> {
    let (ready, seen) = watch::channel(Ready::default());
    let shutdown = shutdown.clone();
    roles.spawn(async move {
        shutdown.run_until_cancelled(work(&place, asks, &ready)).await;
        Ok(())
    });
    seen
}

async fn work(place: &Place, asks: bool, ready: &watch::Sender<Ready>) {
    let mut shift = Shift::default();
    loop {
        let turned = shift.turn(place, asks).await;
        ready.send_replace(shift.ready.clone());
        let pause = match turned {
            Ok(()) => LOOK,
            Err(error) => {
                tracing::debug!(error = format!("{error:#}"), "the nodes' work does not go on; it is tried again");
                PAUSE
            }
        };
        sleep(pause).await;
    }
}

/// What the work remembers.
#[derive(Default)]
struct Shift {
    ready: Ready,
    asked: Option<Instant>,
    turns: usize,
    is_over: bool,
    tally: Tally,
}

impl Shift {
    async fn turn(&mut self, place: &Place, asks: bool) -> Result<()> {
        let consumer = match &self.ready.consumer {
            Some(consumer) => consumer.clone(),
            None => self.ready.consumer.insert(place.consumer().await?).clone(),
        };
        let nodes = place.database.fleet_nodes().await?;
        let open: Vec<&FleetNode> =
            nodes.iter().filter(|node| node.phase == Phase::Open && node.source == Source::Fleet).collect();
        // Together: each waits for its blocks.
        let new = open.iter().filter(|node| !self.ready.nodes.contains(&node.id));
        let equipped = join_all(new.map(async |node| (&node.id, equip(place, node).await))).await;
        for (id, is_equipped) in equipped {
            if is_equipped? {
                self.ready.nodes.insert(id.clone());
            }
        }
        self.tally.look(&consumer).await?;
        if asks && !self.is_over && self.asked.is_none_or(|asked| asked.elapsed() >= PACE) {
            self.ask(place, &consumer, &open).await?;
        }
        Ok(())
    }

    async fn ask(&mut self, place: &Place, consumer: &Consumer, open: &[&FleetNode]) -> Result<()> {
        let ready: Vec<&&FleetNode> = open.iter().filter(|node| self.ready.nodes.contains(&node.id)).collect();
        let Some(node) = ready.get(self.turns % ready.len().max(1)) else { return Ok(()) };
        if self.tally.open() >= MAX_OPEN {
            return Ok(());
        }
        let balance = place.chain.call(place.contracts.link, &balanceOfCall { _owner: consumer.address }).await?;
        if balance.to::<u128>() < PAYMENT {
            self.is_over = true;
            remark!("  work         the consumer has spent its LINK: nobody asks any more ({})", self.tally);
            return Ok(());
        }
        self.turns += 1;
        self.asked = Some(Instant::now());
        // A reorg may have taken what stood there a moment ago.
        if !equip(place, node).await? {
            self.ready.nodes.remove(&node.id);
            return Ok(());
        }
        let Some(operator) = place.database.fleet_node(&node.id).await?.and_then(|node| node.operator) else { return Ok(()) };
        let asked = consumer.ask(operator, job_topic(&node.id), PAYMENT).await?;
        self.tally.asked(&node.id, asked);
        Ok(())
    }
}
