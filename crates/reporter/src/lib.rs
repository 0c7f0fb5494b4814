//! Reports the size of the oracle network to the pool before the last report goes stale.
//!
//! A report that is too old keeps new nodes out, and a report that is too large lets in more than the pool's share: so a number
//! that cannot be right is not reported, and the guard closes by itself when the last good one has aged. Nothing here touches
//! stake or existing nodes.
//!
//! - `source`: where the number comes from. - `judge`: whether it can be right, and whether it is time. - [`run`]: the role.

mod config;
mod error;
mod judge;
mod role;
mod source;

pub use config::ReporterConfig;
pub use error::{Error, Result};
pub use judge::{Due, Known, Unbelievable};
pub use role::run;
pub use source::{Source, SourceError};
