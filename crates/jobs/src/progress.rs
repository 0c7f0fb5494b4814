//! How far a node is, as it is stored and shown.

use linkpool_primitives::{ItemKind, printable};
use serde::{Deserialize, Serialize};

use crate::{Desired, Plan};

/// Most names of what is somebody else's.
const MAX_BY_OTHERS: usize = 50;

/// What stands out at a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// What it gets once more is known of it.
    pub waiting: Vec<WaitingItem>,
    /// What it does not take.
    pub refused: Vec<Refused>,
    /// What somebody else has put there; the first of it.
    pub by_others: Vec<Item>,
    /// Bridges that it shall have no longer, and the jobs that use them and stay.
    pub kept: Vec<KeptBridge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub kind: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingItem {
    pub kind: String,
    pub name: String,
    /// The variables that are not known yet.
    pub variables: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub kind: String,
    pub name: String,
    /// In the node's words.
    pub sentence: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBridge {
    pub name: String,
    pub jobs: Vec<String>,
}

impl Progress {
    pub fn new(desired: &Desired, refused: Vec<Refused>, plan: &Plan) -> Self {
        let waiting = desired.waiting.iter().map(|it| WaitingItem {
            kind: it.kind.to_string(),
            name: it.name.clone(),
            variables: it.variables.iter().map(ToString::to_string).collect(),
        });
        let item = |(kind, name): &(ItemKind, String)| Item { kind: kind.to_string(), name: printable(name, 100) };
        Self {
            waiting: waiting.collect(),
            refused,
            by_others: plan.by_others.iter().take(MAX_BY_OTHERS).map(item).collect(),
            kept: plan.kept.iter().map(|(name, jobs)| KeptBridge { name: name.clone(), jobs: jobs.clone() }).collect(),
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.kind, self.name, self.sentence)
    }
}
