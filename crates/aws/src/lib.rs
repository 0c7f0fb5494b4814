//! A small client of AWS: what LinkPool asks it for is some twenty calls in AWS JSON 1.1, all of them a POST of `/`.
//!
//! Why not the SDK: docs/decisions/0022-aws.md.

mod client;
mod credentials;
mod error;
mod signature;

pub use client::{Aws, AwsConfig, Service};
pub use credentials::{Credentials, CredentialsSource};
pub use error::{Error, Result};
