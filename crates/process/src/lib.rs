//! Child processes: those that never outlive the process that started them, however that one ends, and those that go on without
//! it and are found again.

mod life;
mod process;
mod spawn;
mod spawner;
mod trace;

pub use life::Life;
pub use process::{Adopted, Process};
pub use rustix::process::Signal;
pub use spawn::spawn_holding;
pub use spawner::settled;
pub use trace::machine;
