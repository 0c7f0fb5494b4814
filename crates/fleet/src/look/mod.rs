//! Looking at one process of a replica from both sides: its API and its database. Every backend looks so, wherever its replicas run.

mod judge;
mod probe;
mod shown;
mod sockets;
mod watch;
mod witness;

pub use self::{
    probe::Answers,
    shown::{Shown, Signals},
    watch::{Sight, Watch},
    witness::{Testimony, Which, Witness},
};

use std::time::Duration;

use linkpool_chainlink::client::Limits;

/// Longest one probe of a replica may take.
pub const PROBE_LIMITS: Limits = Limits {
    connect_timeout: Duration::from_secs(1),
    request_timeout: Duration::from_secs(2),
    body_bytes: 1 << 16,
    login_interval: Duration::from_secs(20),
};
