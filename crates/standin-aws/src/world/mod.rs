//! What there is in the stand-in's account, and what becomes of it with time. Nothing here runs or waits: time is told, and what is to be
//! run is returned.

mod definition;
mod history;
mod schedule;
mod service;
mod task;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use self::history::History;
pub use self::{
    definition::{Definition, HealthCheck},
    service::{Breaker, Rollout, Service, ServiceStatus},
    task::{Health, Status, Task},
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

/// One state of the account.
#[derive(Debug, Clone, Default)]
pub struct View {
    pub clusters: BTreeMap<String, Arc<str>>,
    pub definitions: BTreeMap<String, Arc<Definition>>,
    pub services: BTreeMap<String, Arc<Service>>,
    pub tasks: BTreeMap<String, Arc<Task>>,
}

#[derive(Debug)]
pub struct World {
    pub now: Duration,
    pub dice: Dice,
    pub view: View,
    pub times: Times,
    pub has_capacity: bool,
    history: History,
    tasks_made: u32,
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
            tasks_made: 0,
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

    /// A loopback address of its own, as a task's network interface would have one.
    fn next_address(&mut self) -> std::net::Ipv4Addr {
        self.tasks_made += 1;
        let [_, high, middle, low] = (self.tasks_made + 255).to_be_bytes();
        // Beside 127.0.0.0/16, where everybody else is.
        std::net::Ipv4Addr::new(127, 64 + (high & 0x3f), middle, low)
    }
}
