//! Services.

use std::{collections::VecDeque, time::Duration};

use serde_json::Value;

/// Most events that AWS tells of one.
const MAX_EVENTS: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceStatus {
    Active,
    /// Deleted, while tasks of it are left. Its name is not free yet.
    Draining,
    Inactive,
}

/// What became of its deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollout {
    InProgress,
    Completed,
    /// No task is started any more.
    Failed,
}

/// When a deployment counts as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    pub failures: u32,
    pub resets_on_healthy: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    pub arn: String,
    pub name: String,
    pub status: ServiceStatus,
    /// When it came to that.
    pub since: Duration,
    pub made: Duration,
    pub desired: u32,
    /// Of a definition's revision.
    pub definition: String,
    /// In percent of what is desired.
    pub maximum: u32,
    pub rebalances: bool,
    pub breaker: Option<Breaker>,
    pub rollout: Rollout,
    pub deployment_id: String,
    pub failed_tasks: u32,
    /// Of its making.
    pub token: Option<String>,
    /// As it was asked for.
    pub told: Value,
    /// The newest first.
    pub events: VecDeque<(Duration, String)>,
}

impl Service {
    pub fn tell(&mut self, now: Duration, event: &str) {
        // AWS does not repeat one at once either.
        if self.events.front().is_none_or(|(_, last)| last != event) {
            self.events.push_front((now, event.to_owned()));
            self.events.truncate(MAX_EVENTS);
        }
    }

    /// `service:` and its name, which is what its tasks' group is.
    pub fn group(&self) -> String {
        format!("service:{}", self.name)
    }
}
