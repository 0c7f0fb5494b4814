//! Where a stand-in may run, and its way to that chain: a few JSON-RPC calls, enough for balances and one payment.

use alloy::{
    primitives::{Address, B256, Bytes, TxKind, U64, U128, U256},
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_consensus::{SignableTransaction, TxEip1559};
use linkpool_chainlink::Secret;
use linkpool_primitives::printable;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::StandinError;

/// Chains on which ether and LINK are worth something. Not even somebody who names one of them gets a stand-in there.
const NEVER: [u64; 12] = [1, 10, 56, 100, 137, 250, 1_101, 8_453, 42_161, 43_114, 59_144, 534_352];

/// Gas of a payment to an account without code.
pub(super) const TRANSFER_GAS: u64 = 21_000;

/// A chain that somebody has named as one on which nothing is worth anything. A stand-in takes no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevelopmentChain(u64);

impl DevelopmentChain {
    /// `chain_id`, if it is among those that were `named`.
    ///
    /// # Errors
    /// [`StandinError::NotForDevelopment`].
    pub fn named(chain_id: u64, named: &[u64]) -> Result<Self, StandinError> {
        let allowed = named.contains(&chain_id) && !NEVER.contains(&chain_id);
        if allowed { Ok(Self(chain_id)) } else { Err(StandinError::NotForDevelopment { chain_id }) }
    }

    /// Its EIP-155 id.
    pub fn id(self) -> u64 {
        self.0
    }
}

/// Ether to send from the node's wallet.
pub(super) struct Payment {
    pub chain_id: u64,
    pub recipient: Address,
    pub amount_wei: u128,
}

/// Signs `payment` and hands it to the endpoint; an error is the endpoint's own words. Nonces below `first_nonce` are for others.
pub(super) async fn broadcast(
    rpc_url: &Secret,
    signer: &PrivateKeySigner,
    payment: &Payment,
    first_nonce: u64,
) -> Result<B256, String> {
    let endpoint = Endpoint::new(rpc_url)?;
    let nonce: U64 = endpoint.call("eth_getTransactionCount", json!([signer.address(), "pending"])).await?;
    let price_wei = endpoint.gas_price().await?;
    let tip_wei: U128 = endpoint.call("eth_maxPriorityFeePerGas", json!([])).await?;
    let tip_wei: u128 = tip_wei.to();
    let transaction = TxEip1559 {
        chain_id: payment.chain_id,
        nonce: nonce.to::<u64>().max(first_nonce),
        gas_limit: TRANSFER_GAS,
        max_fee_per_gas: price_wei.saturating_mul(2).saturating_add(tip_wei),
        max_priority_fee_per_gas: tip_wei,
        to: TxKind::Call(payment.recipient),
        value: U256::from(payment.amount_wei),
        access_list: Default::default(),
        input: Bytes::new(),
    };
    let signature = signer.sign_hash_sync(&transaction.signature_hash()).map_err(|error| error.to_string())?;
    let mut raw = Vec::with_capacity(256);
    transaction.into_signed(signature).eip2718_encode(&mut raw);
    endpoint.call("eth_sendRawTransaction", json!([Bytes::from(raw)])).await
}

/// One JSON-RPC endpoint. Nothing that it says repeats its URL, which may hold a key.
#[derive(Debug)]
pub(super) struct Endpoint<'a> {
    http: reqwest::Client,
    url: &'a str,
}

impl<'a> Endpoint<'a> {
    pub fn new(rpc_url: &'a Secret) -> Result<Self, String> {
        let http = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(10)).build();
        Ok(Self { http: http.map_err(|_| "no HTTP client".to_owned())?, url: rpc_url.expose() })
    }

    pub async fn head(&self) -> Result<u64, String> {
        let head: U64 = self.call("eth_blockNumber", json!([])).await?;
        Ok(head.to())
    }

    pub async fn balance(&self, address: Address) -> Result<U256, String> {
        self.call("eth_getBalance", json!([address, "latest"])).await
    }

    pub async fn gas_price(&self) -> Result<u128, String> {
        let price: U128 = self.call("eth_gasPrice", json!([])).await?;
        Ok(price.to())
    }

    /// The balance of `address` in a token, if there is a token.
    pub async fn token_balance(&self, token: Address, address: Address) -> Option<U256> {
        let balance_of = [[0x70, 0xa0, 0x82, 0x31].as_slice(), &[0; 12], address.as_slice()].concat();
        let call = json!([{ "to": token, "data": Bytes::from(balance_of) }, "latest"]);
        let answer: Bytes = self.call("eth_call", call).await.ok()?;
        (answer.len() == 32).then(|| U256::from_be_slice(&answer))
    }

    pub async fn call<T: DeserializeOwned>(&self, method: &str, parameters: Value) -> Result<T, String> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters });
        let sent =
            self.http.post(self.url).json(&request).send().await.map_err(|_| "the RPC endpoint is unreachable".to_owned())?;
        let answer: Value = sent.json().await.map_err(|_| "the RPC endpoint does not answer with JSON".to_owned())?;
        if let Some(message) = answer["error"]["message"].as_str() {
            return Err(printable(message, 200));
        }
        serde_json::from_value(answer["result"].clone()).map_err(|_| format!("{method} has no usable result"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_that_nobody_named_is_refused_and_the_main_networks_always_are() {
        assert!(DevelopmentChain::named(31_337, &[31_337]).is_ok_and(|chain| chain.id() == 31_337));
        for (chain_id, named) in [(31_337, vec![]), (31_337, vec![1_337]), (1, vec![]), (1, vec![1]), (42_161, vec![42_161])] {
            let refused = DevelopmentChain::named(chain_id, &named).map_err(|error| error.to_string());
            let sentence = format!("is not for chain {chain_id}");
            assert!(refused.as_ref().is_err_and(|refusal| refusal.contains(&sentence)), "{chain_id} {named:?}: {refused:?}");
        }
    }
}
