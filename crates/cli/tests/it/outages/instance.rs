//! One process of a role, with a road of its own to the database.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use linkpool_testkit::{
    process::{ChildOptions, ChildProcess},
    tcp_proxy::TcpProxy,
};
use rustix::process::Signal;

use crate::fixture::CliFixture;

pub const INDEX: &str = "index";
pub const API: &str = "api";
pub const REGISTRAR: &str = "registrar";
pub const FLEET: &str = "fleet";
pub const REPORTER: &str = "reporter";
pub const EARNINGS: &str = "earnings";
pub const ROLES: [&str; 6] = [INDEX, API, REGISTRAR, FLEET, REPORTER, EARNINGS];

const WAIT_TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// A role that is told to stop has ended by then, as docs/operations.md says; the rest is for a busy machine.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

pub struct Instance {
    pub role: &'static str,
    pub tcp_proxy: TcpProxy,
    /// Where it serves health and metrics; and the API, or the operator's calls.
    pub health: String,
    pub listens: Option<String>,
    process: ChildProcess,
    log: PathBuf,
}

impl Instance {
    /// Starts it, and returns when it listens.
    pub async fn start(
        fixture: &CliFixture,
        role: &'static str,
        number: usize,
        line: &str,
        database_url: &str,
        tcp_proxy: TcpProxy,
    ) -> Self {
        let log = fixture.path(&format!("{role}-{number}.log"));
        let mut command = fixture.command(line);
        command.env("LINKPOOL_DATABASE_URL", database_url);
        let options = ChildOptions { what: role, stop_signal: Signal::TERM, log: log.clone(), lock: None };
        let process = ChildProcess::spawn(command, options).unwrap();
        let mut instance = Self { role, tcp_proxy, health: String::new(), listens: None, process, log };
        instance.health = instance.said("health and metrics at ").await;
        instance.listens = match role {
            API => Some(instance.said("the page and the API at ").await),
            FLEET => Some(instance.said("the operator's calls at ").await),
            _ => None,
        };
        instance
    }

    async fn said(&self, phrase: &str) -> String {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let log = self.log();
            if let Some(url) = log.split(phrase).nth(1).and_then(|rest| rest.split_whitespace().next()) {
                return url.trim_end_matches('/').to_owned();
            }
            assert!(!self.has_ended() && Instant::now() < deadline, "`{phrase}` was not said: {}", self.tail());
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Whether this indexer was told last that it writes. The others say so at `/health`.
    pub fn says_that_it_writes(&self) -> bool {
        let log = self.log();
        log.rfind("this instance writes") > log.rfind("another instance writes")
    }

    pub fn has_ended(&self) -> bool {
        self.process.exit_status().is_some()
    }

    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    pub async fn end(&self) {
        let status = self.process.stop(STOP_TIMEOUT).await;
        assert!(status.is_some_and(|status| status.success()), "{} ends with {status:?}: {}", self.role, self.tail());
        assert!(!self.log().contains("panicked"), "{}", self.log.display());
    }

    pub fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        format!("--- {}\n{}", self.log.display(), lines[lines.len().saturating_sub(15)..].join("\n"))
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}
