//! Accounts of KMS, with the stand-in for AWS.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod attempts;
mod faults;
mod fixture;
mod ledger;
mod road;
mod signatures;
