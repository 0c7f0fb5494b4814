//! The nodes' own Postgres, which is not the pool's: every Chainlink node has a database there, owned by a role of its own.
//!
//! - [`Server`] is what the fleet's user of that server can do: look at its version and its own privileges, make a node's role and
//!   database, and see which processes of the nodes are connected.
//! - [`NodeDatabase`] is one node's database, seen as that node's role: the version that it was last run by, and who holds its lease.
//! - [`Beside`] is a database that is to take the place of a node's, as a restore makes it.
//!
//! Nothing here is kept open but one connection of a server; everything has a time-out; a node's password never leaves this
//! process in a statement.

mod beside;
mod connect;
mod contents;
mod ensure;
mod error;
mod node_database;
mod privileges;
mod processes;
mod server;
mod verifier;
mod version;

pub use beside::Beside;
pub use contents::Contents;
pub use error::{Error, Result};
pub use node_database::{Lease, NodeDatabase};
pub use processes::NodeProcess;
pub use server::Server;
pub use version::ServerVersion;
