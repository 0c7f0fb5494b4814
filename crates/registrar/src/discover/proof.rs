//! The wallet's consent to be registered, and the transactions that follow from it.

use alloy::{
    primitives::{Bytes, U256},
    sol_types::SolCall,
};
use linkpool_chainlink::{Registration, client::Error as ApiError};
use linkpool_contracts::pool::registerNodeCall;
use linkpool_db::{
    fleet::FleetNode,
    registrar::{Consent, IntentKind, NewIntent},
};
use linkpool_primitives::Address;

use super::{
    node::{Trouble, client},
    wallet::changed,
};
use crate::{FailPoint, context::Context};

/// Has the wallet sign, and queues funding and registration in the transaction that stores the signature.
pub(super) async fn obtain(context: &Context, node: &FleetNode) -> Result<(), Trouble> {
    let Some(wallet) = node.wallet else { return Ok(()) };
    let client = client(context, node).await?;
    // The contract compares with its own clock, so ours does not matter.
    let now = context.chain.heads().await?.head.timestamp;
    let deadline = now + context.config.proof_validity.as_secs();
    let registration = Registration { chain_id: context.account.chain_id, pool: context.config.pool, wallet, deadline };
    let signature = match client.sign_registration(&registration).await {
        Ok(signature) => signature,
        Err(error @ ApiError::WrongSignature { .. }) => {
            let shown = client.wallet(context.account.chain_id).await.map_err(|error| Trouble::wallet(&error))?;
            return Err(if shown == wallet { Trouble::api(&error) } else { changed(wallet, shown) });
        }
        Err(error) => return Err(Trouble::api(&error)),
    };
    let signature = signature.as_bytes().to_vec();
    let balance_wei = context.chain.balance(wallet).await?;
    let intents = intents(context, wallet, deadline, &signature, balance_wei);
    let consent = Consent { signature, deadline, intents, funding_daily_cap_wei: context.config.funding.daily_cap_wei };
    context.database.node_proven(&context.account, &node.id, &consent).await?;
    context.failpoints.hit(FailPoint::Proven)?;
    Ok(())
}

/// Funding comes first: a wallet that appears on the page can pay for its work.
fn intents(context: &Context, wallet: Address, deadline: u64, signature: &[u8], balance_wei: u128) -> Vec<NewIntent> {
    let call = registerNodeCall { wallet, deadline: U256::from(deadline), proof: Bytes::copy_from_slice(signature) };
    let register =
        NewIntent { kind: IntentKind::Register, recipient: context.config.pool, value_wei: 0, data: call.abi_encode() };
    let missing = context.config.funding.initial_wei.saturating_sub(balance_wei);
    let fund = NewIntent { kind: IntentKind::Fund, recipient: wallet, value_wei: missing, data: Vec::new() };
    if missing == 0 { vec![register] } else { vec![fund, register] }
}
