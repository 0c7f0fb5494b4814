//! The work of a node: its direct-request jobs.
//!
//! A request is a log of an Operator contract that names the job. It becomes a run once it has its confirmations ([`watch`]); the
//! run finds the number ([`answer`], by the job's [`plan`]); the number becomes a transaction of the node's wallet ([`send`]),
//! which is followed until its block is final ([`confirm`]).
//!
//! Everything stands in the node's database before it is done, each step by compare-and-set. So a replica that takes over, or two
//! that both believe to hold the lease, send the same bytes and never two answers to one request. As in a node, a request that a
//! reorg moves into another block is another request: its terms are.

mod answer;
mod confirm;
mod decimal;
mod job;
mod plan;
mod request;
mod rpc;
mod run;
mod send;
mod shared;
mod watch;

pub(super) use request::OracleRequest;
pub(super) use run::run;
