//! How the server behaves: as fast as it can and truly, unless it is told otherwise.

use serde::{Deserialize, Serialize};

/// Limits, delays and lies. All can be changed while it runs, by the method `replay_behaviour`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Behaviour {
    /// Milliseconds that every HTTP request, batch or single, takes at least.
    #[arg(long, default_value_t = 0)]
    pub latency_ms: u64,
    /// Most logs in one answer; a larger one is refused with Infura's words and code, -32005.
    #[arg(long)]
    pub log_cap: Option<u64>,
    /// Most bytes of logs in one answer.
    #[arg(long)]
    pub response_cap: Option<usize>,
    /// State is kept for blocks whose number this divides and for the newest 128 only, as a full node's would be; without
    /// it, for every block.
    #[arg(long)]
    pub state_every: Option<u64>,
    /// What it does wrong.
    #[arg(long, value_enum)]
    pub faults: Vec<FaultKind>,
}

/// One way in which endpoints have been seen to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Leaves out the last block's logs of every answer of many blocks.
    DropLogs,
    /// Answers an empty list for every range.
    EmptyLogs,
    /// Gives the blocks of an answer in the reverse order.
    Shuffle,
    /// Marks logs as removed.
    Removed,
    /// Every other request is answered by a backend that is 50 blocks behind and knows nothing of later ones.
    Lag,
}

impl Behaviour {
    pub(super) fn has_fault(&self, fault: FaultKind) -> bool {
        self.faults.contains(&fault)
    }

    /// Whether a full node with the head at `head` would have the state after `block`.
    pub(super) fn has_state(&self, block: u64, head: u64) -> bool {
        match self.state_every {
            None => true,
            Some(every) => block.is_multiple_of(every.max(1)) || block + 128 >= head,
        }
    }
}
