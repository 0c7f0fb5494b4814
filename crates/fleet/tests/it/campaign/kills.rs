//! The campaign: random kills while every node is rolled to one version after the other.

use std::{
    collections::BTreeMap,
    process::Child,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use linkpool_db::fleet::{PairHealth, Phase, RolloutAction, RolloutState, RolloutStep};
use rustix::process::{Pid, Signal, kill_process};

use super::{
    course::Course,
    dice::Dice,
    number, percentile,
    probe::{Gap, Probe},
    row,
};
use crate::{
    backend,
    fixture::processes_with,
    program::{self, Kind},
    rollout::fixture::{Nodes, OLD},
};

/// For everything that a node may need to come back: several boots one after the other beside all the others'.
const PATIENCE_TIME: Duration = Duration::from_secs(600);
/// Longest time in which no replica of a node may serve: both are killed, the lease of 3 s runs out, one is started again after a pause that
/// has doubled with each death, and boots beside those of other nodes.
const STATED_GAP_TIME: Duration = Duration::from_secs(60);
/// Those that took longer are told from their beginning.
const WORTH_A_WORD_TIME: Duration = Duration::from_secs(20);
const PROBE_INTERVAL: Duration = Duration::from_millis(250);
/// Longer than a lease.
const HANG_TIME: Duration = Duration::from_secs(5);

fn send(pid: i32, signal: Signal) {
    // One that has ended meanwhile is as good.
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

struct Campaign {
    nodes: Nodes,
    ids: Vec<String>,
    fleet: Child,
    /// When the one that runs was started, by the database's clock and by ours, while it does not lead yet.
    comes: Option<(DateTime<Utc>, Instant)>,
    /// How long each took from its start until it led.
    came: Vec<f64>,
    dice: Dice,
    /// What was done, by kind.
    done: BTreeMap<&'static str, u64>,
    version: u64,
    rollouts: u64,
    course: Course,
}

impl Campaign {
    fn processes(&self, id: &str) -> Vec<i32> {
        processes_with(&backend::mark(id, None))
    }

    async fn restart_fleet(&mut self) {
        self.fleet.kill().unwrap();
        self.fleet.wait().unwrap();
        self.comes = Some((self.nodes.fixture.database.clock().await.unwrap(), Instant::now()));
        self.fleet = self.nodes.fleet_process();
    }

    /// One that leads has looked at the nodes.
    async fn leads(&mut self) -> bool {
        let Some((since, begin)) = self.comes else { return true };
        let replicas = self.nodes.fixture.database.replicas().await.unwrap();
        let leads = replicas.iter().any(|replica| replica.seen_at > since);
        if leads {
            self.came.push(begin.elapsed().as_secs_f64());
            self.comes = None;
        }
        leads
    }

    /// One trouble; how many processes it killed.
    async fn trouble(&mut self) -> u64 {
        let id = self.dice.pick(&self.ids).unwrap().clone();
        let (processes, leads) = (self.processes(&id), self.leads().await);
        let (kind, kills) = match self.dice.below(100) {
            0..60 => match self.dice.pick(&processes) {
                Some(pid) => {
                    send(*pid, Signal::KILL);
                    self.course.trouble(Some(&id), "a replica was killed");
                    ("replica", 1)
                }
                None => return 0,
            },
            60..75 if processes.is_empty() => return 0,
            60..75 => {
                processes.iter().for_each(|pid| send(*pid, Signal::KILL));
                self.course.trouble(Some(&id), "all replicas were killed");
                ("all_of_a_node", u64::try_from(processes.len()).unwrap())
            }
            // Where each is killed before it leads there is no fleet, and nothing to see of what it does: one in four is.
            75..92 if !leads && self.dice.below(4) > 0 => return 0,
            75..92 => {
                self.restart_fleet().await;
                self.course.trouble(None, "the fleet was killed");
                ("fleet", 1)
            }
            _ => {
                let Some(pid) = self.dice.pick(&processes).copied() else { return 0 };
                send(pid, Signal::STOP);
                self.course.trouble(Some(&id), "a replica hangs");
                tokio::time::sleep(HANG_TIME).await;
                // It may have been ended for it.
                send(pid, Signal::CONT);
                self.course.trouble(Some(&id), "it goes on");
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
            assert!(begin.elapsed() < PATIENCE_TIME, "the last roll-out does not end: {rollout:#?} {nodes:#?}");
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
    backend::prepare_for_many(&nodes.fixture);
    let fleet = nodes.fleet_process();
    let made = nodes.fixture.request("nodes", u16::try_from(count).unwrap()).await.nodes;
    let ids: Vec<String> = made.into_iter().map(|node| node.id).collect();
    for id in &ids {
        nodes.fixture.phase(id, Phase::Healthy).await;
    }
    let wallets: Vec<Vec<String>> = ids.iter().map(|id| nodes.wallets(id)).collect();
    let probe = Probe::start(backend::answering(&nodes.fixture), &ids, PROBE_INTERVAL);
    let (dice, done) = (Dice(seed), BTreeMap::new());
    let course = Course::begin(&nodes.fixture.database, &ids);
    let mut campaign = Campaign { nodes, ids, fleet, comes: None, came: Vec::new(), dice, done, version: 0, rollouts: 0, course };
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
        backend::nothing_left_over(fixture, id, node.generation).await;
    }
    assert!(newest != OLD);
    row("kills", kills as f64, "");
    for (kind, times) in &campaign.done {
        row(kind, *times as f64, "");
    }
    row("rollouts", campaign.rollouts as f64, "");
    for (what, times) in backend::counted(&campaign.nodes.fixture) {
        row(what, times as f64, "");
    }
    row("wallets_lost", 0.0, "");
    campaign.came.sort_by(f64::total_cmp);
    if !campaign.came.is_empty() {
        row("fleet_back_p50_s", percentile(&campaign.came, 50), "s");
        row("fleet_back_max_s", percentile(&campaign.came, 100), "s");
    }
    judge(&probe.gaps(), &campaign.course);
}

/// Why any of them took long stands before the failure.
fn judge(gaps: &[Gap], course: &Course) {
    row("gaps", gaps.len() as f64, "");
    for gap in gaps.iter().filter(|gap| gap.end - gap.begin > WORTH_A_WORD_TIME) {
        println!("{}", course.of(gap));
    }
    let of = |name: &str, seconds: &dyn Fn(&Gap) -> f64| {
        let mut seconds: Vec<f64> = gaps.iter().map(seconds).collect();
        seconds.sort_by(f64::total_cmp);
        if seconds.is_empty() {
            return 0.0;
        }
        for (percent, word) in [(50, "p50"), (95, "p95"), (100, "max")] {
            row(&format!("{name}_{word}_s"), percentile(&seconds, percent), "s");
        }
        percentile(&seconds, 100)
    };
    let longest = of("gap", &Gap::seconds);
    of("undisturbed", &|gap| course.undisturbed(gap).as_secs_f64());
    assert!(longest <= STATED_GAP_TIME.as_secs_f64(), "nobody served for longer than was stated");
}
