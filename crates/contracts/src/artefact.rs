//! What each contract is made of: its code as compiled, and the sources and settings that it was compiled from.

use std::sync::LazyLock;

use alloy::primitives::{B256, Bytes, keccak256};
use serde::Deserialize;

/// Bytes of an immutable in runtime code.
const WORD: usize = 32;

/// The contracts of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, derive_more::Display)]
#[display("{}", self.name())]
pub enum Artefact {
    LinkToken,
    TimelockController,
    StakingPool,
    StakingLens,
    /// What passes a node's earnings on: the code that each node's own contract shares. The factory's constructor makes it.
    NodeEarnings,
    NodeEarningsFactory,
}

/// A file of `abi/`, as far as it is about code.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Compiled {
    compiler: String,
    deployed_bytecode: Runtime,
}

#[derive(Debug, Deserialize)]
struct Runtime {
    object: Bytes,
    /// Where immutables lie: zeros here, terms of the constructor on chain.
    #[serde(default)]
    immutables: Vec<usize>,
}

static COMPILED: LazyLock<[Option<Compiled>; 6]> =
    LazyLock::new(|| Artefact::ALL.map(|artefact| serde_json::from_str(artefact.text()).ok()));

impl Artefact {
    pub const ALL: [Self; 6] = [
        Self::LinkToken,
        Self::TimelockController,
        Self::StakingPool,
        Self::StakingLens,
        Self::NodeEarnings,
        Self::NodeEarningsFactory,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::LinkToken => "LinkToken",
            Self::TimelockController => "TimelockController",
            Self::StakingPool => "StakingPool",
            Self::StakingLens => "StakingLens",
            Self::NodeEarnings => "NodeEarnings",
            Self::NodeEarningsFactory => "NodeEarningsFactory",
        }
    }

    /// File and name, as explorers ask for it.
    pub fn qualified_name(self) -> &'static str {
        match self {
            Self::LinkToken => "LinkToken.sol:LinkToken",
            Self::TimelockController => {
                "node_modules/@openzeppelin/contracts/governance/TimelockController.sol:TimelockController"
            }
            Self::StakingPool => "contracts/StakingPool.sol:StakingPool",
            Self::StakingLens => "contracts/StakingLens.sol:StakingLens",
            Self::NodeEarnings => "contracts/NodeEarnings.sol:NodeEarnings",
            Self::NodeEarningsFactory => "contracts/NodeEarnings.sol:NodeEarningsFactory",
        }
    }

    /// The standard JSON that it was compiled from: all sources and settings.
    pub fn compiler_input(self) -> &'static str {
        match self {
            Self::LinkToken => include_str!("../../../abi/inputs/LinkToken.json"),
            Self::TimelockController => include_str!("../../../abi/inputs/TimelockController.json"),
            Self::StakingPool => include_str!("../../../abi/inputs/StakingPool.json"),
            Self::StakingLens => include_str!("../../../abi/inputs/StakingLens.json"),
            Self::NodeEarnings => include_str!("../../../abi/inputs/NodeEarnings.json"),
            Self::NodeEarningsFactory => include_str!("../../../abi/inputs/NodeEarningsFactory.json"),
        }
    }

    /// The compiler's version, as explorers name it.
    pub fn compiler(self) -> &'static str {
        self.compiled().map_or("", |compiled| compiled.compiler.as_str())
    }

    /// Keccak-256 of the runtime code as compiled, without the terms that a constructor writes into it.
    pub fn code_hash(self) -> B256 {
        self.compiled().map_or(B256::ZERO, |compiled| keccak256(&compiled.deployed_bytecode.object))
    }

    /// Whether `code`, from the chain, is this contract's, whatever terms its constructor was given. The terms are
    /// `terms()`'s to tell.
    pub fn is_code(self, code: &[u8]) -> bool {
        let Some(compiled) = self.compiled() else { return false };
        let runtime = &compiled.deployed_bytecode;
        if code.len() != runtime.object.len() || code.is_empty() {
            return false;
        }
        let mut masked = code.to_vec();
        for start in &runtime.immutables {
            match masked.get_mut(*start..start + WORD) {
                Some(term) => term.fill(0),
                None => return false,
            }
        }
        masked == runtime.object
    }

    fn text(self) -> &'static str {
        match self {
            Self::LinkToken => include_str!("../../../abi/LinkToken.json"),
            Self::TimelockController => include_str!("../../../abi/TimelockController.json"),
            Self::StakingPool => crate::pool::ARTEFACT,
            Self::StakingLens => include_str!("../../../abi/StakingLens.json"),
            Self::NodeEarnings => crate::earnings::ARTEFACT,
            Self::NodeEarningsFactory => include_str!("../../../abi/NodeEarningsFactory.json"),
        }
    }

    fn compiled(self) -> Option<&'static Compiled> {
        let place = Self::ALL.iter().position(|artefact| *artefact == self)?;
        COMPILED[place].as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_has_code_its_compiler_and_the_input_that_makes_it() {
        for artefact in Artefact::ALL {
            let compiled = artefact.compiled().unwrap();
            assert!(compiled.deployed_bytecode.object.len() > 1_000, "{artefact}");
            assert!(artefact.compiler().starts_with("v0.") && artefact.compiler().contains("+commit."), "{artefact}");
            let input: serde_json::Value = serde_json::from_str(artefact.compiler_input()).unwrap();
            let (file, name) = artefact.qualified_name().rsplit_once(':').unwrap();
            let source = input["sources"][file]["content"].as_str().unwrap();
            assert!(source.contains(&format!("contract {name}")), "{artefact}");
        }
    }

    #[test]
    fn code_is_the_same_whatever_its_terms_and_another_where_a_byte_of_it_differs() {
        let runtime = &Artefact::StakingPool.compiled().unwrap().deployed_bytecode;
        let mut code = runtime.object.to_vec();
        for start in &runtime.immutables {
            code[*start..start + WORD].fill(0xab);
        }
        assert!(Artefact::StakingPool.is_code(&code));
        assert!(!Artefact::StakingLens.is_code(&code) && !Artefact::StakingPool.is_code(&[]));
        assert!(!Artefact::StakingPool.is_code(&code[1..]));
        let beside = runtime.immutables[0] - 1;
        code[beside] ^= 1;
        assert!(!Artefact::StakingPool.is_code(&code));
    }
}
