//! A container's health check, at the stand-in's pace. What the check itself takes is as it is.

use std::{net::Ipv4Addr, process::Stdio, time::Duration};

use tokio::{
    process::Command,
    time::{Instant, sleep_until, timeout},
};

use super::scale::{of_its_own, paced};
use crate::world::{Health, HealthCheck};

#[derive(Debug)]
pub(super) struct Checks {
    check: Option<HealthCheck>,
    address: Ipv4Addr,
    pace: u32,
    began: Instant,
    next: Instant,
    failures: u32,
    has_passed: bool,
}

impl Checks {
    pub fn new(check: Option<HealthCheck>, address: Ipv4Addr, pace: u32) -> Self {
        let now = Instant::now();
        Self { check, address, pace, began: now, next: now, failures: 0, has_passed: false }
    }

    /// What it says when it says something. Never, where there is none.
    pub async fn next(&mut self) -> Health {
        let Some(check) = self.check.clone() else { return std::future::pending().await };
        loop {
            sleep_until(self.next).await;
            self.next = Instant::now() + paced(check.interval, self.pace);
            if passes(&of_its_own(&check.command, self.address), check.timeout).await {
                (self.failures, self.has_passed) = (0, true);
                return Health::Healthy;
            }
            // Failures of the beginning do not count.
            if !self.has_passed && self.began.elapsed() < paced(check.start_period, self.pace) {
                continue;
            }
            self.failures += 1;
            if self.failures >= check.retries {
                return Health::Unhealthy;
            }
        }
    }
}

async fn passes(command: &str, limit: Duration) -> bool {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    timeout(limit, shell.status()).await.is_ok_and(|status| status.is_ok_and(|status| status.success()))
}
