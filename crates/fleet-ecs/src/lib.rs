#![doc = include_str!("../README.md")]

mod answer;
mod backend;
mod config;
mod definition;
mod denied;
mod listing;
mod make;
mod names;
mod poll;
mod seen;
mod set;
mod shared;
mod show;
mod watch;
mod watchers;

pub use backend::EcsBackend;
pub use config::{EcsConfig, EcsTimes};
