//! What an RPC endpoint can answer instead of the answer, sorted by what to do about it.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error("the RPC URL is not valid: write http://host:port or https://host/path (it is not shown, because it may hold a key)")]
    Url,
    #[error(
        "the websocket URL is not valid: write ws://host:port or wss://host/path (it is not shown, because it may hold a key)"
    )]
    WsUrl,
    #[error("give between 1 and 16 RPC endpoints, each with a name of its own")]
    Names,
    #[error("cannot reach the RPC endpoint `{endpoint}`: {cause}; check that it runs and that the URL is right")]
    Unreachable { endpoint: String, cause: String },
    #[error("the RPC endpoint `{endpoint}` serves chain {found}, not chain {expected}: give an endpoint of chain {expected}")]
    WrongChain { endpoint: String, expected: u64, found: u64 },
    #[error("there is no contract at {address} on chain {chain_id}: check the address and the endpoint")]
    NoCode { address: String, chain_id: u64 },
    /// The range holds more logs than the endpoint gives: ask for fewer blocks. `suggested` is its own idea of a range that it
    /// would answer, which may be no smaller than the one that it refused.
    #[error("`{endpoint}` refuses the range as too large: {message}")]
    TooLarge { endpoint: String, message: String, suggested: Option<(u64, u64)> },
    #[error("`{endpoint}` limits the rate: {message}")]
    RateLimited { endpoint: String, message: String },
    #[error("`{endpoint}` does not have block {block}")]
    Lagging { endpoint: String, block: String },
    /// The endpoint has the block and no more the state, or the logs, of it. Nodes that are no archives forget within minutes.
    #[error("`{endpoint}` no longer keeps what was asked about an older block ({message}): an archive endpoint has it")]
    Pruned { endpoint: String, message: String },
    /// By its word there is no contract at the address in that block, which is true of every block before the contract's own.
    #[error("`{endpoint}` finds no contract at {address} in the block that was asked about")]
    Absent { endpoint: String, address: String },
    /// A contract answers, in a form that the one which is expected there never has.
    #[error("by `{endpoint}`'s word the contract at {address} is another one than expected: its answer does not decode ({what})")]
    UnexpectedContract { endpoint: String, address: String, what: String },
    #[error("`{endpoint}` contradicts itself: {what}")]
    Inconsistent { endpoint: String, what: String },
    /// The contract refused a call; `data` is its revert data.
    #[error("the call reverts: {message}")]
    Reverted { message: String, data: Vec<u8> },
    #[error("`{endpoint}` does not offer {method} ({message}): docs/rpc.md lists what an endpoint must offer")]
    NoMethod { endpoint: String, method: String, message: String },
    #[error(
        "`{endpoint}` does not tell what gas costs: it has none of eth_maxPriorityFeePerGas, eth_feeHistory and eth_gasPrice; use another \
         endpoint, or set transactions.tip_gwei"
    )]
    NoPrice { endpoint: String },
    #[error("`{endpoint}` answers an error: {message} (code {code})")]
    Rpc { endpoint: String, code: i64, message: String },
}

impl Error {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::Lagging { .. }
            | Self::Pruned { .. }
            | Self::Absent { .. }
            | Self::UnexpectedContract { .. }
            | Self::Inconsistent { .. } => true,
            // Nodes answer "internal error" and the like in passing; an unknown method or wrong parameters stay so.
            Self::Rpc { code, .. } => !matches!(code, -32602..=-32600),
            _ => false,
        }
    }

    /// Whether the question went unanswered until its time was over: a shorter one may be answered.
    pub fn is_time_out(&self) -> bool {
        matches!(self, Self::Unreachable { cause, .. } if cause == crate::call::TIME_OUT)
    }

    /// Whether a question for logs was refused for the addresses in it: geth's words are "exceed max addresses or topics per search
    /// position", and others speak of addresses as well.
    pub(crate) fn is_about_addresses(&self) -> bool {
        let (Self::Rpc { message, .. } | Self::TooLarge { message, .. }) = self else {
            return false;
        };
        message.to_lowercase().contains("address")
    }

    /// Whether another endpoint may answer what this one did not. A refusal of the contract and a range that is too large are
    /// answers.
    pub(crate) fn fails_over(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::WrongChain { .. }
            | Self::RateLimited { .. }
            | Self::Lagging { .. }
            | Self::Pruned { .. }
            | Self::Absent { .. }
            | Self::UnexpectedContract { .. }
            | Self::Inconsistent { .. }
            | Self::NoMethod { .. }
            | Self::NoPrice { .. }
            | Self::Rpc { .. } => true,
            Self::Url | Self::WsUrl | Self::Names | Self::NoCode { .. } | Self::TooLarge { .. } | Self::Reverted { .. } => false,
        }
    }

    /// Whether the endpoint lacks what another one may have, without having done anything wrong.
    pub(crate) fn is_a_lack(&self) -> bool {
        matches!(self, Self::Lagging { .. } | Self::Pruned { .. } | Self::Absent { .. })
    }

    /// Of several endpoints' errors the one with the highest weight is told: the one that knows most.
    pub(crate) fn weight(&self) -> u8 {
        match self {
            Self::WrongChain { .. } => 0,
            Self::Unreachable { .. } => 1,
            Self::RateLimited { .. } => 2,
            Self::Rpc { .. } | Self::NoMethod { .. } | Self::NoPrice { .. } => 3,
            Self::Lagging { .. } | Self::Pruned { .. } | Self::Absent { .. } => 4,
            _ => 5,
        }
    }
}
