//! What befalls the roles, and from when on their work could be done again.

use std::{
    fmt,
    time::{Duration, Instant},
};

use linkpool_replay::random::Random;
use linkpool_testkit::road::{Commit, Passage};
use rustix::process::{Pid, Signal, kill_process};

use super::{
    instance::{API, FLEET, INDEX, Instance, REGISTRAR},
    stage::Stage,
    work::{Mark, gets_on},
};

/// The roles of which something is seen when they work.
const WORKING: [&str; 4] = [INDEX, API, REGISTRAR, FLEET];
/// How long one waits for a commit to be silent at: a role without work makes none.
const NO_COMMIT: Duration = Duration::from_secs(3);
/// Longer than every lease.
const LONG: Duration = Duration::from_secs(7);

type Took = Vec<(&'static str, Duration)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The primary crashes, its connections break, the standby is promoted. Timed from the promotion.
    FailOver,
    /// The primary's host is lost: connections that were made go silent, the standby is promoted. Timed from the promotion.
    LostServer,
    /// The database only reads for a while, and connections that begin then only ever read. Timed from its end.
    ReadOnly,
    /// The database's clock is set: what leases end at lies an hour away, in whichever direction. Timed from there.
    Clock,
    /// One that leads is cut off in the middle of a write. Timed from there: another takes over.
    LostHost(&'static str),
    /// The same while the leases were taken by a clock that has been set back by an hour since.
    LostHostAndClock(&'static str),
    /// The connections of one that leads go silent in the middle of a write, and new ones come about. Timed from there.
    LostConnections(&'static str),
    /// One that leads sleeps for longer than its lease, and wakes up believing that it leads. Timed from where it falls asleep.
    Asleep(&'static str),
    /// Somebody holds the rows that a role must write. Timed from where they are let go.
    Held(&'static str),
    /// The standby stops answering, so that no commit ends. Timed from where it answers again.
    HungCommits,
}

/// Each of them once, in another order.
pub fn bag(random: &mut Random) -> Vec<Fault> {
    use Fault::{Asleep, Clock, FailOver, Held, HungCommits, LostConnections, LostHost, LostHostAndClock, LostServer, ReadOnly};
    let mut bag = vec![FailOver, LostServer, ReadOnly, Clock, HungCommits, Asleep(INDEX), Asleep(REGISTRAR)];
    bag.extend(WORKING.map(LostHost));
    for role in [INDEX, REGISTRAR, FLEET] {
        bag.extend([LostHostAndClock(role), LostConnections(role)]);
    }
    bag.extend(["cursor", "lease", "signer", "fleet_node"].map(Held));
    random.shuffle(&mut bag);
    bag
}

impl Fault {
    /// For a test that has no time for more than one.
    pub fn of_every_day(seed: u64) -> Self {
        [Self::LostServer, Self::LostHost(INDEX), Self::LostHost(REGISTRAR), Self::LostHost(FLEET)][(seed % 4) as usize]
    }

    /// Does it, and gives how long it took each role to get on with its work.
    pub async fn carry_out(self, stage: &mut Stage, random: &mut Random) -> Took {
        stage.with_standby().await;
        match self {
            Self::FailOver => fail_over(stage, Passage::Closed).await,
            Self::LostServer => fail_over(stage, Passage::Open).await,
            Self::ReadOnly => read_only(stage, random).await,
            Self::Clock => {
                set_clock(stage, ["+", "-"][random.place(2)]);
                all_get_on(stage, Instant::now()).await
            }
            Self::LostHost(role) => lost_host(stage, role, random, |_| {}).await,
            Self::LostHostAndClock(role) => lost_host(stage, role, random, |stage| set_clock(stage, "+")).await,
            Self::LostConnections(role) => lost_connections(stage, role, random).await,
            Self::Asleep(role) => asleep(stage, role).await,
            Self::Held(table) => held(stage, table, random).await,
            Self::HungCommits => hung_commits(stage, random).await,
        }
    }
}

async fn all_get_on(stage: &Stage, since: Instant) -> Took {
    let mark = Mark::read(&stage.primary);
    let roles = WORKING.map(|role| gets_on((&stage.primary, &stage.asker), &stage.instances, role, &mark, since, None));
    futures_util::future::join_all(roles).await
}

async fn fail_over(stage: &mut Stage, old_connections: Passage) -> Took {
    let roads = || stage.instances.iter().map(|instance| &instance.road);
    match old_connections {
        Passage::Closed => {
            stage.primary.process().end_now(Signal::QUIT);
            roads().for_each(|road| road.set(Passage::Closed));
        }
        _ => {
            roads().for_each(|road| road.abandon());
            stage.primary.process().end_now(Signal::QUIT);
        }
    }
    let standby = stage.standby.take().unwrap();
    standby.promote().unwrap();
    for road in roads() {
        road.lead_to(standby.port());
        road.set(Passage::Open);
    }
    stage.primary = standby;
    all_get_on(stage, Instant::now()).await
}

async fn read_only(stage: &Stage, random: &mut Random) -> Took {
    let server = &stage.primary;
    let set = |what: &str| server.run("postgres", &format!("alter database linkpool {what}")).unwrap();
    set("set default_transaction_read_only = on");
    server.run("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'linkpool'").unwrap();
    tokio::time::sleep(Duration::from_secs(1 + random.place(4) as u64)).await;
    set("reset default_transaction_read_only");
    all_get_on(stage, Instant::now()).await
}

fn set_clock(stage: &Stage, sign: &str) {
    let step = format!("update lease set expires_at = expires_at {sign} interval '1 hour'");
    stage.primary.run("linkpool", &step).unwrap();
}

/// The road goes silent with the next commit, if one comes.
async fn silence(instance: &Instance, random: &mut Random) {
    instance.road.silence_at([Commit::Lost, Commit::Unanswered][random.place(2)]);
    let _ = tokio::time::timeout(NO_COMMIT, instance.road.silent()).await;
}

async fn another_gets_on(stage: &Stage, gone: &Instance, mark: &Mark, since: Instant) -> Took {
    vec![gets_on((&stage.primary, &stage.asker), &stage.instances, gone.role, mark, since, Some(gone)).await]
}

async fn lost_host(stage: &Stage, role: &'static str, random: &mut Random, and: impl FnOnce(&Stage)) -> Took {
    let (lost, mark) = (stage.leader(role).await, Mark::read(&stage.primary));
    if role == API {
        lost.road.set(Passage::Silent);
    } else {
        silence(lost, random).await;
        lost.road.set(Passage::Silent);
    }
    and(stage);
    let since = Instant::now();
    let took = another_gets_on(stage, lost, &mark, since).await;
    tokio::time::sleep(LONG.saturating_sub(since.elapsed())).await;
    // What it had begun goes on, or has been lost on the way.
    lost.road.set([Passage::Open, Passage::Closed][random.place(2)]);
    lost.road.set(Passage::Open);
    took
}

async fn lost_connections(stage: &Stage, role: &'static str, random: &mut Random) -> Took {
    let leader = stage.leader(role).await;
    silence(leader, random).await;
    leader.road.abandon();
    let (mark, since) = (Mark::read(&stage.primary), Instant::now());
    // Whoever it is.
    vec![gets_on((&stage.primary, &stage.asker), &stage.instances, role, &mark, since, None).await]
}

async fn asleep(stage: &Stage, role: &'static str) -> Took {
    let (leader, mark) = (stage.leader(role).await, Mark::read(&stage.primary));
    leader.signal(Signal::STOP);
    let since = Instant::now();
    let took = another_gets_on(stage, leader, &mark, since).await;
    tokio::time::sleep(LONG.saturating_sub(since.elapsed())).await;
    leader.signal(Signal::CONT);
    took
}

async fn held(stage: &Stage, table: &str, random: &mut Random) -> Took {
    let seconds = 2 + random.place(5);
    let hold = format!("begin; select 1 from {table} for update; select pg_sleep({seconds}); commit");
    tokio::task::block_in_place(|| stage.primary.run("linkpool", &hold)).unwrap();
    all_get_on(stage, Instant::now()).await
}

async fn hung_commits(stage: &Stage, random: &mut Random) -> Took {
    let standby = stage.standby.as_ref().unwrap();
    let receiver = standby.run("postgres", "select pid from pg_stat_wal_receiver").unwrap().concat();
    let receiver = Pid::from_raw(receiver.parse().unwrap()).unwrap();
    kill_process(receiver, Signal::STOP).unwrap();
    tokio::time::sleep(Duration::from_secs(2 + random.place(5) as u64)).await;
    kill_process(receiver, Signal::CONT).unwrap();
    all_get_on(stage, Instant::now()).await
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailOver => f.write_str("fail-over"),
            Self::LostServer => f.write_str("lost server"),
            Self::ReadOnly => f.write_str("read-only"),
            Self::Clock => f.write_str("clock set"),
            Self::LostHost(role) => write!(f, "{role} cut off in a write"),
            Self::LostHostAndClock(role) => write!(f, "{role} cut off, clock set back"),
            Self::LostConnections(role) => write!(f, "connections of {role} lost in a write"),
            Self::Asleep(role) => write!(f, "{role} asleep"),
            Self::Held(table) => write!(f, "rows of {table} held"),
            Self::HungCommits => f.write_str("hung commits"),
        }
    }
}
