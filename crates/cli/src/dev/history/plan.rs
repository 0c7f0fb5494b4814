//! What happened in the thirty days, minute by minute. The first node is full at the end, the fourth nearly empty; the third was penalised.

use std::collections::BTreeMap;

use linkpool_primitives::JUELS_PER_LINK;

pub const NODES: usize = 4;
pub const STAKERS: usize = 24;
#[cfg(test)]
pub const CAP_LINK: u32 = 100_000;

const DAY: u64 = 1_440;
const HOUR: u64 = 60;
/// What the nodes earn for their stakers, in basis points a year, on days that are as good as any.
const ANNUAL_BPS: u128 = 560;
/// Good and bad days, in per cent.
const MOODS: [u128; 7] = [104, 92, 110, 99, 87, 121, 97];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Staker(usize),
    /// A demo holder, by its place; the first keeps its LINK, for whoever opens the page.
    Holder(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The stakers get their LINK.
    Endow,
    Register(usize),
    Stake {
        who: Who,
        node: usize,
        link: u32,
    },
    Unbond {
        who: Who,
        node: usize,
        link: u32,
    },
    Claim {
        who: Who,
        node: usize,
    },
    /// Juels by node.
    Reward(Vec<(usize, u128)>),
    /// The size of the oracle network.
    Report,
    AskPenalty {
        node: usize,
        bps: u16,
    },
    TakePenalty(usize),
}

pub struct PlannedBlock {
    /// Since the chain began.
    pub minute: u64,
    pub acts: Vec<Act>,
}

/// Who staked how much, where and when: day, hour, node, LINK. Each line is another staker.
const STAKES: [(u64, u64, usize, u32); STAKERS] = [
    (0, 5, 0, 12_500),
    (0, 19, 0, 8_000),
    (1, 9, 1, 15_000),
    (2, 4, 0, 22_000),
    (3, 16, 1, 3_250),
    (4, 11, 2, 18_000),
    (5, 20, 1, 9_600),
    (6, 7, 0, 1_500),
    (7, 13, 2, 6_400),
    (8, 3, 0, 17_250),
    (9, 18, 1, 21_000),
    (10, 10, 2, 12_000),
    (12, 6, 0, 5_750),
    (13, 15, 1, 4_400),
    (15, 2, 0, 11_000),
    (16, 21, 1, 7_300),
    (18, 8, 3, 2_500),
    (19, 17, 2, 5_000),
    (20, 12, 1, 8_850),
    (22, 5, 3, 4_000),
    (23, 14, 2, 3_600),
    (25, 9, 0, 14_000),
    (27, 3, 3, 1_200),
    (28, 20, 1, 2_750),
];

/// What the second and third demo holder did.
fn holders() -> Vec<(u64, Act)> {
    let (second, third) = (Who::Holder(1), Who::Holder(2));
    vec![
        (6 * HOUR, Act::Stake { who: second, node: 0, link: 6_000 }),
        (20 * HOUR, Act::Unbond { who: second, node: 0, link: 1_000 }),
        (4 * DAY + 3 * HOUR, Act::Stake { who: second, node: 1, link: 10_000 }),
        (6 * DAY + 2 * HOUR, Act::Stake { who: third, node: 2, link: 9_000 }),
        (11 * DAY, Act::Claim { who: second, node: 0 }),
        (17 * DAY + 6 * HOUR, Act::Unbond { who: second, node: 1, link: 2_500 }),
        (21 * DAY, Act::Stake { who: third, node: 3, link: 1_800 }),
        (26 * DAY + 5 * HOUR, Act::Unbond { who: third, node: 3, link: 600 }),
        (29 * DAY + 23 * HOUR + 30, Act::Stake { who: third, node: 1, link: 1_000 }),
    ]
}

/// What stakers did beyond staking once. The first node has no room when the last of these is done.
fn others() -> Vec<(u64, Act)> {
    let staker = Who::Staker;
    vec![
        (1, Act::Endow),
        (2 * HOUR, Act::Register(0)),
        (23 * HOUR, Act::Register(1)),
        (4 * DAY + 6 * HOUR, Act::Register(2)),
        (18 * DAY + 2 * HOUR, Act::Register(3)),
        (8 * DAY + 9 * HOUR, Act::Unbond { who: staker(1), node: 0, link: 3_000 }),
        (14 * DAY + 4 * HOUR, Act::Unbond { who: staker(10), node: 1, link: 6_000 }),
        (21 * DAY + 7 * HOUR, Act::Unbond { who: staker(3), node: 0, link: 2_000 }),
        (24 * DAY + 22 * HOUR, Act::Unbond { who: staker(6), node: 1, link: 1_600 }),
        (9 * DAY + 2 * HOUR, Act::Claim { who: staker(0), node: 0 }),
        (16 * DAY + 3 * HOUR, Act::Claim { who: staker(3), node: 0 }),
        (22 * DAY + 19 * HOUR, Act::Claim { who: staker(2), node: 1 }),
        (26 * DAY + 11 * HOUR, Act::Claim { who: staker(5), node: 2 }),
        (12 * DAY + 10 * HOUR, Act::AskPenalty { node: 2, bps: 150 }),
        (16 * DAY + 16 * HOUR, Act::TakePenalty(2)),
        (29 * DAY + 15 * HOUR, Act::Stake { who: staker(4), node: 0, link: 8_000 }),
    ]
}

/// In order, one block each.
pub fn plan() -> Vec<PlannedBlock> {
    let stakes = STAKES.iter().enumerate().map(|(index, (day, hour, node, link))| {
        (day * DAY + hour * HOUR + 11, Act::Stake { who: Who::Staker(index), node: *node, link: *link })
    });
    let reports = (1..6).map(|week| (week * 5 * DAY + 40, Act::Report));
    let mut acts: BTreeMap<u64, Vec<Act>> = BTreeMap::new();
    for (minute, act) in stakes.chain(holders()).chain(others()).chain(reports) {
        acts.entry(minute).or_default().push(act);
    }
    for day in 1..30 {
        let minute = day * DAY + 30;
        let parts = rewards(&acts, minute);
        acts.entry(minute).or_default().push(Act::Reward(parts));
    }
    acts.into_iter().map(|(minute, acts)| PlannedBlock { minute, acts }).collect()
}

/// A day's reward of each node, by what is active there at that minute.
fn rewards(acts: &BTreeMap<u64, Vec<Act>>, minute: u64) -> Vec<(usize, u128)> {
    let mut active: BTreeMap<usize, u128> = BTreeMap::new();
    for act in acts.range(..minute).flat_map(|(_, acts)| acts) {
        match act {
            Act::Stake { node, link, .. } => *active.entry(*node).or_default() += u128::from(*link),
            Act::Unbond { node, link, .. } => *active.entry(*node).or_default() -= u128::from(*link),
            _ => {}
        }
    }
    let mood = |node: usize| MOODS[(usize::try_from(minute / DAY).unwrap_or(0) + 3 * node) % MOODS.len()];
    active
        .into_iter()
        .map(|(node, link)| (node, link * JUELS_PER_LINK * ANNUAL_BPS * mood(node) / (10_000 * 365 * 100)))
        .collect()
}
