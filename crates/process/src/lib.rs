//! Child processes that never outlive the process that started them, however that one ends.

mod lasting;
mod parent;
mod spawn;
mod stop;

pub use rustix::process::Signal;
pub use spawn::{spawn, spawn_holding};
pub use stop::{signal, stop};
