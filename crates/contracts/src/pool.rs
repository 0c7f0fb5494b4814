//! `StakingPool`, from `abi/StakingPool.json`.

#![allow(missing_debug_implementations, clippy::too_many_arguments)]

alloy::sol!(
    #[sol(all_derives, extra_derives(serde::Serialize))]
    StakingPool,
    "../../abi/StakingPool.json"
);

pub use self::IStakingPool::*;
pub use StakingPool::*;

/// The name of the whole set of events.
pub type Event = StakingPool::StakingPoolEvents;

/// The artefact as committed: its hash tells two versions of the contract apart.
pub const ARTEFACT: &str = include_str!("../../../abi/StakingPool.json");

/// Keccak-256 of the artefact, shown by the API.
pub fn abi_hash() -> alloy::primitives::B256 {
    alloy::primitives::keccak256(ARTEFACT)
}
