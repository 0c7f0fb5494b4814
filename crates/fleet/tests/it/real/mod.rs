//! Pairs of the real node under a fleet, on anvil and a Postgres that the node supports. Only `cargo xtask prove chainlink` runs this: the
//! node's program is no part of the repository.

mod measure;
mod pairs;
mod rolled;
mod rollouts;
mod world;
