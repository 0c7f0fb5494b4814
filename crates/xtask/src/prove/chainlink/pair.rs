//! A pair under the fleet, and what befalls it; then ten.

use super::measured::Measured;

pub const PAIR: Measured = Measured {
    part: "pair",
    package: "linkpool-fleet",
    test: "real::pairs::pairs_of_the_real_node_outlive_what_befalls_them",
    statistics: &[
        ("postgres", "Postgres", ""),
        ("boot_s", "call to a healthy pair, empty database", "7"),
        ("rss_mb_per_node", "memory of a pair a minute after that, MB", "300"),
        ("pss_mb_per_node", "… what its two processes share counted once", ""),
        ("takeover_kill_s", "kill -9 of the active: the other answers as ready, five times", "5"),
        ("takeover_term_s", "SIGTERM to the active: the other answers as ready, five times", "3"),
        ("stop_active_served_s", "SIGSTOP of the active: the other answers as ready", ""),
        ("stop_active_noticed_s", "… it is shown as failing", ""),
        ("stop_active_whole_s", "… it is replaced and the pair is healthy", ""),
        ("stop_standby_noticed_s", "SIGSTOP of the standby: it is shown as failing", ""),
        ("stop_standby_whole_s", "… it is replaced and the pair is healthy", ""),
        ("hung_rpc_noticed_s", "the chain hangs: the node is shown as degraded, and nothing is replaced", ""),
        ("rpc_back_s", "… the chain is back: healthy", ""),
        ("upgrade_served_s", "SIGTERM to the older active beside a newer standby: the newer answers as ready", ""),
        ("ten_at_once_s", "one call for ten more nodes: all healthy", ""),
        ("ten_rss_mb", "memory of those ten pairs 75 s later, MB", ""),
        ("connections", "connections to the nodes' Postgres then", ""),
    ],
};
