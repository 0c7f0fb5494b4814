//! Starts and stops the real parts that LinkPool stands on: an anvil chain and a Postgres server, both from npm packages.
//!
//! Used by tests and by `linkpool dev`. Every child gets its stop signal when this process dies, however it dies, and the
//! next start on the same data waits until a dying predecessor has finished writing.
//!
//! *Architecture invariant*: this crate names neither a chain provider nor a database driver; it hands out URLs, and speaks to
//! the chain through `linkpool-chain`.

pub mod anvil;
mod clock;
mod ephemeral;
mod error;
pub mod fixture;
mod http;
pub mod keeper;
pub mod lock;
mod node_postgres;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod tcp_proxy;
pub mod tools;
mod until;

pub use anvil::{Anvil, AnvilOptions, Keeper, SavedState};
pub use clock::Clock;
pub use error::{Error, Result};
pub use node_postgres::NodePostgres;
pub use postgres::{Postgres, PostgresOptions, RunAs, TestDatabase};
pub use proxy::{Fault, Provider, Proxy, Rule, When};
pub use tools::Tools;
pub use until::{until, until_some};
