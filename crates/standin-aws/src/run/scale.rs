//! What is AWS's and what is this machine's.

use std::{net::Ipv4Addr, time::Duration};

/// `127.0.0.1` is each task's own address here.
pub(super) fn of_its_own(text: &str, address: Ipv4Addr) -> String {
    text.replace("127.0.0.1", &address.to_string()).replace("localhost", &address.to_string())
}

/// Real time that AWS's time is at this pace.
pub(super) fn paced(time: Duration, pace: u32) -> Duration {
    time / pace.max(1)
}
