//! The campaign: random kills while every node is rolled to one version after the other.

use std::{
    collections::BTreeMap,
    process::Child,
    time::{Duration, Instant},
};

use linkpool_db::fleet::{PairHealth, Phase, RolloutAction, RolloutState, RolloutStep};
use rustix::process::{Pid, Signal, kill_process};

use super::{number, percentile, probe::Probe, row};
use crate::{
    fixture::processes_with,
    program::{self, Kind},
    rollout::fixture::{Nodes, OLD},
};

/// For everything that a node may need to come back: several boots one after the other beside all the others'.
const PATIENCE: Duration = Duration::from_secs(600);
/// Longest time in which no replica of a node may serve: both are killed, the lease of 3 s runs out, one is started again after a pause that
/// has doubled with each death, and boots beside those of other nodes.
const STATED_GAP: Duration = Duration::from_secs(60);
/// Longer than a lease.
const HANG: Duration = Duration::from_secs(5);

/// The course: the same seed gives the same choices, as far as several processes and a clock allow.
struct Dice(u64);

impl Dice {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let bound = u64::try_from(from.len()).ok().filter(|bound| *bound > 0)?;
        from.get(usize::try_from(self.below(bound)).ok()?)
    }
}

fn send(pid: i32, signal: Signal) {
    // One that has ended meanwhile is as good.
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

struct Campaign {
    nodes: Nodes,
    ids: Vec<String>,
    fleet: Child,
    dice: Dice,
    /// What was done, by kind.
    done: BTreeMap<&'static str, u64>,
    version: u64,
    rollouts: u64,
}

impl Campaign {
    fn processes(&self, id: &str) -> Vec<i32> {
        processes_with(&format!("{id}/g"))
    }

    fn restart_fleet(&mut self) {
        self.fleet.kill().unwrap();
        self.fleet.wait().unwrap();
        self.fleet = self.nodes.fleet_process();
    }

    /// One trouble; how many processes it killed.
    async fn trouble(&mut self) -> u64 {
        let id = self.dice.pick(&self.ids).unwrap().clone();
        let processes = self.processes(&id);
        let (kind, kills) = match self.dice.below(100) {
            0..60 => match self.dice.pick(&processes) {
                Some(pid) => {
                    send(*pid, Signal::KILL);
                    ("replica", 1)
                }
                None => return 0,
            },
            60..75 => {
                processes.iter().for_each(|pid| send(*pid, Signal::KILL));
                ("all_of_a_node", u64::try_from(processes.len()).unwrap())
            }
            75..92 => {
                self.restart_fleet();
                ("fleet", 1)
            }
            _ => {
                let Some(pid) = self.dice.pick(&processes).copied() else { return 0 };
                send(pid, Signal::STOP);
                tokio::time::sleep(HANG).await;
                // It may have been ended for it.
                send(pid, Signal::CONT);
                ("hung", 0)
            }
        };
        *self.done.entry(kind).or_default() += 1;
        kills
    }

    /// There is always a roll-out under way, and now and then a person pauses it or gives it up.
    async fn keep_rolling(&mut self) {
        let state = self.nodes.fixture.database.last_rollout().await.unwrap().map(|rollout| rollout.state);
        match state {
            Some(RolloutState::Running) => {
                let action = match self.dice.below(100) {
                    0..2 => RolloutAction::Abort,
                    2..6 => RolloutAction::Pause,
                    _ => return,
                };
                *self.done.entry(action.as_str()).or_default() += 1;
                self.nodes.control(action).await;
            }
            Some(RolloutState::Paused | RolloutState::Halted) => self.nodes.control(RolloutAction::Promote).await,
            _ => self.start().await,
        }
    }

    async fn start(&mut self) {
        self.version += 1;
        self.rollouts += 1;
        let version = format!("2.31.{}", self.version);
        program::chainlink(self.nodes.fixture.path(), &version, Kind::Lives);
        self.nodes.start(&format!("rollout {version}"), &version).await;
    }

    /// Without any more trouble, to the same newest version everywhere. What is under way is superseded.
    async fn come_to_rest(&mut self) {
        self.start().await;
        let (begin, database) = (Instant::now(), &self.nodes.fixture.database);
        loop {
            let rollout = self.nodes.rollout().await;
            let nodes = database.rollout_nodes(rollout.id).await.unwrap();
            if nodes.iter().all(|node| node.step == RolloutStep::Done) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "the last roll-out does not end: {rollout:#?} {nodes:#?}");
            assert!(rollout.state != RolloutState::Halted, "the last roll-out was halted: {rollout:#?} {nodes:#?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

impl Drop for Campaign {
    fn drop(&mut self) {
        let _ = self.fleet.kill();
        let _ = self.fleet.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask prove fleet"]
async fn under_random_kills_while_they_are_rolled_nodes_keep_their_wallets_and_one_generation_and_serve_but_for_the_stated_gap() {
    let (count, wanted) = (number("LINKPOOL_CAMPAIGN_NODES", 1), number("LINKPOOL_CAMPAIGN_KILLS", 3));
    let seed = number("LINKPOOL_SEED", 20_261_130);
    println!("seed {seed}");
    let mut nodes = Nodes::for_many(u16::try_from(count.div_ceil(4)).unwrap()).await;
    nodes.parallel = 5;
    let fleet = nodes.fleet_process();
    let made = nodes.fixture.request("nodes", u16::try_from(count).unwrap()).await.nodes;
    let ids: Vec<String> = made.into_iter().map(|node| node.id).collect();
    for id in &ids {
        nodes.fixture.phase(id, Phase::Healthy).await;
    }
    let wallets: Vec<Vec<String>> = ids.iter().map(|id| nodes.wallets(id)).collect();
    let probe = Probe::start(&nodes.fixture.database, &ids, Duration::from_millis(250));
    let (dice, done) = (Dice(seed), BTreeMap::new());
    let mut campaign = Campaign { nodes, ids, fleet, dice, done, version: 0, rollouts: 0 };
    let mut kills = 0;
    while kills < wanted {
        campaign.keep_rolling().await;
        kills += campaign.trouble().await;
        let pause = 200 + campaign.dice.below(1_500);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    campaign.come_to_rest().await;
    let newest = format!("2.31.{}", campaign.version);
    for (id, wallets) in campaign.ids.iter().zip(&wallets) {
        let fixture = &campaign.nodes.fixture;
        let node = fixture.until(id, "its health", |node, _| node.health == PairHealth::Healthy).await;
        campaign.nodes.whole(id, node.generation).await;
        assert_eq!(campaign.nodes.wallets(id), *wallets, "a wallet was lost or made");
        let events = fixture.database.fleet_events(&[(id.clone(), 0)]).await.unwrap();
        assert_eq!((node.version.as_deref(), node.phase), (Some(newest.as_str()), Phase::Healthy), "{node:#?} {events:#?}");
        let told =
            |step: RolloutStep| events.iter().any(|event| event.kind == "rollout" && event.detail["step"] == step.as_str());
        for step in [RolloutStep::Snapshot, RolloutStep::Create, RolloutStep::Stop, RolloutStep::Done] {
            assert!(told(step), "{id} has no event of {step}");
        }
    }
    assert!(newest != OLD);
    let gaps = probe.gaps();
    row("kills", kills as f64, "");
    for (kind, times) in &campaign.done {
        row(kind, *times as f64, "");
    }
    row("rollouts", campaign.rollouts as f64, "");
    row("gaps", gaps.len() as f64, "");
    if !gaps.is_empty() {
        row("gap_p50_s", percentile(&gaps, 50), "s");
        row("gap_p95_s", percentile(&gaps, 95), "s");
        row("gap_max_s", percentile(&gaps, 100), "s");
        assert!(percentile(&gaps, 100) <= STATED_GAP.as_secs_f64(), "nobody served for longer than was stated: {gaps:?}");
    }
    row("wallets_lost", 0.0, "");
}
