//! Which sets a node shall have: one, two while it is being rolled out, and none once it is stopped. Pure.

use std::collections::HashMap;

use linkpool_db::fleet::{Ending, FleetNode, Release, RolloutNode};

use crate::{SetKey, SetSpec};

/// A node and its sets. The first is that which serves, or is to serve.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wanted {
    pub node: FleetNode,
    pub sets: Vec<SetSpec>,
    /// What becomes of its other generations is the roll-out's business.
    pub is_rolling: bool,
}

/// The sets of every node. One whose release is not among `releases` is left as it is: it has none.
pub(crate) fn wanted(nodes: Vec<FleetNode>, rolling: &[RolloutNode], releases: &HashMap<u32, Release>) -> Vec<Wanted> {
    let rolling: HashMap<&str, &RolloutNode> = rolling.iter().map(|it| (it.node_id.as_str(), it)).collect();
    nodes.into_iter().map(|node| sets_of(rolling.get(node.id.as_str()).copied(), node, releases)).collect()
}

fn sets_of(rolling: Option<&RolloutNode>, node: FleetNode, releases: &HashMap<u32, Release>) -> Wanted {
    let spec = |generation: u32, number: Option<u32>| {
        let release = number.map(|number| releases.get(&number).cloned());
        let key = SetKey { node_id: node.id.clone(), generation };
        (release != Some(None)).then(|| SetSpec { key, replica_count: node.replica_count, release: release.flatten() })
    };
    let next = rolling.filter(|it| it.step.has_both() && it.to_generation != Some(node.generation));
    let next = next.and_then(|it| spec(it.to_generation?, it.to_release()));
    let is_stopped = node.ending == Some(Ending::Stopped);
    let sets = spec(node.generation, node.release_number).into_iter().chain(next).filter(|_| !is_stopped).collect();
    Wanted { sets, is_rolling: rolling.is_some(), node }
}
