//! `linkpool simulate`: demand for stake against automatic scaling, through the real contract, indexer and registrar. Only with the feature
//! `dev`.
//!
//! It ends well in one way: as many full nodes as the demand fills, one empty open one, and nothing more is made. Where the network grows only
//! later, the pool stands at its share until then.

mod arguments;
mod demand;
mod nodes;
mod plot;
mod world;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use linkpool_db::fleet::Phase;
use linkpool_primitives::{Address, JUELS_PER_LINK};
use serde_json::json;
use tokio::time::sleep;

use self::{
    arguments::{CAP_LINK, allowed},
    demand::Demand,
    plot::{Sample, svg},
    world::World,
};
use crate::{
    failure::Failure,
    output::{answer, remark},
    shutdown,
};

pub use self::arguments::Arguments;

const LOOK_INTERVAL: Duration = Duration::from_millis(100);
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);
const TELL_INTERVAL: Duration = Duration::from_secs(15);
/// How long nothing more must be made at the end.
const QUIET_TIME: Duration = Duration::from_secs(10);

pub async fn run(arguments: &Arguments) -> Result<()> {
    arguments.check()?;
    arguments.tell();
    let shutdown = shutdown::token()?;
    let world = World::start(arguments).await?;
    let mut simulation = Simulation::new(arguments, world);
    let outcome = tokio::select! {
        outcome = simulation.run() => outcome,
        () = shutdown.cancelled() => Err(Failure::refused("the simulation was interrupted: nothing is shown, run it again")),
    };
    // The picture of what did not end well is worth most.
    let drawn = arguments.plot.as_ref().map(|path| std::fs::write(path, svg(&simulation.samples, &simulation.marks)));
    simulation.world.stop().await;
    drawn.transpose()?;
    let end = outcome?;
    if arguments.json {
        answer!("{}", json!(end));
    } else {
        answer!(
            "{} full nodes and {} empty open ones after {:.0} s; {} LINK are staked",
            end.full,
            end.empty,
            end.seconds,
            end.staked_link
        );
        for (name, at) in &simulation.marks {
            answer!("  {at:>6.1} s  {name}");
        }
    }
    Ok(())
}

/// How it ended.
#[derive(Debug, serde::Serialize)]
struct End {
    full: usize,
    empty: usize,
    staked_link: u64,
    seconds: f64,
    /// When the guard had stopped it, and when it was open again.
    blocked_s: Option<f64>,
    reopened_s: Option<f64>,
}

struct Simulation<'a> {
    arguments: &'a Arguments,
    world: World,
    demand: Demand,
    begin: Instant,
    samples: Vec<Sample>,
    /// What happened, and when.
    marks: Vec<(String, f64)>,
    sampled: Option<Instant>,
    told: Instant,
}

/// One look.
struct Look {
    open: Vec<Address>,
    made: usize,
    is_blocked: bool,
}

impl<'a> Simulation<'a> {
    fn new(arguments: &'a Arguments, world: World) -> Self {
        let amount = (arguments.demand_juels(), arguments.demand_per_second_link);
        let demand = Demand::new(&world.chain, &world.accounts, &world.contracts, amount);
        let now = Instant::now();
        Self { arguments, world, demand, begin: now, samples: Vec::new(), marks: Vec::new(), sampled: None, told: now }
    }

    async fn run(&mut self) -> Result<End> {
        let (mut blocked_s, mut reopened_s) = (None, None);
        let wanted = usize::try_from(self.arguments.wanted())?;
        if let Some(grown) = self.arguments.network_grows_to {
            let most = usize::try_from(allowed(self.arguments.network))?;
            let full = |demand: &Demand, look: &Look| demand.full_nodes() == most && look.is_blocked;
            self.until(most, "the guard", full).await?;
            blocked_s = Some(self.mark(format!("the guard holds the pool at {most} nodes")));
            self.stand(most).await?;
            self.world.report(grown).await?;
            self.mark(format!("the network has grown to {grown} nodes"));
            self.until(wanted, "the guard to open", |_, look| look.made > most).await?;
            reopened_s = Some(self.mark("the pool goes on".into()));
        }
        let total = self.arguments.demand_juels();
        self.until(wanted, "the end", |demand, look| demand.staked() == total && look.open.len() == wanted).await?;
        self.mark(format!("all is staked on {} nodes", self.demand.full_nodes()));
        let seconds = self.begin.elapsed().as_secs_f64();
        let quiet = Instant::now();
        while quiet.elapsed() < QUIET_TIME {
            let look = self.step(wanted).await?;
            ensure!(look.open.len() == wanted, "{} nodes are open, and {wanted} were", look.open.len());
        }
        let full = self.demand.full_nodes();
        let staked_link = u64::try_from(self.demand.staked() / JUELS_PER_LINK)?;
        Ok(End { full, empty: wanted - full, staked_link, seconds, blocked_s, reopened_s })
    }

    /// Steps until it holds, while there are never more than `most` nodes.
    async fn until(&mut self, most: usize, what: &str, holds: impl Fn(&Demand, &Look) -> bool) -> Result<()> {
        loop {
            let look = self.step(most).await?;
            if holds(&self.demand, &look) {
                return Ok(());
            }
            let minutes = self.arguments.minutes;
            let (state, decisions) = self.world.database.autoscale_state().await?;
            let late = || {
                let why = decisions.first().map(|decision| decision.why.clone()).unwrap_or_default();
                format!(
                    "{what} did not come in {minutes} min: {} nodes open, {} made; {:?}; {why}",
                    look.open.len(),
                    look.made,
                    state.stopped_why
                )
            };
            ensure!(self.begin.elapsed() < Duration::from_secs(60 * minutes), Failure::timed_out(late()));
        }
    }

    /// Watches it standing still.
    async fn stand(&mut self, most: usize) -> Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(self.arguments.stand_seconds) {
            let look = self.step(most).await?;
            ensure!(look.made == most && look.is_blocked, "{} nodes were made, and the guard allows {most}", look.made);
        }
        Ok(())
    }

    /// Stakes what waits and can, and looks.
    async fn step(&mut self, most: usize) -> Result<Look> {
        self.world.check()?;
        let look = self.look().await?;
        ensure!(look.made <= most, Failure::refused(format!("{} nodes were made, and {most} are wanted or allowed", look.made)));
        if !self.demand.stake(&look.open).await? {
            sleep(LOOK_INTERVAL).await;
        }
        self.sample(&look);
        Ok(look)
    }

    async fn look(&self) -> Result<Look> {
        let nodes = self.world.database.fleet_nodes().await?;
        let (state, _) = self.world.database.autoscale_state().await?;
        let open = nodes.iter().filter(|node| node.phase == Phase::Open).filter_map(|node| node.wallet).collect();
        Ok(Look { open, made: nodes.len(), is_blocked: state.blocked_network.is_some() })
    }

    fn sample(&mut self, look: &Look) {
        if self.sampled.is_some_and(|at| at.elapsed() < SAMPLE_INTERVAL) {
            return;
        }
        self.sampled = Some(Instant::now());
        let link = |juels: u128| u64::try_from(juels / JUELS_PER_LINK).unwrap_or(u64::MAX);
        let sample = Sample {
            seconds: self.begin.elapsed().as_secs_f64(),
            demand_link: link(self.demand.arrived()),
            staked_link: link(self.demand.staked()),
            capacity_link: CAP_LINK * look.open.len() as u64,
            nodes: look.made,
        };
        if self.told.elapsed() >= TELL_INTERVAL {
            self.told = Instant::now();
            remark!(
                "  {:>5.0} s     {} of {} LINK staked, {} nodes open of {} made",
                sample.seconds,
                sample.staked_link,
                sample.demand_link,
                look.open.len(),
                look.made
            );
        }
        self.samples.push(sample);
    }

    fn mark(&mut self, what: String) -> f64 {
        let at = self.begin.elapsed().as_secs_f64();
        remark!("  {at:>5.0} s     {what}");
        self.marks.push((what, at));
        at
    }
}
