//! A sentence for each call that only the owner may make, as something that will be done: "set the maker fee to 5 %".

use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::SolInterface,
};
use linkpool_primitives::{Address, checksum};

use crate::{pool::StakingPool::StakingPoolCalls as OfPool, timelock::TimelockController::TimelockControllerCalls as OfTimelock};

/// The contract's roles by their bits.
const ROLES: [(u8, &str); 4] = [(1, "registrar"), (2, "guardian"), (4, "slasher"), (8, "reporter")];
const ALL_ROLES: u8 = 15;

pub(super) fn of_pool(data: &[u8]) -> Option<String> {
    Some(match OfPool::abi_decode(data).ok()? {
        OfPool::setFee(call) => format!("set the maker fee to {} %", percent(call.feeBps)),
        OfPool::setFeeRecipient(call) => format!("pay the maker fee to {}", checksum(&call.feeRecipient)),
        OfPool::setRoles(call) => roles(&call.account, call.roles),
        OfPool::setCap(call) => {
            format!("set the cap of the node {} to {} LINK", checksum(&call.node), grouped(call.capLink))
        }
        OfPool::setDefaultCap(call) => format!("set the cap of new nodes to {} LINK", grouped(call.capLink)),
        OfPool::setCeiling(call) => {
            format!("let a report count for a network of at most {} nodes", grouped(call.ceiling))
        }
        OfPool::setProofless(call) if call.allowed => "allow nodes without a proof by their wallet".to_owned(),
        OfPool::setProofless(_) => "no longer allow nodes without a proof by their wallet".to_owned(),
        OfPool::transferOwnership(call) => format!("offer the pool to the owner {}", checksum(&call.newOwner)),
        OfPool::acceptOwnership(_) => "accept the pool, which its owner has offered".to_owned(),
        OfPool::retireNode(call) => format!("retire the node {} for ever", checksum(&call.node)),
        OfPool::rescue(call) => {
            format!("send what the pool has of the token {} and owes to nobody to {}", checksum(&call.token), checksum(&call.to))
        }
        // Calls that others may make as well.
        _ => return None,
    })
}

pub(super) fn of_timelock(data: &[u8]) -> Option<String> {
    Some(match OfTimelock::abi_decode(data).ok()? {
        OfTimelock::updateDelay(call) => format!("set the timelock's own delay to {}", duration(call.newDelay)),
        OfTimelock::grantRole(call) => format!("let {}", may(&call.account, call.role)),
        OfTimelock::revokeRole(call) => format!("no longer let {}", may(&call.account, call.role)),
        _ => return None,
    })
}

fn roles(account: &Address, roles: u8) -> String {
    let account = checksum(account);
    if roles == 0 {
        return format!("take every role from {account}");
    }
    let names: Vec<&str> = ROLES.iter().filter(|(bit, _)| roles & bit != 0).map(|(_, name)| *name).collect();
    let all = match names.as_slice() {
        [] => return format!("give {account} the roles {roles}, which the pool refuses"),
        [one] => format!("the role {one}"),
        [first @ .., last] => format!("the roles {} and {last}", first.join(", ")),
    };
    format!("give {account} {all}{}", if roles == ALL_ROLES { "" } else { ", and no other" })
}

/// Who may do what at the timelock, as OpenZeppelin names its roles. Whoever has none of an address is anybody.
fn may(account: &Address, role: B256) -> String {
    let who = if account.is_zero() { "anybody".to_owned() } else { checksum(account) };
    if role == keccak256("PROPOSER_ROLE") {
        format!("{who} schedule calls of the timelock")
    } else if role == keccak256("CANCELLER_ROLE") {
        format!("{who} cancel calls of the timelock")
    } else if role == keccak256("EXECUTOR_ROLE") {
        format!("{who} execute calls of the timelock that are ready")
    } else if role.is_zero() {
        format!("{who} say who may do what at the timelock")
    } else {
        format!("{who} have the role {role} of the timelock")
    }
}

/// Hundredths of a percent.
fn percent(bps: u16) -> String {
    let (whole, rest) = (bps / 100, bps % 100);
    match rest {
        0 => whole.to_string(),
        rest => format!("{whole}.{rest:02}").trim_end_matches('0').to_owned(),
    }
}

fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let first = (digits.len() - 1) % 3 + 1;
    let (head, tail) = digits.split_at(first);
    let tail: Vec<&str> = (0..tail.len()).step_by(3).map(|at| &tail[at..at + 3]).collect();
    [vec![head], tail].concat().join(",")
}

fn duration(seconds: U256) -> String {
    let of = |unit: u64, name: &str| {
        let (count, rest) = seconds.div_rem(U256::from(unit));
        (rest.is_zero() && !count.is_zero()).then(|| format!("{count} {name}{}", if count == U256::from(1) { "" } else { "s" }))
    };
    of(86_400, "day").or_else(|| of(3_600, "hour")).unwrap_or_else(|| format!("{seconds} seconds"))
}
