//! OpenZeppelin's `TimelockController`, the pool's owner. From `abi/TimelockController.json`.

#![allow(missing_debug_implementations, clippy::too_many_arguments)]

alloy::sol!(
    #[sol(all_derives)]
    TimelockController,
    "../../abi/TimelockController.json"
);

pub use TimelockController::*;

/// The artefact as committed.
pub const ARTEFACT: &str = include_str!("../../../abi/TimelockController.json");
