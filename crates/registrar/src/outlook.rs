//! What a new node takes from the registrar's account, by the chain's own estimates and prices: asked by who looks ahead (`linkpool
//! doctor`), so that a limit that stops the work is seen before it does.

use alloy::{
    primitives::{Bytes, U256},
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::SolCall,
};
use linkpool_chain::{Chain, Draft, Market};
use linkpool_contracts::{pool::registerNodeCall, proof};
use linkpool_primitives::Address;
use linkpool_tx_manager::{FeeCaps, fee, with_margin};

use crate::{RegistrarConfig, Result};

/// How long the consent of a wallet that nobody has is good for.
const VALID_SECONDS: u64 = 3_600;

/// Gas and price of a new node now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// Gas limits of a registration and of a brand-new wallet's first payment.
    pub registration_gas: u64,
    pub payment_gas: u64,
    pub market: Market,
    /// Wei per gas that would be offered; `None` while gas is beyond the caps.
    pub offer_wei: Option<u128>,
}

impl Outlook {
    /// Asks the chain. The wallet is a new one with a consent of its own, so that the contract takes the registration as it would take
    /// any; nothing is sent, and its key is forgotten.
    ///
    /// # Errors
    /// [`linkpool_chain::Error::Reverted`] where the contract would register no node now.
    pub async fn of(chain: &Chain, registrar: Address, config: &RegistrarConfig) -> Result<Self> {
        let market = chain.market(config.transactions.usual_tip_wei).await?;
        let now = chain.heads().await?.head.timestamp;
        let (wallet, call) = registration(chain.chain_id(), config.pool, now.saturating_add(VALID_SECONDS));
        let register = Draft { from: registrar, to: Some(config.pool), value_wei: 0, data: &call };
        let pay = Draft { from: registrar, to: Some(wallet), value_wei: config.funding.initial_wei.min(1), data: &[] };
        Ok(Self {
            registration_gas: with_margin(chain.estimate_gas(register).await?),
            payment_gas: with_margin(chain.estimate_gas(pay).await?),
            market,
            offer_wei: offer_wei(market, config.transactions.fees),
        })
    }

    /// Gas of one node: what the budget of fees counts for its registration and its first payment.
    pub fn node_gas(&self) -> u128 {
        u128::from(self.registration_gas) + u128::from(self.payment_gas)
    }

    /// Wei of fees that the budget counts for so many nodes, each for as long as its transactions are open.
    pub fn fees_wei(&self, nodes: u32) -> u128 {
        let offer_wei = self.offer_wei.unwrap_or_else(|| self.market.price_wei());
        self.node_gas().saturating_mul(offer_wei).saturating_mul(nodes.into())
    }
}

fn offer_wei(market: Market, caps: FeeCaps) -> Option<u128> {
    fee::first(market, caps).map(|offer| offer.max_fee_wei)
}

/// A wallet that nobody has, and the call that registers it with its consent.
fn registration(chain_id: u64, pool: Address, deadline: u64) -> (Address, Vec<u8>) {
    let key = PrivateKeySigner::random();
    let wallet = key.address();
    let signed = key.sign_hash_sync(&proof::digest(chain_id, pool, wallet, deadline));
    // A key in memory always signs; without a signature the estimate would say that the contract refuses.
    let signature = signed.map(|signature| Bytes::from(signature.as_bytes().to_vec())).unwrap_or_default();
    (wallet, registerNodeCall { wallet, deadline: U256::from(deadline), proof: signature }.abi_encode())
}
