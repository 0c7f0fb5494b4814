//! `StakingLens`: views that the pool itself has no room for. From `abi/StakingLens.json`.

#![allow(missing_debug_implementations, clippy::too_many_arguments)]

alloy::sol!(
    #[sol(all_derives)]
    StakingLens,
    "../../abi/StakingLens.json"
);

pub use StakingLens::*;
