//! What the statements of this module write and read.

use linkpool_primitives::{Address, B256, Receipt, words};
use sqlx::postgres::{PgArguments, PgRow};

use crate::{
    Result,
    column::{Record, Take, row, stored_enums},
    parameter::{Bind, add},
    tx::TransactionKind,
};

stored_enums!(NonceState, RequestState);

/// An account on one chain that only this deployment sends from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account {
    pub chain_id: u64,
    pub address: Address,
}

impl Account {
    /// The name of the lease that whoever drives this account holds.
    pub fn lease(&self) -> String {
        format!("signer/{}/{:#x}", self.chain_id, self.address)
    }
}

impl Bind for Account {
    fn bind(&self, to: &mut PgArguments) -> Result<()> {
        add(to, &self.chain_id)?;
        add(to, &self.address)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransactionRequest {
    pub kind: TransactionKind,
    /// `None` makes a contract of `data`.
    pub recipient: Option<Address>,
    pub value_wei: u128,
    pub data: Vec<u8>,
    /// Where the recipient has this much wei already, nothing is sent.
    pub enough_wei: Option<u128>,
}

impl NewTransactionRequest {
    /// A call of a contract.
    pub fn call(kind: TransactionKind, contract: Address, data: Vec<u8>) -> Self {
        Self { kind, recipient: Some(contract), value_wei: 0, data, enough_wei: None }
    }

    /// Ether for a wallet, until it has `enough_wei`.
    pub fn ether(kind: TransactionKind, wallet: Address, value_wei: u128, enough_wei: u128) -> Self {
        Self { kind, recipient: Some(wallet), value_wei, data: Vec::new(), enough_wei: Some(enough_wei) }
    }
}

row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    TransactionRequest {
        id = "transaction_request_id": i64,
        kind: TransactionKind,
        node_id = "fleet_node_id": Option<String>,
        recipient: Option<Address>,
        value_wei = "value": u128,
        data: Vec<u8>,
        enough_wei = "enough": Option<u128>,
        /// Checks before sending that failed in a row.
        attempts: u32,
    }
}

words! {
    pub enum RequestState {
        /// Waits for a nonce.
        Queued = "queued",
        /// Has one.
        Assigned = "assigned",
        /// Mined with success, or found to have happened already.
        Done = "done",
        /// Mined and reverted.
        Failed = "failed",
        /// Refused before anything was sent.
        Refused = "refused",
        /// Its nonce was used for nothing, or it never had one.
        Cancelled = "cancelled",
    }
}

words! {
    pub enum NonceState {
        /// Taken; nothing signed yet.
        Reserved = "reserved",
        /// Bytes are committed and may be anywhere.
        Sent = "sent",
        /// An attempt is in a canonical block.
        Mined = "mined",
        /// That block is finalized.
        Final = "final",
        /// Somebody else used the nonce.
        UsedElsewhere = "used_elsewhere",
    }
}

/// One nonce with everything that was signed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonceReservation {
    pub nonce: u64,
    pub state: NonceState,
    pub gas_limit: u64,
    pub request: TransactionRequest,
    /// Why it makes no progress.
    pub trouble: Option<String>,
    /// In the order of signing.
    pub attempts: Vec<Attempt>,
    pub receipt: Option<Receipt>,
}

/// Without its attempts.
impl Record for NonceReservation {
    fn read(row: &PgRow) -> Result<Self> {
        Ok(Self {
            nonce: row.take("nonce")?,
            state: row.take("state")?,
            gas_limit: row.take("gas_limit")?,
            request: Record::read(row)?,
            trouble: row.take("trouble")?,
            attempts: Vec::new(),
            receipt: None,
        })
    }
}

/// Of the attempt `hash`; `None` where it is in no block.
pub(super) fn receipt(row: &PgRow) -> Result<Option<Receipt>> {
    let Some(block_number) = row.take("block_number")? else { return Ok(None) };
    Ok(Some(Receipt {
        transaction_hash: row.take("hash")?,
        block_number,
        block_hash: row.take("block_hash")?,
        succeeded: row.take("succeeded")?,
        gas_used: row.take("gas_used")?,
    }))
}

row! {
    /// Signed bytes. What is said of sending them is written when they are sent.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    Attempt {
        hash: B256,
        number = "attempt_number": u32,
        raw: Vec<u8>,
        gas_limit: u64,
        max_fee_wei = "max_fee": u128,
        tip_wei = "tip": u128,
        /// A payment of nothing to the signer itself, in place of what the transaction request asks for.
        cancels: bool,
        /// The head from which patience with it counts: when it was signed, or when the chain lost it.
        since_block: u64,
        /// The head when it was last sent; `None` if it may never have been, or the chain lost it since.
        sent_block: Option<u64>,
        sends: u32,
        /// The stable word for what was last answered to it.
        last_answer: Option<String>,
    }
}

impl Attempt {
    /// The most wei of fees that it can cost.
    pub fn cost_wei(&self) -> u128 {
        self.max_fee_wei.saturating_mul(u128::from(self.gas_limit))
    }
}
