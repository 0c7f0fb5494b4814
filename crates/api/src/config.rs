//! What the API is told at start.

use linkpool_primitives::Address;
use smart_default::SmartDefault;

/// Settings of one API listener. Contract constants are not here: they come from the database.
#[derive(Debug, Clone, SmartDefault)]
pub struct ApiConfig {
    /// Base URL of a block explorer, without a trailing slash.
    pub explorer_url: Option<String>,
    /// What people call the coin that gas is paid in.
    #[default("ETH".to_owned())]
    pub currency: String,
    /// What makes each node's own contract for its earnings, where the pool has it.
    pub earnings_factory: Option<Address>,
    /// Hash of the contract's ABI that this build was made for.
    pub abi_hash: String,
    pub limits: Limits,
    /// Whether a reverse proxy in front appends the client's address to `X-Forwarded-For`. Without one, anybody could
    /// write anything there, so the peer's own address counts.
    pub trust_forwarded_for: bool,
    /// The demo wallet of a development stack. Needs the feature `dev`.
    pub dev: Option<DevConfig>,
}

/// What one client, and all together, may use. A client is an IPv4 address or an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second that a client may make for ever.
    pub requests_per_second: u32,
    /// Requests that a client may make at once after a rest.
    pub burst: u32,
    /// Open streams of one client.
    pub streams_per_client: u32,
    /// Open streams of all clients.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests_per_second: 50, burst: 250, streams_per_client: 20, streams: 2_000 }
    }
}

/// A development chain and who has LINK on it.
#[derive(Debug, Clone)]
pub struct DevConfig {
    /// JSON-RPC over HTTP of the chain, whose accounts are unlocked.
    pub rpc_url: String,
    pub accounts: Vec<DemoAccount>,
}

/// An unlocked account of a development chain.
#[derive(Debug, Clone)]
pub struct DemoAccount {
    pub name: String,
    pub address: Address,
}
