//! `POST /v2/transfers/evm`: the only way to make a stock node's wallet act.

use alloy_primitives::Address;
use reqwest::StatusCode;
use serde_json::json;

use super::{Error, ErrorKind, NodeClient, call::Call};

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

/// Why nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferRefusal {
    /// The wallet has too little, as far as the node knows: it looks with each block.
    BalanceTooLow,
    Other,
}

impl ErrorKind {
    /// Of an error of [`NodeClient::send_transfer`]: whether it says that nothing was sent. Of any other nothing is known.
    pub fn transfer_refusal(&self) -> Option<TransferRefusal> {
        match self {
            Self::UnexpectedStatus { status: 422, detail } if detail.contains("balance is too low") => {
                Some(TransferRefusal::BalanceTooLow)
            }
            Self::UnexpectedStatus { status, .. } => (400..500).contains(status).then_some(TransferRefusal::Other),
            Self::Refused
            | Self::CredentialsRefused
            | Self::Forbidden
            | Self::LoginHeldBack { .. }
            | Self::LoginLimited
            | Self::LoginUnchecked { .. }
            | Self::SecondFactor
            | Self::RateLimited
            | Self::NoLogin => Some(TransferRefusal::Other),
            _ => None,
        }
    }
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
