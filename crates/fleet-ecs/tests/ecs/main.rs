//! The fleet's tests, on ECS: the same files as the local backend's, with another module `backend`. AWS is the stand-in, which lags, loses
//! answers, and refuses calls that are too many; its tasks are stand-in nodes.

// What only the local backend's tests use is here, too.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

mod backend;
#[path = "../../../fleet/tests/it/ending.rs"]
mod ending;
#[path = "../../../fleet/tests/it/fixture.rs"]
mod fixture;
#[path = "../../../fleet/tests/it/heal.rs"]
mod heal;
mod moto;
mod own;
mod policy;
#[path = "../../../fleet/tests/it/program.rs"]
mod program;

/// Kills while all nodes are rolled, for `cargo xtask prove fleet ecs`, and what AWS is asked, for `cargo xtask bench fleet --backend ecs`.
#[path = "."]
mod campaign {
    mod calls;
    #[path = "../../../fleet/tests/it/campaign/course.rs"]
    mod course;
    #[path = "../../../fleet/tests/it/campaign/dice.rs"]
    mod dice;
    #[path = "../../../fleet/tests/it/campaign/kills.rs"]
    mod kills;
    #[path = "../../../fleet/tests/it/campaign/probe.rs"]
    mod probe;
    #[path = "../../../fleet/tests/it/campaign/rows.rs"]
    mod rows;

    use self::rows::{number, percentile, row};
}

/// Roll-outs.
#[path = "."]
mod rollout {
    #[path = "../../../fleet/tests/it/rollout/back.rs"]
    mod back;
    #[path = "../../../fleet/tests/it/rollout/door.rs"]
    mod door;
    #[path = "../../../fleet/tests/it/rollout/early.rs"]
    mod early;
    #[path = "../../../fleet/tests/it/rollout/fixture.rs"]
    pub mod fixture;
    #[path = "../../../fleet/tests/it/rollout/forward.rs"]
    mod forward;
    #[path = "../../../fleet/tests/it/rollout/kills.rs"]
    mod kills;
    #[path = "../../../fleet/tests/it/rollout/waves.rs"]
    mod waves;
}
