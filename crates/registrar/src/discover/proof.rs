//! The wallet's proof of possession, in the way that its node is listed with, and the transactions that follow from it.

use alloy::{
    primitives::{Bytes, U256},
    sol_types::SolCall,
};
use linkpool_chainlink::{Registration, client::ErrorKind};
use linkpool_contracts::pool::{registerNodeCall, registryCall};
use linkpool_db::{
    fleet::{Consent, FleetNode, ProofMode, Source},
    tx::{NewTransactionRequest, TransactionKind},
};
use linkpool_primitives::Address;

use super::{clients::client, transfer, trouble::Trouble, wallet::changed};
use crate::{context::Context, failpoint};

/// What stands for "never" in a registration without a signature. The contract does not look at it there.
const NO_DEADLINE: u64 = i64::MAX as u64;

/// Has the wallet prove itself, and queues funding and registration in the transaction that stores the proof.
pub(super) async fn obtain(context: &Context, node: &FleetNode) -> Result<(), Trouble> {
    let Some(wallet) = node.wallet else { return Ok(()) };
    let signature = match node.proof_mode {
        ProofMode::Signature => Some(signature(context, node, wallet).await?),
        ProofMode::Transfer => {
            require_proofless(context, node.proof_mode).await?;
            transfer::prove(context, node, wallet).await?;
            None
        }
        ProofMode::Api => {
            require_proofless(context, node.proof_mode).await?;
            None
        }
    };
    require_jobs(context, node).await?;
    let balance_wei = context.chain.balance(wallet).await?;
    let requests = requests(context, wallet, signature.as_ref(), balance_wei);
    let consent = Consent { signature, mode: node.proof_mode, requests, funding: context.config.funding_bounds() };
    context.database.node_proven(&context.account, &node.id, &consent).await?;
    context.failpoints.hit(failpoint::PROVEN)?;
    Ok(())
}

/// A node of the fleet is given what all have before anybody can stake on it.
async fn require_jobs(context: &Context, node: &FleetNode) -> Result<(), Trouble> {
    if node.source != Source::Fleet {
        return Ok(());
    }
    match context.database.lacks_jobs(&node.id).await? {
        (false, _) => Ok(()),
        (true, None) => Err(Trouble::Waiting("waiting for the fleet to give the node its bridges and jobs".into())),
        (true, Some(error)) => Err(Trouble::Node(format!("the node does not take its bridges and jobs: {error}"))),
    }
}

/// 65 bytes, and the Unix second after which the contract refuses them.
async fn signature(context: &Context, node: &FleetNode, wallet: Address) -> Result<(Vec<u8>, u64), Trouble> {
    let client = client(context, node).await?;
    // The contract compares with its own clock, so ours does not matter.
    let now = context.chain.heads().await?.head.timestamp;
    let deadline = now + context.config.proof_validity.as_secs();
    let registration = Registration { chain_id: context.account.chain_id, pool: context.config.pool, wallet, deadline };
    match client.sign_registration(&registration).await {
        Ok(signature) => Ok((signature.as_bytes().to_vec(), deadline)),
        Err(error) if matches!(error.kind, ErrorKind::WrongSignature { .. }) => {
            let shown = client.wallet(context.account.chain_id).await.map_err(|error| Trouble::wallet(&error))?;
            Err(if shown == wallet { Trouble::api(&error) } else { changed(wallet, shown) })
        }
        Err(error) => Err(Trouble::api(&error)),
    }
}

/// The contract sees no other proof than a signature, and whether it does without is the owner's decision.
async fn require_proofless(context: &Context, mode: ProofMode) -> Result<(), Trouble> {
    if context.chain.call(context.config.pool, &registryCall {}).await?.prooflessAllowed {
        return Ok(());
    }
    Err(Trouble::Node(format!(
        "the pool registers no wallet without its signature, so the proof `{mode}` does not do: use a node that can sign, or \
         have the owner allow it (setProofless)"
    )))
}

/// Funding comes first: a wallet that appears on the page can pay for its work.
fn requests(
    context: &Context,
    wallet: Address,
    signature: Option<&(Vec<u8>, u64)>,
    balance_wei: u128,
) -> Vec<NewTransactionRequest> {
    let (proof, deadline) = match signature {
        Some((bytes, deadline)) => (Bytes::copy_from_slice(bytes), *deadline),
        None => (Bytes::new(), NO_DEADLINE),
    };
    let call = registerNodeCall { wallet, deadline: U256::from(deadline), proof };
    let register = NewTransactionRequest::call(TransactionKind::Register, context.config.pool, call.abi_encode());
    context.config.funding.first_payment(wallet, balance_wei).into_iter().chain([register]).collect()
}
