//! Children with a log, a lock and a stop signal, which is also sent when this process dies (`linkpool-process`).

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::{
    fs::OpenOptions,
    io::{self, Read, Seek, SeekFrom},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

use crate::{Error, Result};

/// How much of a log an error message repeats.
const LOG_TAIL_BYTES: u64 = 4096;
const LOG_TAIL_LINES: usize = 12;
/// After KILL the kernel needs a moment only.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);

/// What to start, and how to end it.
#[derive(Debug)]
pub struct ChildOptions {
    /// The name in messages.
    pub what: &'static str,
    /// Sent by `stop`, on drop, and by the kernel when this process dies.
    pub stop_signal: Signal,
    /// Gets both output streams; emptied at the start.
    pub log: PathBuf,
    /// A lock that must be held as long as the child or a descendant lives.
    pub lock: Option<OwnedFd>,
}

/// A running child. Dropping it sends the stop signal and does not wait.
#[derive(Debug)]
pub struct ChildProcess {
    what: &'static str,
    log: PathBuf,
    stop_signal: Signal,
    state: Arc<State>,
    exited: watch::Receiver<Option<ExitStatus>>,
}

/// The pid is valid as long as the child has not been reaped, and it is reaped only under the mutex.
#[derive(Debug)]
struct State {
    pid: Pid,
    reaped: Mutex<bool>,
    ended: Condvar,
}

impl ChildProcess {
    /// Starts a child in a process group of its own, so that Ctrl-C in a terminal reaches only us, and we stop the parts in order.
    pub fn spawn(mut command: Command, options: ChildOptions) -> Result<Self> {
        let ChildOptions { what, stop_signal, log, lock } = options;
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(&log);
        let file = file.map_err(Error::io(format!("write {}", log.display())))?;
        let errors = file.try_clone().map_err(Error::io("duplicate a log file"))?;
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = linkpool_process::spawn_holding(command, stop_signal, lock).map_err(Error::io(format!("start {program}")))?;
        let pid = Pid::from_child(&child);
        let state = Arc::new(State { pid, reaped: Mutex::new(false), ended: Condvar::new() });
        let (sender, exited) = watch::channel(None);
        let shared = Arc::clone(&state);
        let reaper = std::thread::Builder::new().name(format!("reaper of {what}")).stack_size(64 * 1024);
        reaper.spawn(move || reap(child, &shared, &sender)).map_err(Error::io("start a thread"))?;
        Ok(Self { what, log, stop_signal, state, exited })
    }

    pub fn pid(&self) -> u32 {
        self.state.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    pub fn exit_status(&self) -> Option<ExitStatus> {
        *self.exited.borrow()
    }

    /// Returns when the child has ended.
    pub async fn wait(&self) -> Option<ExitStatus> {
        let mut exited = self.exited.clone();
        exited.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }

    /// Sends the stop signal, waits up to `patience`, then kills.
    pub async fn stop(&self, patience: Duration) -> Option<ExitStatus> {
        self.signal(self.stop_signal);
        if let Ok(status) = tokio::time::timeout(patience, self.wait()).await {
            return status;
        }
        tracing::warn!(what = self.what, seconds = patience.as_secs(), "did not stop in time and is killed");
        self.signal(Signal::KILL);
        tokio::time::timeout(KILL_TIMEOUT, self.wait()).await.ok().flatten()
    }

    /// Ends the child at once and waits for it, for a drop that removes its data.
    pub fn end_now(&self, signal: Signal) {
        self.signal(signal);
        let reaped = self.state.reaped();
        let waited = self.state.ended.wait_timeout_while(reaped, KILL_TIMEOUT, |reaped| !*reaped);
        if waited.is_ok_and(|(_, timeout)| timeout.timed_out()) {
            self.signal(Signal::KILL);
        }
    }

    /// Sends a signal, unless the child has ended.
    pub fn signal(&self, signal: Signal) {
        let reaped = self.state.reaped();
        if !*reaped {
            // The child may be a zombie by now, which is as good as delivered.
            let _ = rustix::process::kill_process(self.state.pid, signal);
        }
    }

    /// The error of a start that failed, with the end of the log.
    pub fn not_started(&self, reason: impl Into<String>) -> Error {
        let mut reason = reason.into();
        if let Some(status) = self.exit_status() {
            reason = format!("{reason} ({status})");
        }
        Error::NotStarted { what: self.what, reason, log: self.log.clone(), log_tail: log_tail(&self.log) }
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.signal(self.stop_signal);
    }
}

impl State {
    fn reaped(&self) -> MutexGuard<'_, bool> {
        self.reaped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last lines of a log, for an error message.
pub(crate) fn log_tail(log: &Path) -> String {
    let read = || -> io::Result<String> {
        let mut file = std::fs::File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}

/// Waits without reaping, so that nobody can signal a reused pid, then reaps under the lock.
fn reap(mut child: Child, state: &State, exited: &watch::Sender<Option<ExitStatus>>) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(state.pid), options) {}
    let mut reaped = state.reaped();
    let status = child.wait().ok();
    *reaped = true;
    exited.send_replace(status);
    state.ended.notify_all();
}
