//! From the call for a node to its answers, with every role of the pool.

use super::measured::Measured;

pub const JOURNEY: Measured = Measured {
    part: "journey",
    package: "linkpool-cli",
    test: "real::journey::real_nodes_are_made_proven_registered_staked_on_given_jobs_and_answer_through_kills",
    statistics: &[
        (
            "scale_to_open_s",
            "call to a node that stands open: booted, funded, proven by a transfer, registered; three times",
            "15",
        ),
        ("first_stake_s", "a holder's call to the stake on the API", ""),
        ("jobs_everywhere_s", "a bridge, a cron job and a direct-request job on all three", ""),
        ("answer_p50_s", "100 requests, one a block: a consumer's call to its answer, median", ""),
        ("answer_p95_s", "… 95 of 100 within", ""),
        ("answer_killed_p50_s", "100 more, the process that serves killed four times: median", ""),
        ("answer_killed_max_s", "… the last of the 100, all of which are answered once", ""),
    ],
};
