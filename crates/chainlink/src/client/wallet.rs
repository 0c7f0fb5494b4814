//! Why a node has no wallet that may be registered.

use alloy_primitives::U256;

use super::Error;

/// Why [`super::NodeClient::wallet`] names no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum WalletError {
    /// The node's API gave no usable key list.
    #[error(transparent)]
    Api(#[from] Error),
    /// The key list is empty: the first-boot key is not there yet, or `EVM.AutoCreateKey` is off.
    #[error("the node has no EVM key yet: wait for its first boot to end, or create a key for chain {chain_id}")]
    NoKey { chain_id: u64 },
    /// There are keys, but none on our chain.
    #[error("the node's keys are for chain {found}, not for chain {chain_id}: check the node's [[EVM]] ChainID")]
    OtherChain {
        chain_id: u64,
        /// The chain of the first key.
        found: U256,
    },
    /// All keys on our chain are disabled.
    #[error("the node's {count} key(s) on chain {chain_id} are all disabled: enable the one to register")]
    DisabledOnly { chain_id: u64, count: usize },
    /// Two or more enabled keys on our chain.
    #[error("the node has {count} enabled keys on chain {chain_id}: disable all but the one to register")]
    SeveralKeys { chain_id: u64, count: usize },
    /// The one enabled key's address is damaged.
    #[error("the node's address \"{shown}\" fails its EIP-55 checksum: the answer was damaged, nothing is registered")]
    BadAddress {
        /// The address as sent, made printable.
        shown: String,
    },
}

impl WalletError {
    /// Whether waiting alone may mend it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Api(error) => error.is_transient(),
            Self::NoKey { .. } => true,
            Self::OtherChain { .. } | Self::DisabledOnly { .. } | Self::SeveralKeys { .. } | Self::BadAddress { .. } => false,
        }
    }

    /// A stable word for this kind of error, for metrics labels, events and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Api(error) => error.code(),
            other => other.into(),
        }
    }
}
