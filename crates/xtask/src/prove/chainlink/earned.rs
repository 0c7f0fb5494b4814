//! From a consumer's LINK to a staker's, with the real node in between.

use super::measured::Measured;

pub const EARNED: Measured = Measured {
    part: "earnings",
    package: "linkpool-cli",
    test: "real::earned::a_consumer_pays_the_node_answers_the_role_passes_on_and_a_staker_claims_to_the_juel",
    statistics: &[
        (
            "jobs_with_operator_s",
            "the jobs are applied, to a node that has them: an Operator was made for it, taken over, and named when that was final",
            "",
        ),
        ("answer_p50_s", "5 requests, one after the other: a consumer's call to its answer, median", ""),
        ("passed_on_s", "the last answer to all of it at the pool, when it was final", ""),
        ("operator_gas", "gas: an Operator is made", ""),
        ("contract_gas", "… the node's own contract", ""),
        ("take_gas", "… it takes the Operator over", ""),
        ("pass_gas", "… what the answers brought is passed on, each time", ""),
        ("claim_gas", "… the staker claims", ""),
        (
            "claimed_juels",
            "what the only staker claimed a week later, juels: 10 LINK less the maker fee of 5 %",
            "9500000000000000000",
        ),
    ],
};
