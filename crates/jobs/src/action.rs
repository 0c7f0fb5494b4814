//! What is done at a node, and what is written down about it.

use linkpool_primitives::{ItemKind, ItemState};

use crate::{FilledBridge, FilledJob, ItemRecord, ItemRecords};

/// One thing to do. Each is written down before it is done, and may be done twice without harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing at the node: what it has is what it shall have.
    Note {
        kind: ItemKind,
        name: String,
        digest: [u8; 32],
    },
    CreateBridge {
        name: String,
        bridge: FilledBridge,
    },
    UpdateBridge {
        name: String,
        bridge: FilledBridge,
    },
    RemoveBridge {
        name: String,
    },
    CreateJob {
        name: String,
        job: FilledJob,
    },
    /// `id` is the node's own.
    UpdateJob {
        id: i32,
        name: String,
        job: FilledJob,
    },
    RemoveJob {
        id: i32,
        name: String,
    },
    /// Nothing at the node: it is gone, or was never there.
    Forget {
        kind: ItemKind,
        name: String,
    },
}

impl Action {
    /// What it is about.
    pub fn item(&self) -> (ItemKind, &str) {
        match self {
            Self::Note { kind, name, .. } | Self::Forget { kind, name } => (*kind, name),
            Self::CreateBridge { name, .. } | Self::UpdateBridge { name, .. } | Self::RemoveBridge { name } => {
                (ItemKind::Bridge, name)
            }
            Self::CreateJob { name, .. } | Self::UpdateJob { name, .. } | Self::RemoveJob { name, .. } => (ItemKind::Job, name),
        }
    }

    /// What it does to the node; nothing where it only writes down.
    pub fn verb(&self) -> Option<&'static str> {
        match self {
            Self::Note { .. } | Self::Forget { .. } => None,
            Self::CreateBridge { .. } | Self::CreateJob { .. } => Some("created"),
            Self::UpdateBridge { .. } | Self::UpdateJob { .. } => Some("changed"),
            Self::RemoveBridge { .. } | Self::RemoveJob { .. } => Some("removed"),
        }
    }

    /// What is written down before the node is asked; nothing for what is taken away.
    pub fn before(&self, given: &ItemRecords) -> Option<ItemRecord> {
        let (kind, name) = self.item();
        let is_first = !given.contains_key(&(kind, name.to_owned()));
        let state = match self {
            Self::Note { .. } => ItemState::Given,
            // Where it was tried before, an earlier form may still be under way to the node.
            Self::CreateBridge { .. } | Self::CreateJob { .. } if is_first => ItemState::Creating,
            Self::CreateBridge { .. } | Self::CreateJob { .. } | Self::UpdateBridge { .. } | Self::UpdateJob { .. } => {
                ItemState::Updating
            }
            Self::RemoveBridge { .. } | Self::RemoveJob { .. } | Self::Forget { .. } => return None,
        };
        Some(ItemRecord::new(self.digest()?, state))
    }

    /// What is written down once the node has taken it; nothing where the item is gone, and with it what was written.
    pub fn after(&self) -> Option<ItemRecord> {
        self.digest().map(|digest| ItemRecord::new(digest, ItemState::Given))
    }

    fn digest(&self) -> Option<[u8; 32]> {
        match self {
            Self::Note { digest, .. } => Some(*digest),
            Self::CreateBridge { bridge, .. } | Self::UpdateBridge { bridge, .. } => Some(bridge.digest),
            Self::CreateJob { job, .. } | Self::UpdateJob { job, .. } => Some(job.digest),
            Self::RemoveBridge { .. } | Self::RemoveJob { .. } | Self::Forget { .. } => None,
        }
    }
}
