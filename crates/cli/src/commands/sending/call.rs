//! One call of a contract, before anybody signs it.

use anyhow::Result;
use linkpool_chain::{Chain, Error as ChainError};
use linkpool_primitives::{Address, checksum};
use linkpool_tx_manager::{NewTransactionRequest, TransactionKind};
use serde_json::{Value, json};

use crate::{failure::Failure, output::answer};

/// What is to be called, and how a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub kind: TransactionKind,
    pub to: Address,
    pub data: Vec<u8>,
    /// The call in words that a signer of a multisig can check.
    pub description: String,
    /// What tells this call from a later one with the same data: the request that it answers, for example.
    pub occasion: String,
    /// Asked instead of the call itself where that would hide the contract's reason.
    pub probe: Option<Probe>,
}

/// A call that is only ever simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub from: Address,
    pub to: Address,
    pub data: Vec<u8>,
}

impl Call {
    /// Asks the chain whether `from` could make the call now.
    ///
    /// # Errors
    /// Exit code 3 with the contract's own sentence.
    pub async fn rehearse(&self, chain: &Chain, from: Address) -> Result<()> {
        if let Some(probe) = &self.probe {
            simulate(chain, probe.from, probe.to, &probe.data).await?;
        }
        simulate(chain, from, self.to, &self.data).await
    }

    pub fn request(&self) -> NewTransactionRequest {
        NewTransactionRequest::call(self.kind, self.to, self.data.clone())
    }

    /// For a multisig: all that a signer needs.
    pub fn json(&self, chain_id: Option<u64>) -> Value {
        json!({ "chain_id": chain_id, "to": checksum(&self.to), "value": "0", "data": self.hex(), "call": self.description })
    }

    pub fn print(&self, chain_id: Option<u64>) {
        if let Some(chain_id) = chain_id {
            answer!("chain  {chain_id}");
        }
        answer!("to     {}", checksum(&self.to));
        answer!("value  0");
        answer!("data   {}", self.hex());
        answer!("call   {}", self.description);
    }

    fn hex(&self) -> String {
        alloy::primitives::hex::encode_prefixed(&self.data)
    }
}

async fn simulate(chain: &Chain, from: Address, to: Address, data: &[u8]) -> Result<()> {
    match chain.simulate(from, to, data.to_vec()).await {
        Ok(_) => Ok(()),
        Err(ChainError::Reverted { message, data }) => {
            let sentence = linkpool_contracts::refusal(&data).map_or(message, |(_, sentence)| sentence);
            Err(Failure::refused(sentence))
        }
        Err(error) => Err(error.into()),
    }
}
