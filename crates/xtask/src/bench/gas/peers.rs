//! What the design allows an action to cost, and what others pay for the like. The table of docs/contract.md.

/// Whole transactions under the prices until Amsterdam, with the real LINK token and a million optimizer runs, where each system ships
/// with its own contracts: measured outside, in November 2026. Nobody has measured them under Amsterdam's prices.
struct Peers {
    /// The name that the rows begin with.
    action: &'static str,
    /// The most that the design allows; nothing where it sets no aim.
    aim: Option<u32>,
    others: &'static [(&'static str, u32)],
}

const CHAINLINK: &str = "Chainlink staking v0.2";
const STAKE_LINK: &str = "stake.link";
const SYNTHETIX: &str = "Synthetix";
/// These three have no rewards.
const MORPHO: &str = "Morpho Blue";
const OPEN_ZEPPELIN: &str = "OpenZeppelin ERC-4626";
const SOLADY: &str = "Solady ERC-4626";

const PEERS: &[Peers] = &[
    Peers {
        action: "first_stake",
        aim: Some(98_000),
        others: &[
            (CHAINLINK, 217_605),
            (STAKE_LINK, 175_165),
            (SYNTHETIX, 140_993),
            (MORPHO, 84_249),
            (OPEN_ZEPPELIN, 77_163),
            (SOLADY, 75_803),
        ],
    },
    Peers {
        action: "second_stake",
        aim: Some(81_000),
        others: &[
            (CHAINLINK, 206_477),
            (STAKE_LINK, 158_292),
            (SYNTHETIX, 109_638),
            (MORPHO, 67_149),
            (OPEN_ZEPPELIN, 60_063),
            (SOLADY, 58_703),
        ],
    },
    Peers { action: "unbond", aim: Some(75_000), others: &[(CHAINLINK, 52_097)] },
    Peers { action: "second_unbond", aim: Some(75_000), others: &[(CHAINLINK, 52_097)] },
    Peers {
        action: "withdraw",
        aim: Some(55_000),
        others: &[
            (CHAINLINK, 174_984),
            (STAKE_LINK, 169_076),
            (SYNTHETIX, 80_128),
            (MORPHO, 59_599),
            (OPEN_ZEPPELIN, 50_815),
            (SOLADY, 49_484),
        ],
    },
    Peers { action: "claim", aim: Some(66_000), others: &[(CHAINLINK, 114_570), (SYNTHETIX, 73_984)] },
    Peers { action: "register_node", aim: Some(105_000), others: &[] },
    // Nobody else has anything like these.
    Peers { action: "claim_10_nodes", aim: None, others: &[] },
    Peers { action: "withdraw_to_emptied_wallet", aim: None, others: &[] },
    Peers {
        action: "approve",
        aim: None,
        others: &[(SYNTHETIX, 46_739), (MORPHO, 46_739), (OPEN_ZEPPELIN, 46_739), (SOLADY, 46_739)],
    },
];

/// An aim is for a node with stake; the first stake on an empty one, and a stake by approval, are shown beside it.
const WITHOUT_AIM: [&str; 2] = ["_empty_node", "_by_approve"];

/// The aim, and the peers beside it: `at most 98,000; Chainlink staking v0.2 217,605, ...`.
pub fn note(name: &str) -> String {
    let found = PEERS.iter().filter(|peers| name.starts_with(peers.action)).max_by_key(|peers| peers.action.len());
    let Some(Peers { aim, others, .. }) = found else { return String::new() };
    let aim = aim.filter(|_| !WITHOUT_AIM.iter().any(|end| name.ends_with(end))).map(|aim| format!("at most {}", grouped(aim)));
    let others =
        others.iter().map(|(who, measurement)| format!("{who} {}", grouped(*measurement))).collect::<Vec<_>>().join(", ");
    aim.into_iter().chain(Some(others).filter(|others| !others.is_empty())).collect::<Vec<_>>().join("; ")
}

/// 98000 as people read it: 98,000.
fn grouped(measurement: u32) -> String {
    if measurement < 1_000 { measurement.to_string() } else { format!("{},{:03}", measurement / 1_000, measurement % 1_000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_stands_beside_its_aim_and_its_peers() {
        assert_eq!(note("claim_pending"), "at most 66,000; Chainlink staking v0.2 114,570, Synthetix 73,984");
        assert!(!note("first_stake_empty_node").contains("at most"));
        assert_eq!(note("reward"), "");
    }
}
