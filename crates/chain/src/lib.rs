//! The chain as LinkPool sees it: checked headers, canonical logs, plain errors. The only crate that holds a provider.

#[cfg(feature = "dev")]
mod anvil;
mod endpoint;
mod error;
mod header;
mod logs;
mod state;
mod transactions;

pub use endpoint::{Chain, Endpoint};
pub use error::{Error, Result};
pub use header::{Checked, Heads};
pub use logs::Range;
pub use transactions::{Draft, Market, Receipt, SendAnswer};
