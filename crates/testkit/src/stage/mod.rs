//! A stage for stories: the contracts on a development chain, and its accounts by part.

mod contracts;
mod node;
mod people;

pub use contracts::Contracts;
pub use node::register_node;
pub use people::People;
