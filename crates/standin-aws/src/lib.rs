#![doc = include_str!("../README.md")]

mod account;
mod bucket;
mod config;
mod dice;
mod ecs;
mod error;
mod kms;
mod live;
mod request;
mod run;
mod secrets;
mod server;
mod signature;
mod world;

pub use bucket::calls_a_minute;
pub use config::{Behaviour, StandinAwsConfig};
pub use kms::KeyState;
pub use server::StandinAws;
pub use signature::{ACCESS_KEY, SECRET_KEY};
pub use world::{Health, Rollout, Service, ServiceStatus, Status, Task, View, World};
