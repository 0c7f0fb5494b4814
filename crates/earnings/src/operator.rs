//! A node's Operator: whose it is, who may answer there, and what it holds.

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::{Chain, Error as ChainError};
use linkpool_contracts::{
    link::balanceOfCall,
    operator::{acceptOwnershipCall, getAuthorizedSendersCall, ownerCall, withdrawableCall},
};
use linkpool_primitives::{Address, B256, checksum};

use crate::{
    Result,
    source::{Node, Trouble, Wrong},
};

/// What was seen of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OperatorSeen {
    /// Juels that its owner may withdraw.
    pub waiting: u128,
    /// Juels of requests that nobody has answered.
    pub unanswered: u128,
    pub trouble: Option<Trouble>,
    pub must_take: bool,
    /// Whether it was there at that block.
    pub is_there: bool,
}

impl OperatorSeen {
    fn not_the_nodes(sentence: String) -> Self {
        Self { trouble: Some(Trouble::new(Wrong::NotTheNodes, sentence)), ..Self::default() }
    }
}

/// Looks at the Operator of a node at a block.
///
/// # Errors
/// The chain's; what is wrong with the contract is a [`Trouble`].
pub(crate) async fn look(chain: &Chain, link: Address, node: &Node, operator: Address, block: B256) -> Result<OperatorSeen> {
    let shown = checksum(&operator);
    if !chain.has_code(operator).await? {
        return Ok(OperatorSeen::not_the_nodes(format!(
            "there is no contract at {shown}: name the node's Operator with `linkpool node operator`"
        )));
    }
    let held = balanceOfCall { _owner: operator };
    let read = tokio::try_join!(
        chain.call_at(operator, &ownerCall {}, block),
        chain.call_at(operator, &withdrawableCall {}, block),
        chain.call_at(operator, &getAuthorizedSendersCall {}, block),
        chain.call_at(link, &held, block),
    );
    let (owner, withdrawable, senders, balance) = match read {
        Ok(read) => read,
        // It is there by now, and was not at that block.
        Err(ChainError::Absent { .. }) => return Ok(OperatorSeen::default()),
        Err(ChainError::Reverted { .. } | ChainError::UnexpectedContract { .. }) => {
            return Ok(OperatorSeen::not_the_nodes(format!(
                "the contract at {shown} is no Operator: it does not say what its owner may withdraw"
            )));
        }
        Err(error) => return Err(error.into()),
    };
    // Taken over already where it is the contract's by now, though not finally.
    let is_taken = owner == node.contract || chain.call(operator, &ownerCall {}).await? == node.contract;
    if !is_taken && !is_offered(chain, node, operator).await? {
        return Ok(OperatorSeen::not_the_nodes(format!(
            "the Operator {shown} is {}'s: its owner has to call transferOwnership({}), or what it is paid stays with that owner",
            checksum(&owner),
            checksum(&node.contract)
        )));
    }
    let others = senders.iter().filter(|sender| **sender != node.wallet).count();
    // Nobody knows who answers at one that is only offered.
    let second = (owner == node.contract && others > 0).then(|| {
        let sentence = format!(
            "{others} accounts beside the node's wallet may answer at the Operator {shown}: only who has the wallet's key can have let them in. \
             They are removed; if it happens again, the wallet is somebody else's too, and the node has to be retired"
        );
        Trouble::new(Wrong::SecondSender, sentence)
    });
    // A contract that says it has more than it holds is not believed.
    let waiting = withdrawable.min(balance);
    Ok(OperatorSeen {
        waiting: juels(waiting),
        unanswered: juels(balance - waiting),
        trouble: second,
        must_take: !is_taken || (owner == node.contract && senders != [node.wallet]),
        is_there: true,
    })
}

/// Whether the Operator's owner has offered it to the node's contract. Only trying it tells.
async fn is_offered(chain: &Chain, node: &Node, operator: Address) -> Result<bool> {
    match chain.simulate(node.contract, operator, acceptOwnershipCall {}.abi_encode()).await {
        Ok(_) => Ok(true),
        Err(ChainError::Reverted { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// There are fewer juels than fit.
pub(crate) fn juels(amount: U256) -> u128 {
    amount.saturating_to()
}
