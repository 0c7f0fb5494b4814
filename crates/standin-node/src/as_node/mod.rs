//! The stand-in called as the node is: `chainlink node -config … -secrets … start -a … -p …`.

mod arguments;
mod known;
mod merge;
mod program;
mod secrets;
mod settings;

pub use program::ChainlinkArgs;
