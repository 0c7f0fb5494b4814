//! Accounts whose key is in AWS KMS and never leaves it: the pool asks for signatures, one digest at a time.
//!
//! KMS gives another signature each time that it is asked, and half of them are none that Ethereum takes (EIP-2). What the pool makes of
//! them stands in [`KmsSigner`].

mod arn;
mod der;
mod fault;
mod public;
mod signer;

pub use arn::KeyArn;
pub use signer::KmsSigner;
