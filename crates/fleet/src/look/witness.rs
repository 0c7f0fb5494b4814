//! What the nodes' Postgres says of their processes: which are connected, when it last heard from each, and which holds the lease.
//!
//! Asked once a second for all nodes together; the lease, which lies in each node's own database, at once where a node's processes
//! have changed or its lease is nobody's who lives, and else every few seconds.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use linkpool_health::DeduplicatedLog;
use linkpool_node_postgres::{Lease, NodeDatabase, NodeProcess, Server};
use tokio::{task::JoinSet, time::MissedTickBehavior};

use super::sockets::ports_of;

const TICK_INTERVAL: Duration = Duration::from_secs(1);
/// Time between two looks at a lease that nothing has happened to.
const LEASE_INTERVAL: Duration = Duration::from_secs(5);
/// A process that was not heard of for this long may be losing its lease.
const QUIET_AGE: Duration = Duration::from_secs(2);
/// What was seen longer ago says nothing of now.
const FRESH_AGE: Duration = Duration::from_secs(4);

/// How a process is told from the others of its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// One of this machine, by the ports that it has.
    Process(i32),
    /// One that is alone at its address.
    At(IpAddr),
}

/// What is known of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Testimony {
    /// The server was not asked, or did not answer: nothing follows from it.
    Unknown,
    /// It is not connected.
    Absent,
    Connected {
        /// How long the server has not heard from it.
        silent: Duration,
        /// Whether it holds the node's lease; `None` while that is not known.
        holds: Option<bool>,
    },
}

/// Sees the processes of all nodes of a server.
#[derive(Debug)]
pub struct Witness {
    server: Server,
    /// Of the databases' names.
    prefix: &'static str,
    seen: Arc<Mutex<Seen>>,
    task: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Seen {
    at: Option<Instant>,
    processes: HashMap<String, Vec<NodeProcess>>,
    leases: HashMap<String, LeaseSight>,
    /// What is needed to ask for a node's lease.
    databases: HashMap<String, NodeDatabase>,
    /// The ids of which it is known whose they are.
    claimed: HashSet<String>,
}

#[derive(Debug, Clone)]
struct LeaseSight {
    lease: Option<Lease>,
    at: Instant,
    /// Which processes were there when it was asked for.
    processes: BTreeSet<String>,
}

impl LeaseSight {
    /// Whether it is to be asked for again.
    fn is_due(&self, processes: &BTreeSet<String>, is_quiet: bool) -> bool {
        let is_settled = self.lease.as_ref().is_some_and(|lease| lease.is_held && processes.contains(&lease.holder));
        is_quiet || !is_settled || self.processes != *processes || self.at.elapsed() >= LEASE_INTERVAL
    }
}

impl Witness {
    pub fn new(server: Server, prefix: &'static str) -> Self {
        Self { server, prefix, seen: Arc::default(), task: Mutex::default() }
    }

    /// Looks from now on, until it is dropped. Must be called inside a tokio runtime; a second call changes nothing.
    pub fn begin(&self) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.get_or_insert_with(|| tokio::spawn(look(self.server.clone(), self.prefix, self.seen.clone())));
    }

    /// From now on the lease of this node is looked at.
    pub fn know(&self, database: NodeDatabase) {
        locked(&self.seen).databases.insert(database.name().to_owned(), database);
    }

    /// What is known of a process of a node. `known` is its id, once that has been found out.
    pub fn of(&self, node_id: &str, which: Which, known: &mut Option<String>) -> Testimony {
        let database = &format!("{}{node_id}", self.prefix);
        let mut seen = locked(&self.seen);
        if seen.at.is_none_or(|at| at.elapsed() > FRESH_AGE) {
            return Testimony::Unknown;
        }
        let Some(processes) = seen.processes.get(database) else { return Testimony::Absent };
        if known.is_none() {
            let found = match which {
                Which::Process(pid) => {
                    let ports = ports_of(pid);
                    processes.iter().find(|process| process.ports.iter().any(|port| ports.contains(port)))
                }
                Which::At(address) => processes.iter().find(|process| process.addresses.contains(&address)),
            };
            *known = found.map(|process| process.id.clone());
        }
        let found = processes.iter().find(|process| Some(&process.id) == known.as_ref());
        let Some(process) = found.cloned() else {
            // Somebody is connected of whom it is not known who: through a proxy, or our user may not see the ports.
            let is_known = processes.iter().all(|process| seen.claimed.contains(&process.id));
            return if is_known { Testimony::Absent } else { Testimony::Unknown };
        };
        seen.claimed.insert(process.id.clone());
        let lease = seen.leases.get(database).filter(|lease| lease.processes.contains(&process.id));
        let holds = lease.map(|sight| sight.lease.as_ref().is_some_and(|it| it.is_held && it.holder == process.id));
        Testimony::Connected { silent: process.silent, holds }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn look(server: Server, prefix: &'static str, seen: Arc<Mutex<Seen>>) {
    let mut ticks = tokio::time::interval(TICK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // At most one question a node: one that hangs is not asked again beside it.
    let (mut asked, mut asking) = (JoinSet::new(), BTreeSet::new());
    let mut unseen = DeduplicatedLog::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => match server.processes(prefix).await {
                Ok(processes) => {
                    unseen.over();
                    for (database, processes) in due(&seen, processes) {
                        if asking.insert(database.name().to_owned()) {
                            asked.spawn(async move { (database.name().to_owned(), processes, database.lease().await) });
                        }
                    }
                }
                Err(error) => unseen.warn(&error, "the nodes' Postgres does not say which nodes run; nothing is judged by it"),
            },
            Some(answer) = asked.join_next() => {
                let Ok((name, processes, lease)) = answer else { continue };
                asking.remove(&name);
                // Of one that can't be asked nothing new is known.
                if let Ok(lease) = lease {
                    locked(&seen).leases.insert(name, LeaseSight { lease, at: Instant::now(), processes });
                }
            }
        }
    }
}

/// Stores what was seen; returns the databases whose lease is to be asked for, each with the processes that it has now.
fn due(seen: &Mutex<Seen>, processes: Vec<NodeProcess>) -> Vec<(NodeDatabase, BTreeSet<String>)> {
    let mut of_database = HashMap::<String, Vec<NodeProcess>>::new();
    for process in processes {
        of_database.entry(process.database.clone()).or_default().push(process);
    }
    let mut seen = locked(seen);
    seen.at = Some(Instant::now());
    seen.leases.retain(|name, _| of_database.contains_key(name));
    let living: HashSet<&str> = of_database.values().flatten().map(|process| process.id.as_str()).collect();
    seen.claimed.retain(|id| living.contains(id.as_str()));
    seen.processes = of_database;
    let mut due = Vec::new();
    for (name, processes) in &seen.processes {
        let ids: BTreeSet<String> = processes.iter().map(|process| process.id.clone()).collect();
        let is_quiet = processes.iter().any(|process| process.silent >= QUIET_AGE);
        if seen.leases.get(name).is_none_or(|sight| sight.is_due(&ids, is_quiet)) {
            due.extend(seen.databases.get(name).map(|database| (database.clone(), ids)));
        }
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(lease: Option<(&str, bool)>, age: Duration) -> LeaseSight {
        let lease = lease.map(|(holder, is_held)| Lease { holder: holder.into(), is_held });
        LeaseSight { lease, at: Instant::now().checked_sub(age).unwrap_or_else(Instant::now), processes: ids(&["a", "b"]) }
    }

    fn ids(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    /// A witness that saw this a moment ago.
    fn saw(processes: &[(&str, &[u16])]) -> Witness {
        let witness = Witness::new(Server::new(&linkpool_chainlink::Secret::new("postgres://u:p@h/x")).unwrap(), "node_");
        let process = |(id, ports): &(&str, &[u16])| NodeProcess {
            database: "node_1".into(),
            id: (*id).into(),
            ports: ports.to_vec(),
            addresses: vec![IpAddr::from([10, 0, 0, 1])],
            silent: Duration::ZERO,
        };
        due(&witness.seen, processes.iter().map(process).collect());
        witness
    }

    #[test]
    fn a_process_is_absent_only_where_all_that_are_connected_are_known_to_be_others() {
        let (own, mut found) = (i32::try_from(std::process::id()).unwrap(), None);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let port = stream.local_addr().unwrap().port();
        assert_eq!(saw(&[]).of("1", Which::Process(own), &mut None), Testimony::Absent);
        // Not by its ports: it may be this one, behind a proxy, or where our user sees no ports.
        assert_eq!(saw(&[("a", &[])]).of("1", Which::Process(own), &mut None), Testimony::Unknown);
        let witness = saw(&[("a", &[port])]);
        assert!(matches!(witness.of("1", Which::Process(own), &mut found), Testimony::Connected { holds: None, .. }));
        assert_eq!(found.as_deref(), Some("a"));
        assert_eq!(witness.of("1", Which::Process(1), &mut None), Testimony::Absent, "the one that is connected is another");
        let at = |last| Which::At(IpAddr::from([10, 0, 0, last]));
        assert!(matches!(witness.of("1", at(1), &mut None), Testimony::Connected { .. }));
        assert_eq!(witness.of("1", at(2), &mut None), Testimony::Absent);
        let never = Witness::new(Server::new(&linkpool_chainlink::Secret::new("postgres://u:p@h/x")).unwrap(), "node_");
        assert_eq!(never.of("1", Which::Process(own), &mut None), Testimony::Unknown);
    }

    #[test]
    fn a_lease_is_asked_for_again_when_something_has_happened_and_else_every_five_seconds() {
        let (now, both) = (Duration::ZERO, ids(&["a", "b"]));
        assert!(!sight(Some(("a", true)), now).is_due(&both, false));
        assert!(sight(Some(("a", true)), now).is_due(&both, true), "one was not heard of");
        assert!(sight(Some(("a", true)), LEASE_INTERVAL).is_due(&both, false), "it is old");
        assert!(sight(Some(("a", true)), now).is_due(&ids(&["a"]), false), "a process has gone");
        assert!(sight(Some(("a", false)), now).is_due(&both, false), "it has run out");
        assert!(sight(Some(("c", true)), now).is_due(&both, false), "it is held by one that is gone");
        assert!(sight(None, now).is_due(&both, false), "nobody has it yet");
    }
}
