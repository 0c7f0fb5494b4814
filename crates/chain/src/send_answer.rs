//! What an endpoint says to a transaction, sorted by what is to be done about it.

/// What an endpoint said to a transaction. The words differ between execution clients; what to do about them does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendAnswer {
    /// It is in the endpoint's mempool now.
    Accepted,
    /// It was there before, or is mined.
    AlreadyKnown,
    /// The nonce is used: by one of our attempts, which its receipt shows, or by somebody else.
    NonceUsed,
    /// The mempool holds other bytes with the nonce, and these pay too little more to replace them.
    ReplacementUnderpriced,
    /// A lower nonce is missing, or is not executable there.
    NonceGap,
    /// The fee is below what the endpoint takes now.
    FeeTooLow,
    /// The account can't pay for it.
    InsufficientFunds,
    /// The fee is above the endpoint's own limit.
    FeeCapExceeded,
    /// The mempool has no room at the moment.
    PoolFull,
    /// The mempool takes no more of this account until others of its transactions are mined.
    AccountBusy,
    /// The endpoint has executed it, and in the present state it reverts.
    ExecutionReverted,
    /// These bytes will never be taken.
    Invalid,
    /// Words that the table does not have.
    Unrecognized,
}

use SendAnswer as S;

/// Parts of what execution clients say, in lower case, and what they mean. Clients wrap them in sentences of their own (today's geth
/// says `nonce too low: next nonce 185, tx nonce 184`), so the first row with a part that the text contains decides. Older Nethermind
/// says a bare name, like `OldNonce`; newer Nethermind says what geth does.
const TABLE: &[(S, &[&str])] = &[
    // geth, Nethermind, Besu, reth, anvil; older Nethermind; Erigon; reth's pool; Harmony.
    (S::ReplacementUnderpriced, &["replacement transaction underpriced", "replacementnotallowed", "ownnoncealreadyused"]),
    (S::ReplacementUnderpriced, &["could not replace existing", "to replace existing", "another tx which has the same nonce"]),
    // geth, Nethermind, reth; older Nethermind; OpenEthereum, anvil; Erigon; providers in front of them.
    (S::AlreadyKnown, &["already known", "alreadyknown", "already imported", "with same hash"]),
    (S::AlreadyKnown, &["already in mempool", "already pending", "tx already exists"]),
    // geth, Nethermind, Besu, reth, Erigon, anvil; older Nethermind; OpenEthereum, Hardhat.
    (S::NonceUsed, &["nonce too low", "oldnonce", "nonce is too low"]),
    // geth, Besu, anvil, Hardhat; Nethermind, new and old; Besu; geth where its mempool is full besides.
    (S::NonceGap, &["nonce too high", "nonce is too high", "nonce too far in", "noncetoofarinfuture", "noncegap", "nonce gap"]),
    (S::NonceGap, &["nonce is too distant", "with a lower nonce exists", "exceeds next nonce", "nonce out of range"]),
    (S::NonceGap, &["future transaction tries to replace pending"]),
    // geth, Nethermind, reth, Erigon, anvil; older Nethermind; geth and reth of all pending together; Besu; Arbitrum; Hardhat.
    (S::InsufficientFunds, &["insufficient funds", "insufficientfunds", "insufficient balance", "overdraft", "overdraws"]),
    (S::InsufficientFunds, &["upfront cost exceeds", "upfront gas cost exceeds", "not enough funds", "have enough funds"]),
    // geth, reth, Erigon; Besu.
    (S::FeeCapExceeded, &["exceeds the configured cap", "transaction fee cap exceeded"]),
    // geth, Nethermind, reth, Erigon; geth and reth; Besu; older Nethermind; Arbitrum; Erigon; Hardhat.
    (S::FeeTooLow, &["underpriced", "less than block base fee", "max fee per gas less than", "below chain minimum"]),
    (S::FeeTooLow, &["below configured minimum", "below current base fee", "feetoolow", "gas price too low", "fee too low"]),
    (S::FeeTooLow, &["too low for the next block"]),
    // geth, reth, Erigon of each of its pools; Arbitrum; OpenEthereum; reth's pool.
    (
        S::PoolFull,
        &["pool is full", "pool full", "queue full", "queue is full", "too many transactions", "pool size constraints"],
    ),
    // geth, of blob transactions beside others, of one account, and of a delegated one; Nethermind, new and old; reth; Erigon.
    (S::AccountBusy, &["address already reserved", "account limit exceeded", "in-flight transaction limit", "type conflict"]),
    (
        S::AccountBusy,
        &["conflictingtype", "delegatorhaspendingtx", "has pending transaction", "conflicts with existing", "spammer"],
    ),
    // Endpoints that execute before they take, as sequencers do.
    (S::ExecutionReverted, &["execution reverted"]),
    // Gas: geth, Besu, reth; Erigon; older and newer Nethermind; geth and Erigon since there is a most for one transaction.
    (S::Invalid, &["intrinsic gas", "intrinsicgas", "exceeds block gas limit", "exceeds block's gas limit", "gaslimitexceeded"]),
    (S::Invalid, &["gas limit reached", "gas limit too high", "gas limit is too high"]),
    // Signature and chain: geth, Erigon; Besu; Nethermind, new and old.
    (
        S::Invalid,
        &["invalid sender", "invalid signature", "failed to recover sender", "failedtoresolvesender", "invalid chain id"],
    ),
    (S::Invalid, &["wrong chainid", "sender not an eoa", "senderiscontract", "transaction invalid"]),
    // Form: geth, Erigon; reth; Besu; Nethermind, new and old.
    (S::Invalid, &["oversized data", "input data too large", "transaction too large", "maxtxsizeexceeded"]),
    (S::Invalid, &["type not supported", "invalid transaction type", "unsupported transaction type", "notsupportedtxtype"]),
    (S::Invalid, &["higher than max fee per gas", "exceeds max fee per gas", "transaction cost overflow", "int256overflow"]),
];

impl SendAnswer {
    /// A stable word, for metrics labels and the stored attempt.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::AlreadyKnown => "already_known",
            Self::NonceUsed => "nonce_used",
            Self::ReplacementUnderpriced => "replacement_underpriced",
            Self::NonceGap => "nonce_gap",
            Self::FeeTooLow => "fee_too_low",
            Self::InsufficientFunds => "insufficient_funds",
            Self::FeeCapExceeded => "fee_cap_exceeded",
            Self::PoolFull => "pool_full",
            Self::AccountBusy => "account_busy",
            Self::ExecutionReverted => "execution_reverted",
            Self::Invalid => "invalid",
            Self::Unrecognized => "unrecognized",
        }
    }

    /// Sorts an endpoint's words.
    pub fn classify(reason: &str) -> Self {
        let text = reason.to_lowercase();
        // Besu's, and geth's before it said `already known`.
        if text.contains("known transaction") && !text.contains("unknown transaction") {
            return Self::AlreadyKnown;
        }
        // Older Nethermind: the bare name, or the name and what is wrong.
        if text == "invalid" || text.starts_with("invalid, ") {
            return Self::Invalid;
        }
        let found = TABLE.iter().find(|(_, parts)| parts.iter().any(|part| text.contains(part)));
        found.map_or(Self::Unrecognized, |(answer, _)| *answer)
    }
}

#[cfg(test)]
mod tests;
