//! Three nodes to a newer version, and one back.

use super::measured::Measured;

pub const ROLLOUTS: Measured = Measured {
    part: "rollouts",
    package: "linkpool-fleet",
    test: "real::rollouts::real_nodes_are_rolled_and_given_up_on_each_side_of_the_door_and_one_is_brought_back_from_behind_it",
    statistics: &[
        (
            "rollout_gap_ms",
            "nobody answers as ready, from the old pair's last answer to the new one's first: each of four times, ms",
            "4000",
        ),
        (
            "rollout_s",
            "a node's roll-out, the bake excluded: each of three, the first of which has the newer version already",
            "75",
        ),
        ("restore_s", "from what was kept before its door to a healthy pair of the older version", ""),
    ],
};
