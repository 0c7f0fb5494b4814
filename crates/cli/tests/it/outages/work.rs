//! Whether the work of a role gets on, whoever does it: told by the database and by those who do it.

use std::time::{Duration, Instant};

use linkpool_testkit::Postgres;

use super::{
    health::Asker,
    instance::{API, EARNINGS, FLEET, INDEX, Instance, REGISTRAR},
};
use crate::fixture::ACCOUNT;

const WAIT_TIMEOUT: Duration = Duration::from_secs(90);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Where the work of every role stood at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Epoch and end of a lease: a new end is a new turn.
    index: Held,
    registrar: Held,
    fleet: Held,
    earnings: Held,
    block: (u64, String),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Held {
    epoch: u64,
    ends: String,
}

impl Mark {
    /// What the server says; asked over its own socket, which no fault is on.
    pub fn read(server: &Postgres) -> Self {
        let ask = |sql: &str| server.run("linkpool", sql).unwrap_or_default();
        let held = |names: &str| {
            let row = ask(&format!("select epoch || ' ' || expires_at from lease where name {names}")).concat();
            let (epoch, ends) = row.split_once(' ').unwrap_or(("0", ""));
            Held { epoch: epoch.parse().unwrap(), ends: ends.to_owned() }
        };
        let block = ask("select block_number || ' ' || block_hash::text from cursor").concat();
        let (number, hash) = block.split_once(' ').unwrap_or(("0", ""));
        Self {
            index: held("= 'indexer'"),
            registrar: held(&format!("= 'signer/31337/{ACCOUNT:#x}'")),
            fleet: held("= 'fleet'"),
            // Who passes on has an account of its own; nobody else sends from another.
            earnings: held(&format!("like 'signer/%' and name <> 'signer/31337/{ACCOUNT:#x}'")),
            block: (number.parse().unwrap(), hash.to_owned()),
        }
    }

    fn held(&self, role: &str) -> &Held {
        match role {
            INDEX => &self.index,
            REGISTRAR => &self.registrar,
            FLEET => &self.fleet,
            EARNINGS => &self.earnings,
            _ => unreachable!("{role} has no lease"),
        }
    }
}

/// Waits until the work of `role` gets on from `mark`, and gives how long after `since` it did. `but` is an instance that can't do
/// it: another has to take over.
pub async fn gets_on(
    (server, asker): (&Postgres, &Asker),
    instances: &[Instance],
    role: &'static str,
    mark: &Mark,
    since: Instant,
    but: Option<&Instance>,
) -> (&'static str, Duration) {
    let others: Vec<&Instance> =
        instances.iter().filter(|one| one.role == role && but.is_none_or(|but| !std::ptr::eq(*one, but))).collect();
    let mut mark = mark.clone();
    let mut is_passed_on = but.is_none();
    loop {
        let now = Mark::read(server);
        let works = match role {
            // Every one of them, because they share nothing.
            API => {
                let served = futures_util::future::join_all(others.iter().map(|one| asker.serves(one))).await;
                served.iter().all(|block| block.is_some_and(|block| block >= mark.block.0))
            }
            _ if !is_passed_on => {
                is_passed_on = now.held(role).epoch > mark.held(role).epoch;
                // What the one that is gone had begun does not count.
                mark = now.clone();
                false
            }
            INDEX => now.block.1 != mark.block.1,
            _ => {
                let leads = futures_util::future::join_all(others.iter().map(|one| asker.leads(one))).await;
                now.held(role) != mark.held(role) && leads.contains(&true)
            }
        };
        if works {
            return (role, since.elapsed());
        }
        assert!(
            since.elapsed() < WAIT_TIMEOUT,
            "{role} makes no progress from {mark:?}: {now:?}\n{}",
            instances.iter().filter(|one| one.role == role).map(Instance::tail).collect::<String>()
        );
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
