//! The LINK token, v0.4: ERC-20 with ERC-677's `transferAndCall`. From `abi/LinkToken.json`.

#![allow(missing_debug_implementations)]

alloy::sol!(
    #[sol(all_derives)]
    LinkToken,
    "../../abi/LinkToken.json"
);

pub use LinkToken::*;
