//! `NodeEarnings`: what passes on the LINK that one node earns. From `abi/NodeEarnings.json`.

#![allow(missing_debug_implementations)]

alloy::sol!(
    #[sol(all_derives)]
    NodeEarnings,
    "../../abi/NodeEarnings.json"
);

pub use NodeEarnings::*;

pub(crate) const ARTEFACT: &str = include_str!("../../../abi/NodeEarnings.json");
