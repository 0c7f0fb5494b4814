//! `POST /v2/transfers/evm`: the only way to make a stock node's wallet act.

use alloy_primitives::Address;
use reqwest::StatusCode;
use serde_json::json;

use super::{Error, NodeClient, call::Call};

/// Ether that a node's wallet is asked to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// EIP-155 id of the chain.
    pub chain_id: u64,
    /// The node's wallet.
    pub from: Address,
    /// Who gets it.
    pub recipient: Address,
    /// Wei.
    pub amount_wei: u128,
}

impl NodeClient {
    /// Asks the node to send `transfer`. Needs the role `admin`.
    ///
    /// Neither an answer nor an error says whether it reached the chain: a node answers 504 with "may still have been
    /// broadcast", and an answer can be lost. Look for it on the chain before asking again.
    ///
    /// # Errors
    /// Any [`Error`]; [`super::ErrorKind::Forbidden`] for a lower role, [`super::ErrorKind::UnexpectedStatus`] with the node's words where it refuses.
    pub async fn send_transfer(&self, transfer: &Transfer) -> Result<(), Error> {
        let body = json!({
            "address": transfer.recipient,
            "from": transfer.from,
            "amount": transfer.amount_wei.to_string(),
            "evmChainID": transfer.chain_id.to_string(),
            "allowHigherAmounts": false,
            "skipWaitTxAttempt": true,
        });
        self.ask(Call::post(&["v2", "transfers", "evm"], body)).await?.expect(StatusCode::OK).map(drop)
    }
}
