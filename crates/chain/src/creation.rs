//! Making a contract without sending anything: what code comes out, and what gas it takes.

use alloy::primitives::{Bytes, U64, address};
use linkpool_primitives::Address;
use serde_json::{Map, Value, json};

use crate::{Chain, Error, Result};

/// An account that the endpoint shall take for a contract with this code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pretended {
    pub address: Address,
    pub code: Bytes,
}

/// A contract to try to make.
#[derive(Debug, Clone, Copy)]
pub struct Creation<'a> {
    pub from: Address,
    /// The sender's nonce, which decides the address.
    pub nonce: u64,
    /// Creation code with the arguments of the constructor.
    pub code: &'a [u8],
    /// For constructors that call contracts which are not there yet; only where the endpoint can be told so
    /// ([`Chain::pretending`]).
    pub pretended: &'a [Pretended],
}

/// What an endpoint does with accounts that it shall take for contracts (state overrides).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pretending {
    /// In `eth_call`.
    pub in_calls: bool,
    /// In `eth_estimateGas`.
    pub in_estimates: bool,
}

/// An account that nobody has.
const NOBODY: Address = address!("00000000000000000000000000000000feedbeef");
/// Leaves the contract's own address as its code: what it is made of shows which nonce its maker had.
const OWN_ADDRESS: [u8; 8] = [0x30, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00];
const RETURN: u8 = 0xf3;
const STOP: [u8; 1] = [0x00];
const INVALID: [u8; 1] = [0xfe];

impl Chain {
    /// The code at an address; empty where there is no contract.
    pub async fn code(&self, account: Address) -> Result<Bytes> {
        self.request("eth_getCode", (account, "latest")).await
    }

    /// The code at an address after this block, which only endpoints with old states know.
    pub async fn code_at(&self, account: Address, block: u64) -> Result<Bytes> {
        self.request("eth_getCode", (account, format!("{block:#x}"))).await
    }

    /// The runtime code that `creation` would leave on the newest block.
    ///
    /// # Errors
    /// [`crate::Error::Reverted`] with the constructor's reason if it would revert.
    pub async fn try_creation(&self, creation: Creation<'_>) -> Result<Bytes> {
        self.request("eth_call", creation.parameters()).await
    }

    /// Whether state overrides are heeded. Some endpoints refuse them and some do as if they had not been given, so both are tried on
    /// something of which the answer is known.
    ///
    /// # Errors
    /// Only those of an endpoint that is unreachable.
    pub async fn pretending(&self) -> Result<Pretending> {
        let nonce = 5;
        let code = [&OWN_ADDRESS[..], &[RETURN]].concat();
        let pretended = [Pretended { address: NOBODY, code: STOP.into() }];
        let creation = Creation { from: NOBODY, nonce, code: &code, pretended: &pretended };
        let made = heeded(self.try_creation(creation).await)?;
        let in_calls = made.is_some_and(|made| made.ends_with(NOBODY.create(nonce).as_slice()));
        let runs = heeded(self.gas_into(STOP).await)?.is_some();
        let fails = heeded(self.gas_into(INVALID).await)?.is_none();
        Ok(Pretending { in_calls, in_estimates: runs && fails })
    }

    async fn gas_into(&self, code: [u8; 1]) -> Result<u64> {
        let call = json!({ "from": Address::ZERO, "to": NOBODY });
        let overrides = json!({ format!("{NOBODY:#x}"): { "code": Bytes::from(code) } });
        self.request("eth_estimateGas", (call, "latest", overrides)).await.map(|gas: U64| gas.to())
    }

    /// The gas that `creation` would take on the newest block.
    pub async fn creation_gas(&self, creation: Creation<'_>) -> Result<u64> {
        self.request("eth_estimateGas", creation.parameters()).await.map(|gas: U64| gas.to())
    }
}

/// The answer; `None` for any refusal.
fn heeded<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error @ (Error::Unreachable { .. } | Error::RateLimited { .. } | Error::WrongChain { .. })) => Err(error),
        Err(_) => Ok(None),
    }
}

impl Creation<'_> {
    /// Transaction, block and, only where something is pretended, the state override that not every endpoint knows.
    fn parameters(&self) -> Vec<Value> {
        let mut parameters = vec![json!({ "from": self.from, "data": Bytes::copy_from_slice(self.code) }), json!("latest")];
        if !self.pretended.is_empty() {
            // The contracts before it took nonces too: without them this one would be made on top of the first.
            let sender = (format!("{:#x}", self.from), json!({ "nonce": format!("{:#x}", self.nonce) }));
            let overrides = self.pretended.iter().map(|it| (format!("{:#x}", it.address), json!({ "code": it.code })));
            parameters.push(Value::Object(overrides.chain([sender]).collect::<Map<_, _>>()));
        }
        parameters
    }
}
