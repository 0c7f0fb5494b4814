//! The nouns that every part of LinkPool shares: amounts, addresses, blocks, events. Parsing and printing only, no I/O.
#![deny(clippy::wildcard_enum_match_arm)]

mod address;
mod block;
mod endpoint_state;
mod event_kind;
mod followed;
mod indexer_state;
mod job_item;
mod juels;
mod node_status;
mod printable;
mod words;

pub use address::{AddressError, checksum, parse_address};
pub use alloy_primitives::{Address, B256};
pub use block::Receipt;
pub use block::{BlockRef, rfc3339};
pub use endpoint_state::EndpointState;
pub use event_kind::{EventKind, Moves, Unit};
pub use followed::{AnnouncementState, ContractEventKind, ContractKind};
pub use indexer_state::IndexerState;
pub use job_item::{ItemKind, ItemState};
pub use juels::{AmountError, JUELS_PER_LINK, Juels};
pub use node_status::NodeStatus;
pub use printable::{printable, printable_bytes};
pub use words::UnknownWord;

#[doc(hidden)]
pub use serde;
