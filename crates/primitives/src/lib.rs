//! The nouns that every part of LinkPool shares: amounts, addresses, blocks. Parsing and printing only, no I/O.

mod address;
mod block;
mod juels;
mod printable;

pub use address::{AddressError, checksum, parse_address};
pub use alloy_primitives::{Address, B256};
pub use block::{BlockRef, rfc3339};
pub use juels::{AmountError, JUELS_PER_LINK, Juels};
pub use printable::{printable, printable_bytes};
