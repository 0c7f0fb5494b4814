//! Child processes: those that never outlive the process that started them, however that one ends, and those that go on without
//! it and are found again.

mod life;
mod memory;
mod process;
mod spawn;
mod trace;

pub use life::Life;
pub use memory::keep_little;
pub use process::{Adopted, Process};
pub use rustix::process::Signal;
pub use spawn::settled;
pub use spawn::spawn_holding;
pub use trace::machine;
