//! What befalls the roles, and from when on their work could be done again.

use std::{
    fmt,
    time::{Duration, Instant},
};

use linkpool_replay::random::Random;
use linkpool_testkit::tcp_proxy::{Commit, Passage};
use rustix::process::{Pid, Signal, kill_process};

use super::{
    fixture::OutageFixture,
    instance::{API, EARNINGS, FLEET, INDEX, Instance, REGISTRAR},
    work::{Mark, gets_on},
};

/// The roles of which something is seen when they work.
const WORKING: [&str; 5] = [INDEX, API, REGISTRAR, FLEET, EARNINGS];
/// How long one waits for a commit to be silent at: a role without work makes none.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(3);
/// Longer than every lease.
const OUTAGE_DURATION: Duration = Duration::from_secs(7);

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
    let mut bag = vec![FailOver, LostServer, ReadOnly, Clock, HungCommits, Asleep(INDEX), Asleep(REGISTRAR), Asleep(EARNINGS)];
    bag.extend(WORKING.map(LostHost));
    for role in [INDEX, REGISTRAR, FLEET, EARNINGS] {
        bag.extend([LostHostAndClock(role), LostConnections(role)]);
    }
    bag.extend(["cursor", "lease", "signer", "fleet_node", "earnings_source"].map(Held));
    random.shuffle(&mut bag);
    bag
}

impl Fault {
    /// For a test that has no time for more than one.
    pub fn of_every_day(seed: u64) -> Self {
        [Self::LostServer, Self::LostHost(INDEX), Self::LostHost(REGISTRAR), Self::LostHost(FLEET), Self::LostHost(EARNINGS)]
            [(seed % 5) as usize]
    }

    /// Does it, and gives how long it took each role to get on with its work.
    pub async fn carry_out(self, outage: &mut OutageFixture, random: &mut Random) -> Took {
        outage.with_standby().await;
        match self {
            Self::FailOver => fail_over(outage, Passage::Closed).await,
            Self::LostServer => fail_over(outage, Passage::Open).await,
            Self::ReadOnly => read_only(outage, random).await,
            Self::Clock => {
                set_clock(outage, ["+", "-"][random.index(2)]);
                all_get_on(outage, Instant::now()).await
            }
            Self::LostHost(role) => lost_host(outage, role, random, |_| {}).await,
            Self::LostHostAndClock(role) => lost_host(outage, role, random, |outage| set_clock(outage, "+")).await,
            Self::LostConnections(role) => lost_connections(outage, role, random).await,
            Self::Asleep(role) => asleep(outage, role).await,
            Self::Held(table) => held(outage, table, random).await,
            Self::HungCommits => hung_commits(outage, random).await,
        }
    }
}

async fn all_get_on(outage: &OutageFixture, since: Instant) -> Took {
    let mark = Mark::read(&outage.primary);
    let roles = WORKING.map(|role| gets_on((&outage.primary, &outage.asker), &outage.instances, role, &mark, since, None));
    futures_util::future::join_all(roles).await
}

async fn fail_over(outage: &mut OutageFixture, old_connections: Passage) -> Took {
    let tcp_proxies = || outage.instances.iter().map(|instance| &instance.tcp_proxy);
    match old_connections {
        Passage::Closed => {
            outage.primary.process().end_now(Signal::QUIT);
            tcp_proxies().for_each(|tcp_proxy| tcp_proxy.set(Passage::Closed));
        }
        _ => {
            tcp_proxies().for_each(|tcp_proxy| tcp_proxy.abandon());
            outage.primary.process().end_now(Signal::QUIT);
        }
    }
    let standby = outage.standby.take().unwrap();
    standby.promote().unwrap();
    for tcp_proxy in tcp_proxies() {
        tcp_proxy.lead_to(standby.port());
        tcp_proxy.set(Passage::Open);
    }
    outage.primary = standby;
    all_get_on(outage, Instant::now()).await
}

async fn read_only(outage: &OutageFixture, random: &mut Random) -> Took {
    let server = &outage.primary;
    let set = |what: &str| server.run("postgres", &format!("alter database linkpool {what}")).unwrap();
    set("set default_transaction_read_only = on");
    server.run("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'linkpool'").unwrap();
    tokio::time::sleep(Duration::from_secs(1 + random.index(4) as u64)).await;
    set("reset default_transaction_read_only");
    all_get_on(outage, Instant::now()).await
}

fn set_clock(outage: &OutageFixture, sign: &str) {
    let step = format!("update lease set expires_at = expires_at {sign} interval '1 hour'");
    outage.primary.run("linkpool", &step).unwrap();
}

/// The road goes silent with the next commit, if one comes.
async fn silence(instance: &Instance, random: &mut Random) {
    instance.tcp_proxy.silence_at([Commit::Lost, Commit::Unanswered][random.index(2)]);
    let _ = tokio::time::timeout(SILENCE_TIMEOUT, instance.tcp_proxy.silent()).await;
}

async fn another_gets_on(outage: &OutageFixture, gone: &Instance, mark: &Mark, since: Instant) -> Took {
    vec![gets_on((&outage.primary, &outage.asker), &outage.instances, gone.role, mark, since, Some(gone)).await]
}

async fn lost_host(outage: &OutageFixture, role: &'static str, random: &mut Random, and: impl FnOnce(&OutageFixture)) -> Took {
    let (lost, mark) = (outage.leader(role).await, Mark::read(&outage.primary));
    if role == API {
        lost.tcp_proxy.set(Passage::Silent);
    } else {
        silence(lost, random).await;
        lost.tcp_proxy.set(Passage::Silent);
    }
    and(outage);
    let since = Instant::now();
    let took = another_gets_on(outage, lost, &mark, since).await;
    tokio::time::sleep(OUTAGE_DURATION.saturating_sub(since.elapsed())).await;
    // What it had begun goes on, or has been lost on the way.
    lost.tcp_proxy.set([Passage::Open, Passage::Closed][random.index(2)]);
    lost.tcp_proxy.set(Passage::Open);
    took
}

async fn lost_connections(outage: &OutageFixture, role: &'static str, random: &mut Random) -> Took {
    let leader = outage.leader(role).await;
    silence(leader, random).await;
    leader.tcp_proxy.abandon();
    let (mark, since) = (Mark::read(&outage.primary), Instant::now());
    // Whoever it is.
    vec![gets_on((&outage.primary, &outage.asker), &outage.instances, role, &mark, since, None).await]
}

async fn asleep(outage: &OutageFixture, role: &'static str) -> Took {
    let (leader, mark) = (outage.leader(role).await, Mark::read(&outage.primary));
    leader.signal(Signal::STOP);
    let since = Instant::now();
    let took = another_gets_on(outage, leader, &mark, since).await;
    tokio::time::sleep(OUTAGE_DURATION.saturating_sub(since.elapsed())).await;
    leader.signal(Signal::CONT);
    took
}

async fn held(outage: &OutageFixture, table: &str, random: &mut Random) -> Took {
    let seconds = 2 + random.index(5);
    let hold = format!("begin; select 1 from {table} for update; select pg_sleep({seconds}); commit");
    tokio::task::block_in_place(|| outage.primary.run("linkpool", &hold)).unwrap();
    all_get_on(outage, Instant::now()).await
}

async fn hung_commits(outage: &OutageFixture, random: &mut Random) -> Took {
    let standby = outage.standby.as_ref().unwrap();
    let receiver = standby.run("postgres", "select pid from pg_stat_wal_receiver").unwrap().concat();
    let receiver = Pid::from_raw(receiver.parse().unwrap()).unwrap();
    kill_process(receiver, Signal::STOP).unwrap();
    tokio::time::sleep(Duration::from_secs(2 + random.index(5) as u64)).await;
    kill_process(receiver, Signal::CONT).unwrap();
    all_get_on(outage, Instant::now()).await
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
