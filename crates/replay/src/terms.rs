//! The pool of a generated chain at its start: what its constructor was told.

use alloy::primitives::{
    Address, address,
    aliases::{U40, U96},
};
use linkpool_accounting::{MAX_ACC_PER_SHARE, MIN_ACTIVE_SHARES};
use linkpool_contracts::pool::Terms;

use crate::chain::LINK;

/// The owner, a timelock.
pub(crate) const OWNER: Address = address!("57a1e000000000000000000000000000000000d3");
pub(crate) const SINK: Address = address!("57a1e000000000000000000000000000000000e4");
pub(crate) const FEE_RECIPIENT: Address = address!("57a1e000000000000000000000000000000000f5");
pub(crate) const REGISTRAR: Address = address!("57a1e00000000000000000000000000000000106");
pub(crate) const GUARDIAN: Address = address!("57a1e00000000000000000000000000000000117");
pub(crate) const SLASHER: Address = address!("57a1e00000000000000000000000000000000128");
pub(crate) const REPORTER: Address = address!("57a1e00000000000000000000000000000000139");
pub(crate) const DEPLOYER: Address = address!("57a1e0000000000000000000000000000000015b");
/// Who deposits rewards.
pub(crate) const PAYER: Address = address!("57a1e0000000000000000000000000000000014a");
pub(crate) const FEE_BPS: u16 = 400;
pub(crate) const DEFAULT_CAP_LINK: u32 = 20_000_000;
/// Nodes of the oracle network, as first reported: many times ours.
pub(crate) const NETWORK: u32 = 2_000;
pub(crate) const MAX_SHARE_BPS: u16 = 5_000;
/// Nodes that may be registered at once, and a day after that.
pub(crate) const REGISTRATIONS: u32 = 1_000;

/// Words of the tuple that `nodeOf` gives.
pub(crate) const NODE_WORDS: usize = 15;

/// Roles, as in `Grant`.
pub(crate) const GRANTS: [(Address, u8); 4] = [(REGISTRAR, 1), (GUARDIAN, 2), (SLASHER, 4), (REPORTER, 8)];

pub(crate) fn roles_of(account: Address) -> u8 {
    GRANTS.iter().find(|(granted, _)| *granted == account).map_or(0, |(_, roles)| *roles)
}

/// `contracts/libraries/Bounds.sol`, and the constructor's choices.
pub(crate) fn terms() -> Terms {
    const DAY: u64 = 86_400;
    let time = U40::from::<u64>;
    Terms {
        link: LINK,
        sink: SINK,
        unbonding: time(28 * DAY),
        vest: time(7 * DAY),
        veto: time(4 * DAY),
        execution: time(3 * DAY),
        detection: time(14 * DAY),
        maxPenaltyBps: 1_000,
        penaltyCapacityBps: 2_000,
        penaltyLeak: time(2_400),
        maxFeeBps: 2_000,
        maxShareBps: MAX_SHARE_BPS,
        registrationBurst: REGISTRATIONS,
        registrationLeak: time(DAY.div_ceil(u64::from(REGISTRATIONS))),
        reportAge: time(7 * DAY),
        maxPause: time(7 * DAY),
        probation: time(7 * DAY),
        minActiveShares: U96::from(MIN_ACTIVE_SHARES),
        maxAccPerShare: MAX_ACC_PER_SHARE,
    }
}
