//! What each execution client says, taken from its sources.

use super::SendAnswer::{self, *};

fn check(client: &str, said: &[(&str, SendAnswer)]) {
    for (reason, expect) in said {
        assert_eq!(SendAnswer::classify(reason), *expect, "{client}: {reason}");
    }
}

#[test]
fn geth_and_what_mirrors_it() {
    check(
        "geth",
        &[
            ("already known", AlreadyKnown),
            ("known transaction: 0x12", AlreadyKnown),
            ("replacement transaction underpriced", ReplacementUnderpriced),
            ("replacement transaction underpriced: new tx gas fee cap 1 <= 2 queued", ReplacementUnderpriced),
            ("nonce too low: next nonce 185, tx nonce 184", NonceUsed),
            ("nonce too high: tx nonce 9, gapped nonce 5", NonceGap),
            ("future transaction tries to replace pending", NonceGap),
            ("insufficient funds for gas * price + value: balance 0", InsufficientFunds),
            ("transaction would cause overdraft", InsufficientFunds),
            ("tx fee (1.50 ether) exceeds the configured cap (1.00 ether)", FeeCapExceeded),
            ("transaction underpriced: tip needed 1, tip permitted 0", FeeTooLow),
            ("max fee per gas less than block base fee: address 0x0, maxFeePerGas: 1", FeeTooLow),
            ("txpool is full", PoolFull),
            ("address already reserved", AccountBusy),
            ("account limit exceeded", AccountBusy),
            ("in-flight transaction limit reached for delegated accounts", AccountBusy),
            ("intrinsic gas too low: gas 100, minimum needed 21000", Invalid),
            ("exceeds block gas limit", Invalid),
            ("transaction gas limit too high (cap: 16777216, tx: 30000000)", Invalid),
            ("invalid sender", Invalid),
            ("invalid chain id for signer: have 1 want 5", Invalid),
            ("oversized data: transaction size 200000, limit 131072", Invalid),
            ("transaction type not supported: type 3 rejected", Invalid),
            ("max priority fee per gas higher than max fee per gas: 2 > 1", Invalid),
        ],
    );
}

#[test]
fn nethermind_by_name_and_since_it_says_what_geth_does() {
    check(
        "older Nethermind",
        &[
            ("AlreadyKnown", AlreadyKnown),
            ("ReplacementNotAllowed", ReplacementUnderpriced),
            ("OwnNonceAlreadyUsed", ReplacementUnderpriced),
            ("OldNonce, Current nonce: 5, nonce of rejected tx: 4", NonceUsed),
            ("NonceGap, Future nonce. Expected nonce: 5", NonceGap),
            ("NonceTooFarInFuture", NonceGap),
            ("InsufficientFunds, Account balance: 0, cumulative cost: 1", InsufficientFunds),
            ("FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 2", FeeTooLow),
            ("FeeTooLowToCompete", FeeTooLow),
            ("PendingTxsOfConflictingType", AccountBusy),
            ("DelegatorHasPendingTx", AccountBusy),
            ("GasLimitExceeded, Gas limit: 1, gas limit of rejected tx: 2", Invalid),
            ("FailedToResolveSender", Invalid),
            ("Int256Overflow", Invalid),
            ("SenderIsContract", Invalid),
            ("MaxTxSizeExceeded", Invalid),
            ("NotSupportedTxType", Invalid),
            ("Invalid", Invalid),
            ("Invalid, InvalidTxSignature: Signature is invalid.", Invalid),
            ("Syncing", Unrecognized),
        ],
    );
    check(
        "Nethermind",
        &[
            ("nonce too far in future", NonceGap),
            ("delegation nonce gap", NonceGap),
            ("pending transaction type conflict", AccountBusy),
            ("delegation authority has pending transaction", AccountBusy),
            ("gas limit reached, Gas limit: 1, gas limit of rejected tx: 2", Invalid),
            ("failed to recover sender", Invalid),
            ("transaction cost overflow", Invalid),
            ("transaction invalid", Invalid),
            ("unsupported transaction type", Invalid),
            ("transaction too large", Invalid),
            ("sender not an eoa", Invalid),
            ("node is syncing", Unrecognized),
        ],
    );
}

#[test]
fn besu() {
    check(
        "Besu",
        &[
            ("Known transaction", AlreadyKnown),
            ("Replacement transaction underpriced", ReplacementUnderpriced),
            ("Nonce too low", NonceUsed),
            ("Nonce too high", NonceGap),
            ("Transaction nonce is too distant from current sender nonce", NonceGap),
            ("An invalid transaction with a lower nonce exists", NonceGap),
            ("Upfront cost exceeds account balance", InsufficientFunds),
            ("Transaction fee cap exceeded", FeeCapExceeded),
            ("Gas price below configured minimum gas price", FeeTooLow),
            ("Gas price below current base fee", FeeTooLow),
            ("Intrinsic gas exceeds gas limit", Invalid),
            ("Transaction gas limit exceeds block gas limit", Invalid),
            ("Invalid signature", Invalid),
            ("Wrong chainId", Invalid),
            ("Invalid transaction type", Invalid),
            ("Max priority fee per gas exceeds max fee per gas", Invalid),
            ("Initial sync is still in progress", Unrecognized),
        ],
    );
}

#[test]
fn erigon_and_reth() {
    check(
        "Erigon",
        &[
            ("existing txn with same hash", AlreadyKnown),
            ("INTERNAL_ERROR: existing tx with same hash", AlreadyKnown),
            ("could not replace existing tx", ReplacementUnderpriced),
            ("nonce too low", NonceUsed),
            ("insufficient funds", InsufficientFunds),
            ("underpriced", FeeTooLow),
            ("fee too low", FeeTooLow),
            ("pending sub-pool is full", PoolFull),
            ("baseFee sub-pool is full", PoolFull),
            ("spammer", AccountBusy),
            ("IntrinsicGas", Invalid),
            ("gas limit is too high", Invalid),
        ],
    );
    check(
        "reth",
        &[
            ("already imported", AlreadyKnown),
            ("insufficient gas price to replace existing transaction", ReplacementUnderpriced),
            ("transaction overdraws from account", InsufficientFunds),
            ("transaction feeCap 6 below chain minimum", FeeTooLow),
            ("transaction discarded outright due to pool size constraints", PoolFull),
            ("transaction type 3 conflicts with existing transaction for 0x12", AccountBusy),
            ("transaction's gas limit 9 exceeds block's gas limit 8", Invalid),
            ("input data too large", Invalid),
        ],
    );
}

#[test]
fn others_and_what_nobody_knows() {
    check(
        "OpenEthereum",
        &[
            ("Transaction with the same hash was already imported.", AlreadyKnown),
            ("Transaction nonce is too low. Try incrementing the nonce.", NonceUsed),
            ("There are too many transactions in the queue.", PoolFull),
        ],
    );
    check(
        "Hardhat",
        &[
            ("sender doesn't have enough funds to send tx", InsufficientFunds),
            ("Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 2", FeeTooLow),
        ],
    );
    // To a nonce that is too low and to one that is too high alike: nothing follows from it.
    check("Arbitrum, once", &[("invalid transaction nonce", Unrecognized)]);
    check("a sequencer", &[("execution reverted: CapExceeded", ExecutionReverted), ("sequencer pending tx pool full", PoolFull)]);
    check("nobody", &[("unknown transaction", Unrecognized), ("the moon is in the wrong house", Unrecognized)]);
}
