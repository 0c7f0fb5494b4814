//! The executable as a person meets it: its messages, its exit codes, and what survives when it is killed.

mod bad_input;
#[cfg(feature = "dev")]
mod kill;
#[cfg(feature = "dev")]
mod kill_scaling;
mod program;
#[cfg(not(feature = "dev"))]
mod release;
#[cfg(feature = "dev")]
mod stack;
