//! Which bridges and jobs the nodes shall have. Pure, but for [`read_directory`]: nothing here talks to a node or a database.
//!
//! - [`JobSet`] is what an operator writes: bridges, and job specs in the node's own TOML with variables such as `{{wallet}}`.
//! - [`JobSet::mistakes`] says what is wrong with it, before any node is asked.
//! - [`JobSet::for_node`] is what one node shall have; what needs a variable that is not known yet waits.
//! - [`plan`] compares that with what the node has, and says what to do.

mod action;
mod check;
mod difference;
mod directory;
mod for_node;
mod item_record;
mod pipeline;
mod plan;
mod progress;
mod request_job;
mod set;
mod variable;

pub use action::Action;
pub use check::Mistake;
pub use difference::{Change, difference};
pub use directory::read_directory;
pub use for_node::{Desired, FilledBridge, FilledJob, Waiting, external_job_id};
pub use item_record::{ItemRecord, ItemRecords};
pub use plan::{Plan, Seen, SeenBridge, SeenJob, plan};
pub use progress::{Item, KeptBridge, Progress, Refused, WaitingItem};
pub use request_job::{LEAST_PAYMENT, RequestJob};
pub use set::{Bridge, Job, JobSet, MAX_JOB_BYTES, MAX_SET_BYTES};
pub use variable::{Variable, Variables};
