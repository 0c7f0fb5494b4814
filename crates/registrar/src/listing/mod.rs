//! Nodes that somebody else runs: listed in the settings, or by a file each in a directory.
//!
//! The list only says where they are; everything after that is the same as for the fleet's own nodes. A file that can't be read
//! holds up nobody else, and a directory that can't be read changes nothing.

mod address;
mod directory;
mod list;
mod probe;
mod watch;

pub(crate) use self::watch::Lists;
pub use self::{
    address::NodeAddress,
    directory::listed_files,
    list::{ListedNode, Listing, is_name},
};
