//! What is listed.

use std::{path::PathBuf, time::Duration};

use super::address::NodeAddress;

/// Most nodes that are looked at in one round; more are an error of whoever wrote the list.
pub(super) const MAX_NODES: usize = 1_000;

/// Where nodes are listed.
#[derive(Debug, Clone)]
pub struct Listing {
    pub nodes: Vec<ListedNode>,
    /// A file `NAME.toml` a node, read again at each round.
    pub directory: Option<PathBuf>,
    /// Time between two looks at a node.
    pub interval: Duration,
}

impl Default for Listing {
    fn default() -> Self {
        Self { nodes: Vec::new(), directory: None, interval: Duration::from_secs(10) }
    }
}

/// One node of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedNode {
    /// One node for ever, whatever its address.
    pub name: String,
    pub address: NodeAddress,
}

/// Whether `name` may name a node: it stands in logs, tables and file names.
pub fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
