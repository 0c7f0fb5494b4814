//! The fixed sleeps that tests have, each by its file's name and its function.

/// Those where the time itself is what the test is about.
pub const LEGITIMATE: &[(&str, &str, &str)] = &[
    ("callers.rs", "hang_up_for_long", "the rate of load: so many calls a second"),
    (
        "kills.rs",
        "while_the_database_is_away_a_node_is_asked_for_nothing_and_gets_the_rest_afterwards",
        "how long a node is asked for nothing",
    ),
    ("callers.rs", "hang_up", "how long after its request a client hangs up"),
    ("honest.rs", "read", "the rate of load: a pause between two calls"),
    ("writers.rs", "write", "the rate of load: a pause between two writes"),
    (
        "login.rs",
        "an_ended_session_is_renewed_once_and_then_held_back_for_the_interval",
        "to ask less often than a session lives",
    ),
    (
        "login.rs",
        "an_ended_session_is_renewed_once_and_then_held_back_for_the_interval",
        "to ask less often than a session lives",
    ),
    ("troubles.rs", "change_roles", "the rate of a load without an end"),
    ("kill.rs", "a_killed_stack_loses_nothing_doubles_nothing_and_leaves_no_process", "the moment of the kill"),
    ("kill_scaling.rs", "nodes_being_made_are_made_once_however_often_the_stack_is_killed", "the moment of the kill"),
    ("fault.rs", "read_only", "how long the outage lasts"),
    ("fault.rs", "lost_host", "how long the outage lasts"),
    ("fault.rs", "asleep", "how long the outage lasts"),
    ("fault.rs", "hung_commits", "how long the outage lasts"),
    ("fixture.rs", "leader", "between two of at most 1,200 looks"),
    ("cancel.rs", "look", "each look is at a later moment of the work that is dropped"),
    ("outlive.rs", "twenty_kills_of_the_fleet_restart_no_process_and_move_no_lease", "the moment of the kill"),
    ("kill.rs", "a_killed_indexer_leaves_nothing_twice_and_nothing_out", "the moment of the kill"),
    ("kill.rs", "killed_again_and_again_it_leaves_no_gap_and_nothing_twice", "the moment of the kill"),
    ("campaign.rs", "trouble", "the moment of the trouble"),
    ("kills.rs", "trouble", "how long a replica hangs: longer than its lease"),
    ("thousand.rs", "changed", "the pause between two passes that are measured"),
    ("course.rs", "block", "the campaign's blocks come at random times"),
    (
        "faults.rs",
        "endpoints_that_disagree_about_the_chain_are_waited_for_and_nothing_is_sent_twice",
        "longer than the patience with strange nonces",
    ),
    ("fence.rs", "one_that_is_paused_beyond_its_lease_and_wakes_does_no_harm", "the moment of the pause"),
    ("fence.rs", "one_that_is_paused_beyond_its_lease_and_wakes_does_no_harm", "the moment of the pause"),
];

/// Those that wait for something which can be waited for. The list only gets shorter.
pub const TO_BE_REPLACED: &[(&str, &str)] = &[
    ("outlive.rs", "what_another_machine_runs_by_now_ends_here_and_only_that"),
    ("campaign.rs", "trouble"),
    ("measure.rs", "fail_overs"),
    ("wallet.rs", "another_wallet_that_is_shown_only_once_is_no_reason_for_quarantine"),
    ("wallet.rs", "a_known_node_that_starts_again_with_its_wallet_stays_open"),
];
