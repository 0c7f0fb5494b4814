//! `GET /config`

use linkpool_accounting::MIN_ACTIVE_SHARES;
use linkpool_primitives::JUELS_PER_LINK;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    as_of::{AsOf, deployment, pool},
    envelope::{Answer, Envelope},
    parameters::NoQuery,
    problem::Problem,
    reading::Reading,
    view::{AddressText, Amount},
};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Config)]
pub(crate) struct ConfigView {
    #[schema(example = 1)]
    pub chain_id: u64,
    #[schema(example = "Ethereum")]
    pub chain_name: Option<&'static str>,
    /// The staking contract.
    pub pool_address: AddressText,
    /// The contract that makes each node's own, which passes its earnings on to its stakers. Not there where the pool has none.
    pub earnings_factory_address: Option<AddressText>,
    /// The LINK token.
    pub token_address: AddressText,
    #[schema(example = "LINK")]
    pub token_symbol: &'static str,
    #[schema(example = 18)]
    pub token_decimals: u8,
    /// What people call the coin that gas is paid in; it has 18 decimals.
    #[schema(example = "ETH")]
    pub currency_symbol: String,
    #[schema(example = "https://etherscan.io")]
    pub explorer_url: Option<String>,
    /// No event of the contract is older.
    #[schema(example = 11)]
    pub deploy_block: u64,
    /// Of the ABI that this server decodes events with.
    #[schema(example = "0x9b83c12c69edb74f6c8dd5d052765c1adf940e320bd1291696e6fa07829eee71")]
    pub abi_hash: String,
    /// From asking to leave to being able to.
    #[schema(example = 2419200)]
    pub unbonding_seconds: u64,
    /// Over which a reward vests.
    #[schema(example = 604800)]
    pub vest_seconds: u64,
    /// The maker fee of rewards still to come.
    #[schema(example = 400)]
    pub fee_bps: u32,
    /// The contract never allows more.
    #[schema(example = 2000)]
    pub max_fee_bps: u32,
    /// The stake cap of a new node.
    pub default_cap_juels: Amount,
    /// The fewest active shares of a position that has any.
    pub min_active_shares: Amount,
    /// Whether this server offers the demo wallet of a development chain.
    #[schema(example = false)]
    pub dev_mode: bool,
    #[schema(example = "0.1.0")]
    pub version: &'static str,
}

/// Chain, contracts and limits
#[utoipa::path(get, path = "/config", tag = "service", operation_id = "get_config", responses((status = 200, description = "Chain, contracts and limits", body = Envelope<ConfigView>)))]
pub(crate) async fn get_config(reading: Reading, _: NoQuery) -> Result<Answer<ConfigView>, Problem> {
    let api = &reading.api;
    let mut snapshot = reading.snapshot().await?;
    let as_of = AsOf::of(snapshot.cursor());
    let (deployment, pool) = (deployment(&mut snapshot).await?, pool(&mut snapshot).await?);
    let view = ConfigView {
        chain_id: deployment.chain_id,
        chain_name: chain_name(deployment.chain_id),
        pool_address: AddressText(deployment.pool),
        earnings_factory_address: api.config.earnings_factory.map(AddressText),
        token_address: AddressText(deployment.token),
        token_symbol: "LINK",
        token_decimals: 18,
        currency_symbol: api.config.currency.clone(),
        explorer_url: api.config.explorer_url.clone(),
        deploy_block: deployment.start.number + 1,
        abi_hash: api.config.abi_hash.clone(),
        unbonding_seconds: deployment.unbonding_seconds,
        vest_seconds: deployment.vest_seconds,
        fee_bps: pool.fee_bps,
        max_fee_bps: deployment.max_fee_bps,
        default_cap_juels: Amount(u128::from(pool.default_cap_link) * JUELS_PER_LINK),
        min_active_shares: Amount(MIN_ACTIVE_SHARES),
        dev_mode: api.config.dev.is_some(),
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(Answer::new(&as_of, view))
}

/// What people call a chain; wallets know the others by number.
fn chain_name(chain_id: u64) -> Option<&'static str> {
    match chain_id {
        1 => Some("Ethereum"),
        11_155_111 => Some("Sepolia"),
        31_337 => Some("Development chain"),
        _ => None,
    }
}
