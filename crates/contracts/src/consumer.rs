//! `NumberConsumer`: who asks a node for a number and pays for it, on a development chain. From `abi/NumberConsumer.json`.

#![allow(missing_debug_implementations, clippy::too_many_arguments)]

alloy::sol!(
    #[sol(all_derives)]
    NumberConsumer,
    "../../abi/NumberConsumer.json"
);

pub use NumberConsumer::*;
