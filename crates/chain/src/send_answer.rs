//! What endpoints say to a transaction, in the words of each client.

/// What an endpoint said to a transaction. The words differ between clients; what to do about them does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendAnswer {
    /// It is in the pool now.
    Accepted,
    /// It was there before, or is mined.
    Known,
    /// The nonce is used: by one of our attempts, which its receipt shows, or by somebody else.
    NonceUsed,
    /// Other bytes hold the nonce and pay too much to be replaced by these.
    Underpriced,
    /// A lower nonce is missing.
    Gap,
    /// The fee is below what the endpoint takes now.
    FeeTooLow,
    /// The account can't pay for it.
    NoFunds,
    /// The endpoint has a limit of its own on fees.
    FeeCap,
    /// No room at the moment.
    Full,
    /// These bytes will never be taken.
    Invalid,
    /// Words that are not known.
    Unclear,
}

impl SendAnswer {
    /// A stable word, for metrics labels and the stored attempt.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Known => "known",
            Self::NonceUsed => "nonce_used",
            Self::Underpriced => "underpriced",
            Self::Gap => "gap",
            Self::FeeTooLow => "fee_too_low",
            Self::NoFunds => "no_funds",
            Self::FeeCap => "fee_cap",
            Self::Full => "full",
            Self::Invalid => "invalid",
            Self::Unclear => "unclear",
        }
    }

    /// Sorts an endpoint's words. By part of the text and in this order, because clients wrap them in sentences of their own:
    /// today's geth says `nonce too low: next nonce 185, tx nonce 184`.
    pub fn classify(reason: &str) -> Self {
        let text = reason.to_lowercase();
        let table: &[(Self, &[&str])] = &[
            (
                Self::Underpriced,
                &[
                    "replacement transaction underpriced",
                    "ownnoncealreadyused",
                    "another tx which has the same nonce",
                    "could not replace existing",
                ],
            ),
            (
                Self::Known,
                &[
                    "already known",
                    "alreadyknown",
                    "already imported",
                    "already in mempool",
                    "already pending",
                    "tx already exists",
                ],
            ),
            (Self::NonceUsed, &["nonce too low", "oldnonce", "nonce is too low", "invalid transaction nonce"]),
            (
                Self::Gap,
                &["nonce too high", "nonce too far in the future", "noncegap", "exceeds next nonce", "nonce out of range"],
            ),
            (
                Self::NoFunds,
                &[
                    "insufficient funds",
                    "insufficientfunds",
                    "insufficient balance",
                    "would cause overdraft",
                    "upfront cost exceeds",
                    "not enough funds",
                ],
            ),
            (Self::FeeCap, &["exceeds the configured cap", "transaction fee cap exceeded"]),
            (
                Self::FeeTooLow,
                &[
                    "transaction underpriced",
                    "less than block base fee",
                    "max fee per gas less than",
                    "below configured minimum",
                    "feetoolow",
                    "gas price too low",
                    "fee too low",
                ],
            ),
            (Self::Full, &["pool is full", "pool full", "queue full", "queue is full"]),
            (
                Self::Invalid,
                &[
                    "intrinsic gas",
                    "exceeds block gas limit",
                    "invalid sender",
                    "oversized data",
                    "gaslimitexceeded",
                    "invalid signature",
                    "transaction type not supported",
                    "higher than max fee per gas",
                    "invalid chain id",
                    "execution reverted",
                ],
            ),
        ];
        if text.contains("known transaction") && !text.contains("unknown transaction") {
            return Self::Known;
        }
        if text == "invalid" {
            // The whole of Nethermind's words.
            return Self::Invalid;
        }
        let found = table.iter().find(|(_, patterns)| patterns.iter().any(|pattern| text.contains(pattern)));
        found.map_or(Self::Unclear, |(answer, _)| *answer)
    }
}

#[cfg(test)]
mod tests {
    use super::SendAnswer;

    fn check(reason: &str, expect: SendAnswer) {
        assert_eq!(SendAnswer::classify(reason), expect, "{reason}");
    }

    #[test]
    fn the_same_fact_in_the_words_of_each_client_is_the_same_answer() {
        check("already known", SendAnswer::Known);
        check("Known transaction", SendAnswer::Known);
        check("unknown transaction", SendAnswer::Unclear);
        check("known transaction: 0x12", SendAnswer::Known);
        check("Transaction with the same hash was already imported.", SendAnswer::Known);
        check("AlreadyKnown", SendAnswer::Known);
        check("transaction already imported", SendAnswer::Known);
        check("replacement transaction underpriced", SendAnswer::Underpriced);
        check("OwnNonceAlreadyUsed", SendAnswer::Underpriced);
        check("nonce too low: next nonce 185, tx nonce 184", SendAnswer::NonceUsed);
        check("OldNonce", SendAnswer::NonceUsed);
        check("nonce too high", SendAnswer::Gap);
        check("Transaction nonce too far in the future", SendAnswer::Gap);
        check("insufficient funds for gas * price + value: balance 0", SendAnswer::NoFunds);
        check("Upfront cost exceeds account balance", SendAnswer::NoFunds);
        check("tx fee (1.50 ether) exceeds the configured cap (1.00 ether)", SendAnswer::FeeCap);
        check("transaction underpriced: tip needed 1, tip permitted 0", SendAnswer::FeeTooLow);
        check("max fee per gas less than block base fee: address 0x0, maxFeePerGas: 1", SendAnswer::FeeTooLow);
        check("txpool is full", SendAnswer::Full);
        check("intrinsic gas too low: gas 100, minimum needed 21000", SendAnswer::Invalid);
        check("exceeds block gas limit", SendAnswer::Invalid);
        check("the moon is in the wrong house", SendAnswer::Unclear);
    }
}
