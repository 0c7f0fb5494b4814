//! Tasks.

use std::{net::Ipv4Addr, time::Duration};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Provisioning,
    Pending,
    Running,
    /// It was asked to end.
    Stopping,
    /// Its container has ended.
    Deprovisioning,
    Stopped,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// What its container's health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Unknown,
    Healthy,
    Unhealthy,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub arn: String,
    pub group: String,
    pub service: String,
    pub definition: String,
    pub address: Ipv4Addr,
    pub zone: &'static str,
    pub status: Status,
    /// Whether it is to run.
    pub is_wanted: bool,
    pub health: Health,
    pub has_check: bool,
    /// Its service takes another one for it: it is sick, its host goes away, or it stands in the wrong zone.
    pub leaves: Option<&'static str>,
    pub made: Duration,
    pub started: Option<Duration>,
    pub ended: Option<Duration>,
    pub stop_code: Option<&'static str>,
    pub reason: Option<String>,
    pub exit_code: Option<i32>,
    /// Raised with each change.
    pub version: u32,
}

impl Task {
    /// Whether its service counts it as one that runs well.
    pub fn is_well(&self) -> bool {
        let is_healthy = if self.has_check { self.health == Health::Healthy } else { true };
        self.is_wanted && self.status == Status::Running && is_healthy && self.leaves.is_none()
    }

    pub fn is_over(&self) -> bool {
        self.status == Status::Stopped
    }

    /// The last part of its ARN.
    pub fn id(&self) -> &str {
        crate::request::name_of(&self.arn)
    }
}
