//! Balances as a node has them: asked for the key list, remembered for transfers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use alloy::primitives::{Address, U256};
use linkpool_chainlink::Secret;

use crate::chain::{Endpoint, TRANSFER_GAS};

/// What the last look at each address has seen. A node looks once a head, so that an address that has just been paid has nothing yet.
#[derive(Debug, Default)]
pub(super) struct SeenBalances(Mutex<HashMap<Address, Seen>>);

#[derive(Clone, Copy, Debug)]
struct Seen {
    head: u64,
    balance_wei: U256,
}

impl SeenBalances {
    /// Looks for the first time, so that a transfer has something to go by.
    pub async fn look(&self, rpc_url: &Secret, address: Address) {
        if let Ok(endpoint) = Endpoint::new(rpc_url) {
            // Whoever asks for a transfer is told what is wrong with the endpoint.
            let _ = self.seen_before(&endpoint, address).await;
        }
    }

    /// Refuses a transfer that the balance as it was seen does not cover, in a node's words.
    ///
    /// Where the head has moved on since, the refusal is by the old balance and the next one by the new: the node's look comes
    /// after the head.
    pub async fn require(&self, rpc_url: &Secret, address: Address, amount_wei: u128) -> Result<(), String> {
        let endpoint = Endpoint::new(rpc_url)?;
        let seen = self.seen_before(&endpoint, address).await?;
        let cost = U256::from(endpoint.gas_price().await?.saturating_mul(TRANSFER_GAS.into())) + U256::from(amount_wei);
        match seen {
            Some(balance_wei) if balance_wei >= cost => Ok(()),
            seen => {
                let shown = seen.map_or_else(|| "<nil>".to_owned(), |balance| balance.to_string());
                Err(format!("balance is too low for this transaction to be executed: {shown}"))
            }
        }
    }

    /// What was known before this look.
    async fn seen_before(&self, endpoint: &Endpoint<'_>, address: Address) -> Result<Option<U256>, String> {
        let head = endpoint.head().await?;
        let before = self.lock().get(&address).copied();
        if before.is_none_or(|seen| seen.head != head) {
            let balance_wei = endpoint.balance(address).await?;
            self.lock().insert(address, Seen { head, balance_wei });
        }
        Ok(before.map(|seen| seen.balance_wei))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Address, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
