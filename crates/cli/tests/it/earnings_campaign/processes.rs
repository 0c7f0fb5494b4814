//! The roles, as processes that are killed and started again.

use std::time::Duration;

use linkpool_testkit::process::{ChildOptions, ChildProcess};
use rustix::process::Signal;

use super::world::World;

pub const EARNINGS: &str = "earnings";
pub const INDEX: &str = "index";
pub const REGISTRAR: &str = "registrar";
/// Who runs: two that pass on, of which one works.
const ROLES: [&str; 4] = [INDEX, REGISTRAR, EARNINGS, EARNINGS];
/// A role that is told to stop has ended by then, on a busy machine too.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

pub struct Processes {
    running: Vec<(&'static str, ChildProcess)>,
    started: usize,
}

impl Processes {
    pub fn start(world: &World) -> Self {
        let mut processes = Self { running: Vec::new(), started: 0 };
        for role in ROLES {
            let process = processes.spawn(world, role);
            processes.running.push((role, process));
        }
        processes
    }

    fn spawn(&mut self, world: &World, role: &'static str) -> ChildProcess {
        self.started += 1;
        let line = match role {
            INDEX => format!("index --deploy-block {}", world.contracts.deploy_block),
            _ => role.to_owned(),
        };
        let log = world.fixture.path(&format!("{role}-{}.log", self.started));
        let options = ChildOptions { what: role, stop_signal: Signal::KILL, log, lock: None };
        ChildProcess::spawn(world.fixture.command(&line), options).unwrap()
    }

    pub fn count(&self) -> usize {
        self.running.len()
    }

    /// kill -9 of the one at this place, and another in its stead. Which role it was.
    pub async fn kill(&mut self, world: &World, place: usize) -> &'static str {
        let role = self.running[place].0;
        let ended = self.running[place].1.exit_status();
        assert!(ended.is_none(), "{role} has ended by itself: {}", self.tail(role));
        self.running[place].1.signal(Signal::KILL);
        self.running[place].1.wait().await;
        self.running[place].1 = self.spawn(world, role);
        role
    }

    /// SIGTERM for all, which they obey.
    pub async fn end(self) {
        for (role, process) in &self.running {
            process.signal(Signal::TERM);
            let ended = tokio::time::timeout(STOP_TIMEOUT, process.wait()).await.ok().flatten();
            assert!(ended.is_some_and(|status| status.success()), "{role} ends with {ended:?}: {}", self.tail(role));
        }
    }

    /// What a role said last.
    pub fn tail(&self, role: &str) -> String {
        let of_role = self.running.iter().filter(|(name, _)| *name == role);
        let tail = |process: &ChildProcess| {
            let log = std::fs::read_to_string(process.log()).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            lines[lines.len().saturating_sub(15)..].join("\n")
        };
        of_role.map(|(_, process)| format!("--- {}\n{}\n", process.log().display(), tail(process))).collect()
    }
}
