//! One place where LINK of a node waits, and the calls that pass it on.

use alloy::sol_types::SolCall;
use linkpool_contracts::{earnings, earnings_factory};
use linkpool_db::earnings::SourceKind;
use linkpool_primitives::{Address, NodeStatus};

/// A node whose earnings are looked at.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub id: String,
    pub wallet: Address,
    /// The node's own contract, which its wallet and the factory decide.
    pub contract: Address,
    /// Whether that contract is there.
    pub is_made: bool,
    pub status: NodeStatus,
    /// Whether somebody has begun to end it, or may soon retire it.
    pub is_ending: bool,
}

impl Node {
    pub fn is_retired(&self) -> bool {
        self.status == NodeStatus::Retired
    }
}

/// What was seen of a place at the final block.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    pub node: Node,
    pub kind: SourceKind,
    pub source: Address,
    /// Juels that can be passed on.
    pub waiting: u128,
    /// Juels that requests have paid which nobody has answered.
    pub unanswered: u128,
    /// The wallet's, at the same block.
    pub nonce: u64,
    /// What is wrong, for people.
    pub trouble: Option<Trouble>,
    /// Whether the Operator has to be taken over, or its list of senders set, before anything else.
    pub must_take: bool,
    /// Whether the node is to be named it once it is its own.
    pub is_unnamed: bool,
}

/// What is wrong with a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub what: Wrong,
    pub sentence: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is not the node's: nothing can be passed on.
    NotTheNodes,
    /// Somebody beside the node's wallet may answer at its Operator.
    SecondSender,
    /// The node can't pay for its answers.
    NoEther,
    /// The node has retired.
    Retired,
}

impl Trouble {
    pub fn new(what: Wrong, sentence: String) -> Self {
        Self { what, sentence }
    }

    /// Whether nothing can be passed on because of it.
    pub fn blocks(&self) -> bool {
        match self.what {
            Wrong::NotTheNodes | Wrong::Retired => true,
            Wrong::SecondSender | Wrong::NoEther => false,
        }
    }
}

/// What one transaction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, derive_more::Display)]
pub enum Step {
    /// Makes the node's own contract.
    #[display("make the node's own contract")]
    Create,
    /// Makes the Operator the contract's, and the node's wallet the only one that may answer there.
    #[display("take the Operator over")]
    Take,
    #[display("pass on")]
    Pass,
    /// Makes an Operator for a node whose jobs wait for one.
    #[display("make an Operator for its jobs")]
    Make,
    /// Offers an Operator or a payeeship of a node that has retired to the pool's owner.
    #[display("offer it to the pool's owner")]
    Release,
}

impl Step {
    /// A part of the key under which it is handed in.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Take => "take",
            Self::Pass => "pass",
            Self::Make => "make",
            Self::Release => "release",
        }
    }
}

impl Sighting {
    /// The step that comes first, where what waits `is_due`; `None` where there is none.
    pub fn step(&self, is_due: bool) -> Option<Step> {
        if !is_due && !self.must_take {
            return None;
        }
        // What waits at the contract itself is passed on by the factory, which makes the contract.
        let needs_contract = self.kind != SourceKind::Plain && !self.node.is_made;
        Some(match (needs_contract, self.must_take) {
            (true, _) => Step::Create,
            (false, true) => Step::Take,
            (false, false) => Step::Pass,
        })
    }

    /// Whom a step calls, and with what.
    pub fn call(&self, step: Step, factory: Address) -> (Address, Vec<u8>) {
        let (node, contract, source) = (self.node.wallet, self.node.contract, self.source);
        match (step, self.kind) {
            // Nothing of a node's makes an Operator: a transaction without a recipient does (`making`); and what is left over is not passed on (`release`).
            (Step::Create | Step::Make | Step::Release, _) => (factory, earnings_factory::createCall { node }.abi_encode()),
            (Step::Take, _) => (contract, earnings::takeCall { operator: source }.abi_encode()),
            (Step::Pass, SourceKind::Plain) => (factory, earnings_factory::pushCall { node }.abi_encode()),
            (Step::Pass, SourceKind::Operator) => (contract, earnings::collectCall { operator: source }.abi_encode()),
            (Step::Pass, SourceKind::Feed) => (contract, earnings::collectFeedCall { feed: source }.abi_encode()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(kind: SourceKind, is_made: bool, must_take: bool) -> Sighting {
        let address = Address::ZERO;
        let node =
            Node { id: String::new(), wallet: address, contract: address, is_made, status: NodeStatus::Active, is_ending: false };
        Sighting { node, kind, source: address, waiting: 1, unanswered: 0, nonce: 0, trouble: None, must_take, is_unnamed: false }
    }

    #[test]
    fn the_contract_is_made_first_and_the_operator_taken_before_it_is_emptied() {
        let step = |kind, is_made, must_take, is_due| sighting(kind, is_made, must_take).step(is_due);
        assert_eq!(step(SourceKind::Operator, false, true, false), Some(Step::Create));
        assert_eq!(step(SourceKind::Operator, true, true, true), Some(Step::Take));
        assert_eq!(step(SourceKind::Operator, true, false, true), Some(Step::Pass));
        assert_eq!(step(SourceKind::Operator, false, false, false), None, "nothing waits: no gas for a contract");
        assert_eq!(step(SourceKind::Feed, false, false, true), Some(Step::Create));
        assert_eq!(step(SourceKind::Plain, false, false, true), Some(Step::Pass), "the factory makes it");
    }
}
