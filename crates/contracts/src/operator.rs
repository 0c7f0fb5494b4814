//! Chainlink's `Operator`: where a paying request for one node's work arrives, and where its answer goes. From
//! `abi/Operator.json`.

#![allow(missing_debug_implementations, clippy::too_many_arguments)]

alloy::sol!(
    #[sol(all_derives)]
    Operator,
    "../../abi/Operator.json"
);

pub use Operator::*;

#[cfg(test)]
mod tests {
    use super::BYTECODE;
    use alloy::primitives::{b256, keccak256};

    #[test]
    fn the_code_is_that_of_the_operators_on_the_main_networks() {
        // Of the creation code that Chainlink's own Go bindings carry for "Operator 1.0.0".
        assert_eq!(keccak256(&BYTECODE), b256!("cb7ff5ab4c51043922b419d62fa1bd952aaac288d8d0485cd3db5b981c37ce89"));
    }
}
