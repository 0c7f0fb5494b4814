//! What AWS answers, as far as it is read.

use std::net::IpAddr;

use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Service {
    pub service_name: String,
    pub status: String,
    pub desired_count: u32,
    pub running_count: u32,
    pub pending_count: u32,
    pub task_definition: String,
    #[serde(default)]
    pub deployments: Vec<Deployment>,
    #[serde(default)]
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployment {
    pub status: String,
    pub rollout_state: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Event {
    pub message: String,
}

impl Service {
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE"
    }

    /// Nothing of it runs or is to run.
    pub fn is_empty(&self) -> bool {
        self.desired_count == 0 && self.running_count == 0 && self.pending_count == 0
    }

    /// ECS starts nothing any more until it is told to try again.
    pub fn has_failed(&self) -> bool {
        let primary = self.deployments.iter().find(|deployment| deployment.status == "PRIMARY");
        primary.is_some_and(|deployment| deployment.rollout_state.as_deref() == Some("FAILED"))
    }

    /// Why no task is started, where it says so.
    pub fn trouble(&self) -> Option<&str> {
        let last = self.events.first().map(|event| event.message.as_str());
        last.filter(|message| message.contains("unable to") || message.contains("failed"))
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Task {
    pub task_arn: String,
    #[serde(default)]
    pub group: String,
    pub last_status: String,
    pub desired_status: String,
    pub stopped_reason: Option<String>,
    #[serde(default)]
    pub containers: Vec<Container>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Container {
    pub exit_code: Option<i32>,
    #[serde(default)]
    pub network_interfaces: Vec<Interface>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Interface {
    pub private_ipv4_address: Option<String>,
}

impl Task {
    /// Its container runs no more, and never will again.
    pub fn has_ended(&self) -> bool {
        matches!(self.last_status.as_str(), "DEPROVISIONING" | "STOPPED" | "DELETED")
    }

    /// Its container may run.
    pub fn runs(&self) -> bool {
        matches!(self.last_status.as_str(), "RUNNING" | "DEACTIVATING" | "STOPPING")
    }

    pub fn is_wanted(&self) -> bool {
        self.desired_status == "RUNNING"
    }

    pub fn address(&self) -> Option<IpAddr> {
        let mut all = self.containers.iter().flat_map(|container| &container.network_interfaces);
        all.find_map(|interface| interface.private_ipv4_address.as_ref()?.parse().ok())
    }

    /// Why it ended, in AWS's words.
    pub fn ending(&self) -> String {
        let code = self.containers.iter().find_map(|container| container.exit_code);
        let code = code.map(|code| format!(" (exit code {code})")).unwrap_or_default();
        format!("{}{code}", self.stopped_reason.as_deref().unwrap_or("AWS does not say why"))
    }
}
