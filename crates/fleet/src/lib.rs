//! The nodes that the pool runs: what is wanted stands in Postgres, what is there is observed, and the difference is acted on.
//!
//! - [`run`] is the role: one loop that only ever compares; nothing is remembered between passes that is not observed again.
//! - [`Provisioner`] is what a backend must offer, at the level of a node's whole replica set.
//! - [`look`] is how one process of a replica is looked at.
//! - [`local`] is the backend that runs the replicas as processes of this machine, which go on without the fleet.
//!
//! What the next fleet needs is in the database: where replicas run, and, sealed, the nodes' secrets.
//!
//! A failed observation means "do nothing", never "all gone". Two fleets at once do no harm: the lease row decides which
//! acts, and if both did, the lease in each node's own database still lets one replica serve.

mod autoscale;
mod config;
mod ending;
mod error;
mod feed;
mod keep;
mod login;
mod pair;
mod plan;
mod provisioner;
mod reconcile;
mod role;
mod rollout;
mod secrets;
mod tick;
mod wanted;

pub mod local;
pub mod look;

pub use autoscale::AutoscaleRules;
pub use config::FleetConfig;
pub use ending::RetireHook;
pub use error::{Error, Result};
pub use login::Login;
pub use pair::health_of;
pub use provisioner::{ObservedReplica, ObservedSet, Provisioner, SetKey, SetSpec, Snapshot, Versions};
pub use role::run;
pub use rollout::RolloutTimes;
pub use secrets::Secrets;
