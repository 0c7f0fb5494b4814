//! Where our chain and the node's part, and what is written from there on.

use linkpool_primitives::BlockRef;

use super::message::{AskId, EndpointName, Fetched, Payload};

/// How often an answer that leaves out what another had is asked for again.
pub(super) const MAX_RETRIES: u32 = 64;
/// Why blocks that are written are fetched again.
#[derive(Debug, Clone)]
pub(super) enum Why {
    /// The chain has another branch.
    Reorg,
    /// The block is final, and has this many logs, more than were written.
    MissingLogs { block: u64, logs: u32 },
    /// The block is final, and two answers had only this many logs, fewer than were written.
    ExtraLogs { block: u64, logs: u32 },
    /// Events do not continue each other.
    Gap,
}

/// The newest block of ours that the chain still has is looked for, from the top.
#[derive(Debug, Default)]
pub(super) struct Ancestor {
    pub ask: Option<AskId>,
    /// Heights in the open question.
    pub heights: Vec<u64>,
    /// Heights from here on have been asked for.
    pub below: u64,
    /// The lowest height with another hash than ours.
    pub differs: bool,
    /// Whose answer made us look, if a contradiction did.
    pub blame: Option<EndpointName>,
}

/// What is written above `ancestor` is replaced, when both its new blocks and the ledger below them are here.
#[derive(Debug)]
pub(super) struct Branch<P: Payload> {
    pub ask: Option<AskId>,
    pub ancestor: BlockRef,
    pub to: u64,
    pub why: Why,
    pub ledger: Option<P::Ledger>,
    pub fetched: Option<Fetched<P>>,
}

impl<P: Payload> Branch<P> {
    pub fn new(ancestor: BlockRef, to: u64, why: Why) -> Self {
        Self { ask: None, ancestor, to, why, ledger: None, fetched: None }
    }
}

#[derive(Debug)]
pub(super) enum Search<P: Payload> {
    Ancestor(Ancestor),
    /// The block below what is fetched again.
    Anchor {
        ask: Option<AskId>,
        number: u64,
        to: u64,
        why: Why,
    },
    Branch(Box<Branch<P>>),
}

impl<P: Payload> Search<P> {
    pub fn asked(&self) -> Option<AskId> {
        match self {
            Self::Ancestor(ancestor) => ancestor.ask,
            Self::Anchor { ask, .. } => *ask,
            Self::Branch(branch) => branch.ask,
        }
    }

    /// The range that is asked for, if its logs are.
    pub fn blocks(&self) -> Option<(u64, u64)> {
        match self {
            Self::Branch(branch) => Some((branch.ancestor.number + 1, branch.to)),
            _ => None,
        }
    }
}
