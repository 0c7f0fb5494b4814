//! Child processes that never outlive the process that started them, however that one ends.
//!
//! Linux sends the death signal when the *thread* that started the child ends, so every child is started by one thread
//! that lives as long as the process.

mod spawn;
mod stop;

pub use rustix::process::Signal;
pub use spawn::spawn;
pub use stop::{signal, stop};
