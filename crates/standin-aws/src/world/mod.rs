//! What there is in the stand-in's account, and what becomes of it with time. Nothing here runs or waits: time is told, and what is to be
//! run is returned.

mod definition;
mod history;
mod schedule;
mod service;
mod task;
#[cfg(test)]
mod tests;
mod view;

use std::{sync::Arc, time::Duration};

use self::history::History;
pub use self::{
    definition::{Definition, HealthCheck},
    service::{Breaker, Rollout, Service, ServiceStatus},
    task::{Health, Status, Task},
    view::View,
};
use crate::dice::Dice;

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "us-east-1";
pub const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

/// What AWS's own steps take, on AWS.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// From a task's making until its container runs.
    pub start: Duration,
    /// From its container's end until it is stopped.
    pub end: Duration,
    /// After which a stopped task is not told of any more.
    pub told: Duration,
    /// After which a deleted service is not told of any more.
    pub forgotten: Duration,
}

impl Times {
    pub fn at_pace(pace: u32) -> Self {
        let seconds = |seconds: u64| Duration::from_secs(seconds) / pace.max(1);
        Self { start: seconds(30), end: seconds(10), told: seconds(3_600), forgotten: seconds(3_600) }
    }
}

/// What whoever runs containers is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Start(Arc<Task>, Arc<Definition>),
    /// SIGTERM, and SIGKILL after the time that its definition says.
    Terminate(String),
}

#[derive(Debug)]
pub struct World {
    pub now: Duration,
    pub dice: Dice,
    pub view: View,
    pub times: Times,
    pub has_capacity: bool,
    history: History,
    /// The middle of its tasks' addresses, so that no two stand-ins of a machine have the same.
    pub network: [u8; 2],
    last_host: u8,
}

impl World {
    pub fn new(seed: u64, times: Times) -> Self {
        Self {
            now: Duration::ZERO,
            dice: Dice::new(seed),
            view: View::default(),
            times,
            has_capacity: true,
            history: History::default(),
            network: [127, 1],
            last_host: 0,
        }
    }

    /// As a reader sees it: as it was up to `lag` ago.
    pub fn seen(&mut self, lag: Duration) -> View {
        let age = Duration::from_micros(self.dice.below(u64::try_from(lag.as_micros()).unwrap_or(u64::MAX)));
        self.history.at(self.now.saturating_sub(age)).unwrap_or_else(|| self.view.clone())
    }

    /// Whoever changed something says so, that later readers may see it as it is now.
    pub fn remember(&mut self, lag: Duration) {
        self.history.keep(self.now, &self.view, lag);
    }

    pub fn service_mut(&mut self, name: &str) -> Option<&mut Service> {
        self.view.services.get_mut(name).map(Arc::make_mut)
    }

    pub fn task_mut(&mut self, arn: &str) -> Option<&mut Task> {
        self.view.tasks.get_mut(arn).map(Arc::make_mut)
    }

    /// A loopback address that no other task has, as its network interface would; `None` once all are taken.
    fn next_address(&mut self) -> Option<std::net::Ipv4Addr> {
        let [high, low] = self.network;
        for _ in 0..=u8::MAX {
            self.last_host = self.last_host.checked_add(1).unwrap_or(1);
            let address = std::net::Ipv4Addr::new(127, high, low, self.last_host);
            if !self.view.tasks.values().any(|task| task.address == address && !task.is_over()) {
                return Some(address);
            }
        }
        None
    }
}
