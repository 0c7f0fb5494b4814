//! Chainlink's `Operator`: where a paying request for one node's work arrives, and where its answer goes. From
//! `abi/Operator.json`.

#![allow(missing_debug_implementations, clippy::too_many_arguments)]

alloy::sol!(
    #[sol(all_derives)]
    Operator,
    "../../abi/Operator.json"
);

pub use Operator::*;

const ARTEFACT: &str = include_str!("../../../abi/Operator.json");
/// Bytes of an immutable in runtime code.
const WORD: usize = 32;

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Compiled {
    deployed_bytecode: Runtime,
}

#[derive(Debug, serde::Deserialize)]
struct Runtime {
    object: alloy::primitives::Bytes,
    /// Where the token's address lies: zeros here.
    immutables: Vec<usize>,
}

/// The runtime code of an Operator that is paid in this token.
pub fn runtime_code(link: alloy::primitives::Address) -> Vec<u8> {
    static COMPILED: std::sync::LazyLock<Option<Compiled>> = std::sync::LazyLock::new(|| serde_json::from_str(ARTEFACT).ok());
    let Some(Compiled { deployed_bytecode }) = &*COMPILED else { return Vec::new() };
    let mut code = deployed_bytecode.object.to_vec();
    for start in &deployed_bytecode.immutables {
        if let Some(term) = code.get_mut(*start..start + WORD) {
            term.copy_from_slice(link.into_word().as_slice());
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::{BYTECODE, runtime_code};
    use alloy::primitives::{b256, keccak256};

    #[test]
    fn the_code_is_that_of_the_operators_on_the_main_networks() {
        // Of the creation code that Chainlink's own Go bindings carry for "Operator 1.0.0".
        assert_eq!(keccak256(&BYTECODE), b256!("cb7ff5ab4c51043922b419d62fa1bd952aaac288d8d0485cd3db5b981c37ce89"));
    }

    #[test]
    fn the_code_of_an_operator_has_its_token_in_it() {
        let [one, other] = [1, 2].map(alloy::primitives::Address::repeat_byte);
        let code = runtime_code(one);
        assert!(code.len() > 10_000 && code != runtime_code(other));
        assert!(code.windows(20).any(|window| window == one.as_slice()));
    }
}
