//! What an operator writes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Longest spec of a job. A node takes requests of 32,768 bytes, in which a line break is two.
pub const MAX_JOB_BYTES: usize = 16 * 1024;

/// Longest set, as JSON.
pub const MAX_SET_BYTES: usize = 1024 * 1024;

/// Everything that the nodes shall have, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobSet {
    #[serde(default)]
    pub bridges: BTreeMap<String, Bridge>,
    #[serde(default)]
    pub jobs: BTreeMap<String, Job>,
}

/// The way to an external adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bridge {
    /// May hold variables.
    pub url: String,
    #[serde(default)]
    pub confirmations: u32,
    /// In juels, as a decimal string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_contract_payment: Option<String>,
    /// The ids of the nodes that get it; all where it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<BTreeSet<String>>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The spec as a node takes it, with variables, and without `externalJobID`, which is made for each node.
    pub toml: String,
    /// The ids of the nodes that get it; all where it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<BTreeSet<String>>,
}

/// Whether an item that is for `nodes` is for this one.
pub(crate) fn is_for(nodes: Option<&BTreeSet<String>>, node_id: &str) -> bool {
    nodes.is_none_or(|nodes| nodes.contains(node_id))
}
