//! The model of the pool against the contract itself, on a real chain with the real LINK token.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod action;
mod choice;
mod meaning;
mod pool_model;
mod storage;
mod world;
