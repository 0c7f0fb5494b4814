//! What gas costs now, from whichever of the chain's methods an endpoint has.

use alloy::primitives::{U128, U256};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Chain, Error, Result,
    call::Call,
    peer::{Batch, Peer},
    wire::WireHeader,
};

/// Blocks whose tips are looked at where an endpoint suggests none.
const HISTORY: u64 = 10;

/// What the market asks for gas now, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// The newest block's base fee (EIP-1559); on a chain without one the gas price.
    pub base_fee_wei: u128,
    /// The endpoint's suggestion for the tip, or one from what was paid lately; 0 on a chain without a base fee.
    pub tip_wei: u128,
    /// The chain's blocks have no base fee: a transaction there has one price, all of which is paid.
    pub is_legacy: bool,
}

#[derive(Debug, Deserialize)]
struct History {
    #[serde(default)]
    reward: Option<Vec<Vec<U256>>>,
}

impl Market {
    pub fn new(base_fee_wei: u128, tip_wei: u128) -> Self {
        Self { base_fee_wei, tip_wei, is_legacy: false }
    }

    /// Wei per gas that a transaction pays if it is mined now.
    pub fn price_wei(self) -> u128 {
        self.base_fee_wei.saturating_add(self.tip_wei)
    }
}

impl Chain {
    /// The price of gas now, by one endpoint's word. `usual_tip_wei` is taken where no endpoint tells a tip.
    ///
    /// # Errors
    /// [`Error::NoPrice`] where no endpoint has a method that tells one.
    pub async fn market(&self, usual_tip_wei: Option<u128>) -> Result<Market> {
        self.ask(|peer| async move { peer.market(usual_tip_wei).await }).await
    }
}

impl Peer {
    async fn market(&self, usual_tip_wei: Option<u128>) -> Result<Market> {
        let calls =
            [Call::new("eth_getBlockByNumber", json!(["latest", false])), Call::new("eth_maxPriorityFeePerGas", json!([]))];
        let mut batch = self.batch(&calls).await?;
        let block: Option<WireHeader> = batch.take()?;
        let base_fee = block.ok_or_else(|| self.lagging("latest"))?.base_fee_per_gas;
        let Some(base_fee_wei) = base_fee.map(|fee| fee.saturating_to::<u128>()) else {
            return self.legacy_market().await;
        };
        if let Some(tip) = told::<U128>(&mut batch)? {
            return Ok(Market::new(base_fee_wei, tip.to()));
        }
        // Whoever does not suggest one may know what others paid, or the two together.
        let percentile = json!([format!("{HISTORY:#x}"), "latest", [50]]);
        let calls = [Call::new("eth_feeHistory", percentile), Call::new("eth_gasPrice", json!([]))];
        let mut batch = self.batch(&calls).await?;
        let history = told::<History>(&mut batch)?.and_then(|history| median(&history.reward?));
        let price = told::<U256>(&mut batch)?.map(|price| price.saturating_to::<u128>().saturating_sub(base_fee_wei));
        match history.or(usual_tip_wei).or(price) {
            Some(tip_wei) => Ok(Market::new(base_fee_wei, tip_wei)),
            None => Err(Error::NoPrice { endpoint: self.name.to_string() }),
        }
    }

    /// Without a base fee the price is what the endpoint suggests.
    async fn legacy_market(&self) -> Result<Market> {
        let calls = [Call::new("eth_gasPrice", json!([]))];
        let price = told::<U256>(&mut self.batch(&calls).await?)?;
        let price = price.ok_or_else(|| Error::NoPrice { endpoint: self.name.to_string() })?;
        Ok(Market { base_fee_wei: price.saturating_to(), tip_wei: 0, is_legacy: true })
    }
}

/// The next answer; `None` where the endpoint has no such method, by whichever words. That it is away or limits us is no such answer.
fn told<R: serde::de::DeserializeOwned>(batch: &mut Batch<'_>) -> Result<Option<R>> {
    match batch.take() {
        Ok(answer) => Ok(Some(answer)),
        Err(error @ Error::RateLimited { .. }) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The middle one of what the blocks' transactions paid; blocks without transactions say 0 and nothing about it.
fn median(rewards: &[Vec<U256>]) -> Option<u128> {
    let mut paid: Vec<u128> = rewards.iter().filter_map(|block| block.first()).map(|tip| tip.saturating_to()).collect();
    paid.retain(|tip| *tip > 0);
    paid.sort_unstable();
    paid.get(paid.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tip_of_the_history_is_the_middle_of_what_was_paid() {
        let history = |tips: &[u64]| median(&tips.iter().map(|tip| vec![U256::from(*tip)]).collect::<Vec<_>>());
        assert_eq!([history(&[]), history(&[0, 0]), history(&[9, 0, 1, 5])], [None, None, Some(5)]);
        assert_eq!(median(&[vec![], vec![U256::MAX]]), Some(u128::MAX));
    }
}
