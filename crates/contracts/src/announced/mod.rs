//! What a call that a timelock has scheduled will do: which function, with which arguments, and a sentence for people.

mod arguments;
mod sentence;

use std::sync::LazyLock;

use alloy::{
    json_abi::{Function, JsonAbi},
    primitives::Selector,
};
use linkpool_primitives::{Address, checksum};
use serde::{Deserialize, Serialize};

pub use arguments::Argument;

use crate::{pool, timelock};

/// A scheduled call, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Announced {
    /// As `setFee(uint16)`; `None` where the contract is not the pool or the timelock, or has no such function.
    pub function: Option<String>,
    pub arguments: Vec<Argument>,
    pub description: String,
}

/// The functions of a contract, each with its selector.
type Functions = Vec<(Selector, Function)>;

fn functions(artefact: &str) -> Functions {
    #[derive(Deserialize)]
    struct Artefact {
        abi: JsonAbi,
    }
    let abi = serde_json::from_str::<Artefact>(artefact).map(|artefact| artefact.abi).unwrap_or_default();
    abi.functions.into_values().flatten().map(|function| (function.selector(), function)).collect()
}

static OF_POOL: LazyLock<Functions> = LazyLock::new(|| functions(pool::ARTEFACT));
static OF_TIMELOCK: LazyLock<Functions> = LazyLock::new(|| functions(timelock::ARTEFACT));

/// Reads a call of `target` that the timelock of the pool has scheduled. Whatever the bytes are, there is a sentence.
pub fn announced(pool: Address, timelock: Address, target: Address, data: &[u8]) -> Announced {
    let known: Option<&Functions> = match target {
        target if target == pool => Some(&OF_POOL),
        target if target == timelock => Some(&OF_TIMELOCK),
        _ => None,
    };
    let function = known
        .zip(data.first_chunk::<4>())
        .and_then(|(functions, selector)| functions.iter().find(|(known, _)| known == selector).map(|(_, function)| function));
    let arguments = function.map(|function| arguments::read(&function.inputs, &data[4..])).unwrap_or_default();
    let own = if target == pool { sentence::of_pool(data) } else { None };
    let own = own.or_else(|| if target == timelock { sentence::of_timelock(data) } else { None });
    let description = own.unwrap_or_else(|| match function {
        Some(function) => call(&function.name, &arguments, if target == pool { "the pool" } else { "the timelock" }),
        None => unread(pool, timelock, target, data),
    });
    Announced { function: function.map(Function::signature), arguments, description }
}

/// A function that has no sentence of its own.
fn call(name: &str, arguments: &[Argument], of: &str) -> String {
    let shown = |argument: &Argument| argument.value.as_deref().map_or_else(|| format!("a {}", argument.kind), str::to_owned);
    let arguments: Vec<String> = arguments.iter().map(|argument| format!("{} {}", argument.name, shown(argument))).collect();
    format!("call {name}({}) of {of}", arguments.join(", "))
}

fn unread(pool: Address, timelock: Address, target: Address, data: &[u8]) -> String {
    let of = match target {
        target if target == pool => "the pool".to_owned(),
        target if target == timelock => "the timelock".to_owned(),
        target => format!("the contract {}", checksum(&target)),
    };
    match data.first_chunk::<4>() {
        Some(selector) => format!(
            "call {of} with {} bytes that this version can't read; the function is 0x{}",
            data.len(),
            alloy::hex::encode(selector)
        ),
        None if data.is_empty() => format!("call {of} with nothing but ether"),
        None => format!("call {of} with {} bytes that are no call of a function", data.len()),
    }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{B256, U256, aliases::U40},
        sol_types::SolCall,
    };

    use super::*;

    const POOL: Address = Address::repeat_byte(1);
    const TIMELOCK: Address = Address::repeat_byte(2);
    const SOMEBODY: Address = Address::repeat_byte(0xab);

    fn words(target: Address, call: &impl SolCall) -> String {
        announced(POOL, TIMELOCK, target, &call.abi_encode()).description
    }

    #[test]
    fn each_call_that_only_the_owner_may_make_has_a_sentence_of_its_own() {
        let name = checksum(&SOMEBODY);
        for (found, expected) in [
            (words(POOL, &pool::setFeeCall { feeBps: 525 }), "set the maker fee to 5.25 %".to_owned()),
            (words(POOL, &pool::setFeeRecipientCall { feeRecipient: SOMEBODY }), format!("pay the maker fee to {name}")),
            (
                words(POOL, &pool::setRolesCall { account: SOMEBODY, roles: 3 }),
                format!("give {name} the roles registrar and guardian, and no other"),
            ),
            (words(POOL, &pool::setRolesCall { account: SOMEBODY, roles: 0 }), format!("take every role from {name}")),
            (
                words(POOL, &pool::setRolesCall { account: SOMEBODY, roles: 15 }),
                format!("give {name} the roles registrar, guardian, slasher and reporter"),
            ),
            (
                words(POOL, &pool::setCapCall { node: SOMEBODY, capLink: 1_250_000 }),
                format!("set the cap of the node {name} to 1,250,000 LINK"),
            ),
            (words(POOL, &pool::setDefaultCapCall { capLink: 100 }), "set the cap of new nodes to 100 LINK".to_owned()),
            (
                words(POOL, &pool::setCeilingCall { ceiling: 19_000 }),
                "let a report count for a network of at most 19,000 nodes".to_owned(),
            ),
            (words(POOL, &pool::setProoflessCall { allowed: true }), "allow nodes without a proof by their wallet".to_owned()),
            (words(POOL, &pool::transferOwnershipCall { newOwner: SOMEBODY }), format!("offer the pool to the owner {name}")),
            (words(POOL, &pool::acceptOwnershipCall {}), "accept the pool, which its owner has offered".to_owned()),
            (
                words(POOL, &pool::retireNodeCall { node: SOMEBODY, index: U256::ZERO }),
                format!("retire the node {name} for ever"),
            ),
            (
                words(POOL, &pool::rescueCall { token: SOMEBODY, to: POOL }),
                format!("send what the pool has of the token {name} and owes to nobody to {}", checksum(&POOL)),
            ),
            (
                words(TIMELOCK, &timelock::updateDelayCall { newDelay: U256::from(28 * 86_400) }),
                "set the timelock's own delay to 28 days".to_owned(),
            ),
            (
                words(TIMELOCK, &timelock::updateDelayCall { newDelay: U256::from(7_200) }),
                "set the timelock's own delay to 2 hours".to_owned(),
            ),
            (
                words(
                    TIMELOCK,
                    &timelock::grantRoleCall { role: alloy::primitives::keccak256("PROPOSER_ROLE"), account: SOMEBODY },
                ),
                format!("let {name} schedule calls of the timelock"),
            ),
            (
                words(
                    TIMELOCK,
                    &timelock::revokeRoleCall { role: alloy::primitives::keccak256("CANCELLER_ROLE"), account: SOMEBODY },
                ),
                format!("no longer let {name} cancel calls of the timelock"),
            ),
            (
                words(
                    TIMELOCK,
                    &timelock::grantRoleCall { role: alloy::primitives::keccak256("EXECUTOR_ROLE"), account: Address::ZERO },
                ),
                "let anybody execute calls of the timelock that are ready".to_owned(),
            ),
            (
                words(TIMELOCK, &timelock::grantRoleCall { role: B256::repeat_byte(9), account: SOMEBODY }),
                format!("let {name} have the role {} of the timelock", B256::repeat_byte(9)),
            ),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_has_no_sentence_is_told_by_function_and_arguments() {
        let found = announced(POOL, TIMELOCK, POOL, &pool::pauseCall { until: U40::from(7) }.abi_encode());
        assert_eq!(
            (found.function.as_deref(), found.description.as_str()),
            (Some("pause(uint40)"), "call pause(until 7) of the pool")
        );
        assert_eq!(found.arguments, [Argument { name: "until".into(), kind: "uint40".into(), value: Some("7".into()) }]);
    }

    #[test]
    fn arguments_that_no_caller_would_write_are_read_as_far_as_they_are_there() {
        for (selector, function) in OF_POOL.iter().chain(OF_TIMELOCK.iter()) {
            for (length, byte) in [0, 1, 31, 32, 33, 64, 95, 200].into_iter().flat_map(|length| [(length, 0), (length, 0xff)]) {
                let data = [selector.as_slice(), &vec![byte; length]].concat();
                for target in [POOL, TIMELOCK] {
                    let found = announced(POOL, TIMELOCK, target, &data);
                    assert!(!found.description.is_empty(), "{} {length}", function.name);
                }
            }
        }
    }

    #[test]
    fn whatever_the_bytes_are_there_is_a_sentence() {
        let words = |target, data: &[u8]| announced(POOL, TIMELOCK, target, data);
        let found = words(SOMEBODY, &[1, 2, 3, 4, 5]);
        assert_eq!(found.function, None);
        let name = checksum(&SOMEBODY);
        assert_eq!(
            found.description,
            format!("call the contract {name} with 5 bytes that this version can't read; the function is 0x01020304")
        );
        assert_eq!(words(POOL, &[]).description, "call the pool with nothing but ether");
        assert_eq!(words(TIMELOCK, &[1]).description, "call the timelock with 1 bytes that are no call of a function");
        // The function is known, its arguments are cut off.
        let cut = words(POOL, &pool::setFeeCall::SELECTOR);
        assert_eq!(
            (cut.function.as_deref(), cut.description.as_str()),
            (Some("setFee(uint16)"), "call setFee(feeBps a uint16) of the pool")
        );
    }
}
