//! What the operator's calls take and answer. The server writes these types and the command line reads them, so neither can
//! know a field that the other does not.

use std::{fmt::Display, str::FromStr};

use chrono::{DateTime, Utc};
use linkpool_db::fleet::{Ending, PairHealth, Phase, ProofMode, ReplicaState, Source};
use linkpool_jobs::{Change, JobSet, Progress};
use linkpool_primitives::{ItemKind, NodeStatus, printable, words};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::work_types::NodeWork;

/// The form of every answer, as in the public API.
#[derive(Debug, Serialize, Deserialize)]
pub struct Envelope<T> {
    pub data: T,
}

/// One of an enum's words: one that this version does not know is an error that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<T>(pub T);

impl<T: Display> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let unknown = |_| D::Error::custom(format!("`{}` is a word that this version does not know", printable(&text, 64)));
        text.parse().map(Self).map_err(unknown)
    }
}

/// `POST /nodes`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateNodes {
    /// So many more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u16>,
    /// As many as the fleet is to have in all; never fewer than it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u16>,
    #[serde(default)]
    pub reason: Option<String>,
    /// Says what would be done, and does nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /nodes/{id}/close` and what else is done with a node that is there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    pub reason: String,
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /adoptions`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    /// What the contract has. Without it, `lost_node_id` says which node shows its wallet itself.
    #[serde(default)]
    pub wallet: Option<String>,
    /// The node that has the wallet; without, it becomes a node that nobody here runs.
    #[serde(default)]
    pub node_id: Option<String>,
    /// The id that a node of the fleet had before the database was restored from a dump older than it.
    #[serde(default)]
    pub lost_node_id: Option<String>,
    pub reason: String,
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /nodes/{id}/operator`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorContract {
    /// The Operator contract whose requests the node answers; null takes it away. To leave it out is a mistake and not null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub operator: Option<String>,
    pub reason: String,
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /nodes/{id}/name`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicName {
    /// Null takes it away. To leave it out is a mistake and not null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub name: Option<String>,
    pub reason: String,
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST /nodes/{id}/stop`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopNode {
    pub reason: String,
    #[serde(default)]
    pub dry_run: bool,
    /// Also where people have stake on it.
    #[serde(default)]
    pub force: bool,
}

words! {
    /// What an operator has done about a node; all but `adopt` are the last part of the call's path.
    pub enum ActionName {
        Close = "close",
        Reopen = "reopen",
        Quarantine = "quarantine",
        Release = "release",
        Adopt = "adopt",
        /// Names the node's Operator contract.
        Operator = "operator",
        /// Names the node for the public.
        Name = "name",
        /// Closes it, and stops it once it is retired and empty.
        Drain = "drain",
        /// Ends its replicas.
        Stop = "stop",
        Start = "start",
    }
}

words! {
    /// What became of a call.
    pub enum Outcome {
        /// The registrar does it on chain.
        Asked = "asked",
        Done = "done",
        /// It was asked for or done before.
        Repeated = "repeated",
    }
}

/// What was done, or would be.
#[derive(Debug, Serialize, Deserialize)]
pub struct ActionAnswer {
    pub node_id: Option<String>,
    pub action: Word<ActionName>,
    pub outcome: Word<Outcome>,
    pub dry_run: bool,
}

/// `POST /jobs`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyJobs {
    /// Everything that the nodes shall have. What is not in it is taken away again.
    pub set: JobSet,
    pub reason: String,
    #[serde(default)]
    pub dry_run: bool,
    /// The version that it is made from: where another is the newest, nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

words! {
    /// What became of a set.
    pub enum JobsOutcome {
        /// It counts; the fleet gives it to the nodes.
        Stored = "stored",
        /// The newest says the same.
        Unchanged = "unchanged",
    }
}

/// What a set changes, or would.
#[derive(Debug, Serialize, Deserialize)]
pub struct JobsAnswer {
    pub version: u32,
    pub outcome: Word<JobsOutcome>,
    pub dry_run: bool,
    /// Against the newest set.
    pub changes: Vec<JobChange>,
    /// The nodes that are given something, or wait for it.
    pub nodes: Vec<NodeChanges>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct JobChange {
    pub change: Word<Change>,
    pub kind: Word<ItemKind>,
    pub name: String,
}

/// What a node is given, such as `job tick`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct NodeChanges {
    pub node_id: String,
    pub add: Vec<String>,
    pub change: Vec<String>,
    pub remove: Vec<String>,
    /// What it gets once more is known of it.
    pub waiting: Vec<String>,
}

/// The newest set, and how far the nodes are.
#[derive(Debug, Serialize, Deserialize)]
pub struct JobsView {
    /// 0 where there is none.
    pub version: u32,
    pub made_at: Option<DateTime<Utc>>,
    pub actor: Option<String>,
    pub reason: Option<String>,
    pub set: JobSet,
    pub nodes: Vec<NodeJobsView>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct NodeJobsView {
    pub node_id: String,
    /// The version that it was last compared with; 0 before.
    pub version: u32,
    /// Whether it has all of that version whose variables are known.
    pub is_complete: bool,
    /// How many bridges and jobs it has taken.
    pub given: u32,
    pub error: Option<String>,
    pub compared_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    pub progress: Progress,
}

/// One line of the list.
#[derive(Debug, Serialize, Deserialize)]
pub struct NodeSummary {
    pub id: String,
    pub phase: Word<Phase>,
    pub phase_since: DateTime<Utc>,
    pub is_final: bool,
    pub health: Word<PairHealth>,
    pub wallet: Option<String>,
    /// The Operator contract whose requests it answers.
    pub operator: Option<String>,
    pub registered_block: Option<u64>,
    /// What the contract says, as far as it is indexed.
    pub contract_status: Option<Word<NodeStatus>>,
    /// The fleet, or who else lists it.
    pub source: Word<Source>,
    pub name: Option<String>,
    pub proof_mode: Word<ProofMode>,
    pub created_at: DateTime<Utc>,
    /// Failures in a row of the present step, and when it is tried again.
    pub attempts: u32,
    pub retry_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    /// What the present step waits for, where that is no failure.
    pub waiting_for: Option<String>,
    /// The version that it was last seen to run.
    pub version: Option<String>,
    /// What the public calls it.
    pub public_name: Option<String>,
    /// How far it is on its way out.
    pub ending: Option<Word<Ending>>,
}

/// A node with everything that is known about it.
#[derive(Debug, Serialize, Deserialize)]
pub struct NodeDetail {
    #[serde(flatten)]
    pub summary: NodeSummary,
    pub operation_id: String,
    pub generation: u32,
    pub replicas: Vec<ReplicaView>,
    pub events: Vec<EventView>,
    /// What it answers and earns; null where no Operator was named for it.
    #[serde(default)]
    pub work: Option<NodeWork>,
}

/// A replica. Where its login lies is nobody's business here.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReplicaView {
    pub generation: u32,
    /// Which one it is, in the words of whoever runs it.
    pub replica_id: String,
    pub state: Word<ReplicaState>,
    pub base_url: Option<String>,
    pub starts: u64,
    pub detail: Option<String>,
    pub seen_at: DateTime<Utc>,
}

/// One line of a node's history; the pair of node and number names it for ever.
#[derive(Debug, Serialize, Deserialize)]
pub struct EventView {
    pub node_id: String,
    pub number: u32,
    pub happened_at: DateTime<Utc>,
    pub kind: String,
    pub detail: serde_json::Value,
}

/// An operation with its nodes.
#[derive(Debug, Serialize, Deserialize)]
pub struct OperationView {
    pub operation_id: String,
    /// Whether this call had been accepted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated: Option<bool>,
    pub nodes: Vec<NodeSummary>,
}

/// The newest comparison of the nodes here with those of the contract.
#[derive(Debug, Serialize, Deserialize)]
pub struct AuditView {
    pub audited_at: DateTime<Utc>,
    pub block_number: u64,
    pub block_hash: String,
    pub nodes_on_chain: u32,
    pub nodes_known: u32,
    pub findings: Vec<FindingView>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct FindingView {
    pub kind: String,
    pub wallet: String,
    pub node_id: Option<String>,
    pub sentence: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_reads_back_and_one_of_a_newer_version_is_an_error_that_names_it() {
        let answer = r#"{"node_id":null,"action":"close","outcome":"asked","dry_run":false}"#;
        let read: ActionAnswer = serde_json::from_str(answer).unwrap();
        assert_eq!((read.action.0, read.outcome.0), (ActionName::Close, Outcome::Asked));
        assert_eq!(serde_json::to_string(&read).unwrap(), answer);
        let error = serde_json::from_str::<ActionAnswer>(&answer.replace("asked", "pondered")).unwrap_err();
        assert!(error.to_string().contains("`pondered` is a word that this version does not know"), "{error}");
    }
}
