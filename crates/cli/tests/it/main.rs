//! The executable as a person meets it: its messages, its exit codes, and what survives when it is killed.

mod bad_input;
#[cfg(feature = "dev")]
mod kill;
mod program;
#[cfg(not(feature = "dev"))]
mod release;
