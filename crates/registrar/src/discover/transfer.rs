//! The proof of a stock node, which can sign nothing but transactions: its wallet pays a random amount that it was asked for.
//!
//! The amount is stored before the node is asked, and the chain is looked at before it is asked again: a node answers 504 with
//! "may still have been broadcast", and answers get lost.

use linkpool_chain::Payment;
use linkpool_chainlink::client::{ErrorKind, Transfer, TransferRefusal};
use linkpool_db::fleet::{FleetNode, Funded, Source, TransferProof};
use linkpool_primitives::{Address, checksum};

use super::{clients::admin_client, trouble::Trouble};
use crate::context::Context;

/// What a node says as long as it does not know that its wallet was given something.
const BALANCE_TOO_LOW: &str = "balance is too low";

/// The same, for people.
const TOO_LOW: &str = "waiting for the node to see its wallet's new balance, which it looks at with each block";

/// Most blocks searched in one step.
const MAX_BLOCKS: u64 = 100;

/// Blocks that are searched again, because a reorg may move the payment.
const REORG_BLOCKS: u64 = 32;

/// Returns once the payment is on chain.
pub(super) async fn prove(context: &Context, node: &FleetNode, wallet: Address) -> Result<(), Trouble> {
    let heads = context.chain.heads().await?;
    let amount_wei = u128::from(rand::random_range(1..=TransferProof::LARGEST_WEI));
    let proposed = TransferProof::new(wallet, context.account.address, amount_wei, heads.head.number);
    let challenge = context.database.transfer_proof(&node.id, &proposed).await?;
    let deep = heads.head.number.saturating_sub(context.config.confirmations.saturating_sub(1));
    if challenge.transaction_hash.is_some() || search(context, node, &challenge, deep).await? {
        return Ok(());
    }
    let asked = format!("the wallet was asked to pay {} wei to {}", challenge.amount_wei, checksum(&challenge.recipient));
    let searched_until = context.chain.header(deep).await?.map_or(0, |header| header.block.timestamp);
    if is_on_its_way(&challenge, searched_until) {
        return Err(Trouble::Waiting(format!("{asked}; waiting for the payment")));
    }
    require_ether(context, node, wallet).await?;
    if node.source == Source::Fleet {
        return Err(by_fleet(context, node, &challenge).await?);
    }
    let transfer = Transfer {
        chain_id: context.account.chain_id,
        from: wallet,
        recipient: challenge.recipient,
        amount_wei: challenge.amount_wei,
    };
    let client = admin_client(context, node).await?;
    context.database.transfer_asked(&node.id).await?;
    match client.send_transfer(&transfer).await {
        Ok(()) => Err(Trouble::Waiting(format!("{asked}; waiting for the payment"))),
        Err(error) => {
            let Some(refusal) = error.kind.transfer_refusal() else {
                return Err(Trouble::Waiting(format!("{asked}, without a clear answer ({error}); looking for it on the chain")));
            };
            context.database.transfer_refused(&node.id, None, &error.to_string()).await?;
            Err(match (refusal, &error.kind) {
                (TransferRefusal::BalanceTooLow, _) => Trouble::Waiting(TOO_LOW.into()),
                (_, ErrorKind::Forbidden) => Trouble::Node(format!(
                    "{error}. Name an admin's login in admin_credentials_file; it may go once the node is proven"
                )),
                _ => Trouble::api(&error),
            })
        }
    }
}

/// Has the fleet ask its node, which no other may: what it waits for, or what kept the payment from being sent the last time.
async fn by_fleet(context: &Context, node: &FleetNode, challenge: &TransferProof) -> Result<Trouble, Trouble> {
    context.database.want_transfer(&node.id).await?;
    let payment = format!("{} wei to {}", challenge.amount_wei, checksum(&challenge.recipient));
    Ok(Trouble::Waiting(match &challenge.refusal {
        None => format!("waiting for the fleet to have the wallet pay {payment}"),
        Some(refusal) if refusal.contains(BALANCE_TOO_LOW) => TOO_LOW.into(),
        Some(refusal) => format!("the wallet was to pay {payment}, and did not: {refusal}; the fleet tries again"),
    }))
}

/// Whether a payment may be in a block that was not searched: the last one that was is of `searched_until`, in Unix seconds, and a
/// chain may be as slow as it likes.
fn is_on_its_way(challenge: &TransferProof, searched_until: u64) -> bool {
    let is_late = |asked_at: u64| searched_until < asked_at.saturating_add(TransferProof::ON_ITS_WAY_SECONDS);
    challenge.asked_lately || challenge.asked_at.is_some_and(is_late)
}

/// Looks through the blocks since the challenge was made, down to `deep`. Where the wallet has sent nothing, there is nothing to
/// find.
async fn search(context: &Context, node: &FleetNode, challenge: &TransferProof, deep: u64) -> Result<bool, Trouble> {
    if context.chain.nonce(challenge.wallet).await? == 0 {
        context.database.transfer_not_below(&node.id, deep.saturating_sub(REORG_BLOCKS)).await?;
        return Ok(false);
    }
    let payment = Payment { from: challenge.wallet, recipient: challenge.recipient, amount_wei: challenge.amount_wei };
    let last = deep.min(challenge.from_block.saturating_add(MAX_BLOCKS));
    for number in challenge.from_block..=last {
        if let Some(hash) = context.chain.payment_in(&payment, number).await? {
            context.database.transfer_found(&node.id, &hash, number).await?;
            return Ok(true);
        }
    }
    context.database.transfer_not_below(&node.id, last.saturating_sub(REORG_BLOCKS)).await?;
    if last < deep {
        return Err(Trouble::Waiting(format!("looking for the wallet's payment, at block {last} of {deep}")));
    }
    Ok(false)
}

/// A brand-new wallet can't pay: it gets its first ether before it is asked.
async fn require_ether(context: &Context, node: &FleetNode, wallet: Address) -> Result<(), Trouble> {
    let funding = &context.config.funding;
    let balance_wei = context.chain.balance(wallet).await?;
    let Some(request) = funding.first_payment(wallet, balance_wei) else { return Ok(()) };
    match context.database.fund_wallet(&context.account, &node.id, &request, &context.config.funding_bounds()).await? {
        Funded::Queued | Funded::UnderWay => Err(Trouble::Waiting("the wallet gets ether before it is asked to pay".into())),
        Funded::CapReached => Err(Trouble::Node(
            "the wallet must pay to prove itself and gets no ether now: the funding of 24 hours has reached its cap".into(),
        )),
        Funded::TooOften => Err(Trouble::Node(
            "the wallet must pay to prove itself and gets no ether now: it has had as many payments as one may have within 24 hours".into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_asked_again_only_when_the_blocks_of_two_minutes_have_been_searched() {
        let challenge = |asked_at, asked_lately| TransferProof {
            asked_at,
            asked_lately,
            ..TransferProof::new(Address::ZERO, Address::ZERO, 1, 0)
        };
        let waits = |asked_lately, searched_until| is_on_its_way(&challenge(Some(1_000), asked_lately), searched_until);
        // The chain's clock may be ahead of the database's.
        assert!(waits(true, 2_000) && waits(false, 1_119) && !waits(false, 1_120));
        assert!(!is_on_its_way(&challenge(None, false), 0), "nobody was asked");
    }
}
