//! A process of its own or of somebody else: watched, signalled and ended by a descriptor that names it for ever.

use std::{
    io,
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::Path,
    process::{Child, Command, ExitStatus},
    time::Duration,
};

use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal},
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    runtime::Handle,
    sync::oneshot,
    time::timeout,
};

use crate::{
    life::{self, Life},
    spawn,
    trace::{Stat, Trace, machine},
};

/// A living process, or one that has just ended.
#[derive(Debug)]
pub struct Process {
    pid: Pid,
    fd: AsyncFd<OwnedFd>,
    /// Where we are its parent. Only a parent learns how a process ended, and only a parent can bury it.
    child: Option<Child>,
    life: Life,
}

/// A process that somebody else started.
#[derive(Debug)]
pub struct Adopted {
    pub process: Process,
    /// What its starter noted.
    pub note: String,
}

impl Process {
    /// Starts `command` in a process group of its own, with `trace` as the file by which [`Process::adopt`] finds it. `note`
    /// is one line.
    ///
    /// # Errors
    /// Those of [`Command::spawn`] and of the file. Must be called inside a tokio runtime.
    pub async fn start(mut command: Command, life: Life, trace: &Path, note: &str) -> io::Result<Self> {
        let file = Trace::begin(trace, &command, note)?;
        if life == Life::WithParent {
            command.process_group(0);
        }
        life::trace(&mut command, life, file);
        let (reply, answer) = oneshot::channel();
        spawn::run(move || {
            // Whoever asked may have been cancelled: one that was to end with us then does so now.
            if let Err(Ok(mut child)) = reply.send(command.spawn())
                && life == Life::WithParent
            {
                let _ = child.kill().and_then(|()| child.wait());
            }
        })?;
        Self::of_child(answer.await.map_err(|_| spawn::gone())??, life)
    }

    fn of_child(mut child: Child, life: Life) -> io::Result<Self> {
        // A child that was not waited for keeps its number.
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        match pid.ok_or_else(|| io::Error::other("the system gave no process number")).and_then(|pid| Ok((pid, open(pid)?))) {
            Ok((pid, fd)) => Ok(Self { pid, fd, child: Some(child), life }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// The process that `trace` names, if it lives. From then on it is treated as `life` says, as far as somebody who is not
    /// its parent can: it is killed when the handle is dropped, and not when this process is.
    ///
    /// # Errors
    /// Where that can't be found out. Then it may live.
    pub fn adopt(trace: &Path, life: Life) -> io::Result<Option<Adopted>> {
        let Some(trace) = Trace::read(trace)? else { return Ok(None) };
        if trace.machine != machine()? {
            return Ok(None);
        }
        // First the descriptor, then the look: the descriptor stays with whom the look has found.
        let fd = match open(trace.stat.pid) {
            Err(error) if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => return Ok(None),
            fd => fd?,
        };
        let now = Stat::of(trace.stat.pid)?;
        let lives = now.is_some_and(|now| now.started == trace.stat.started && !now.has_ended);
        Ok(lives.then(|| Adopted { process: Self { pid: trace.stat.pid, fd, child: None, life }, note: trace.note }))
    }

    /// Its number, for messages.
    pub fn id(&self) -> i32 {
        self.pid.as_raw_pid()
    }

    /// Returns when it has ended; how, only a parent knows. May be cancelled and called again.
    pub async fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        // The descriptor becomes readable once, for good, when the process ends.
        let _ = self.fd.ready(Interest::READABLE).await?;
        self.child.as_mut().map_or(Ok(None), |child| child.wait().map(Some))
    }

    /// Sends a signal; one to a process that has ended is no error.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        match pidfd_send_signal(self.fd.get_ref(), signal) {
            Err(Errno::SRCH) => Ok(()),
            sent => Ok(sent?),
        }
    }

    /// SIGTERM; after `grace` SIGKILL, for its whole process group. Returns when it has ended.
    pub async fn stop(&mut self, grace: Duration) -> io::Result<()> {
        self.signal(Signal::TERM)?;
        if let Ok(ended) = timeout(grace, self.ended()).await {
            return ended.map(drop);
        }
        // It leads its group and lives, so the group's number is nobody else's. This reaches also those that it started.
        let _ = kill_process_group(self.pid, Signal::KILL);
        self.signal(Signal::KILL)?;
        self.ended().await.map(drop)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.life == Life::WithParent {
            // It has ended already where this fails.
            let _ = self.signal(Signal::KILL);
        }
        // Whoever is left to itself is still our child: somebody must bury it while we live.
        if let (Some(mut child), Ok(runtime)) = (self.child.take(), Handle::try_current())
            && let Ok(None) = child.try_wait()
            && let Ok(fd) = self.fd.get_ref().try_clone()
        {
            runtime.spawn(async move {
                let fd = watched(fd)?;
                let _ = fd.ready(Interest::READABLE).await?;
                child.wait()
            });
        }
    }
}

fn open(pid: Pid) -> io::Result<AsyncFd<OwnedFd>> {
    watched(pidfd_open(pid, PidfdFlags::empty())?)
}

fn watched(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd stays open, and the same, until it is dropped, and nobody exchanges it inside.
    #[expect(unsafe_code)]
    let watched = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) };
    Ok(watched?)
}

#[cfg(test)]
mod tests;
