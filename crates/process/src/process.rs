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
    lasting,
    life::{self, Life},
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
        lasting::run(move || {
            // Whoever asked may have been cancelled: one that was to end with us then does so now.
            if let Err(Ok(mut child)) = reply.send(command.spawn())
                && life == Life::WithParent
            {
                let _ = child.kill().and_then(|()| child.wait());
            }
        })?;
        Self::of_child(answer.await.map_err(|_| lasting::gone())??, life)
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
    ///
    /// # Errors
    /// Where the system does not say.
    pub async fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        // The descriptor becomes readable once, for good, when the process ends.
        let _ = self.fd.ready(Interest::READABLE).await?;
        self.child.as_mut().map_or(Ok(None), |child| child.wait().map(Some))
    }

    /// Sends a signal; one to a process that has ended is no error.
    ///
    /// # Errors
    /// Where we may not.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        match pidfd_send_signal(self.fd.get_ref(), signal) {
            Err(Errno::SRCH) => Ok(()),
            sent => Ok(sent?),
        }
    }

    /// SIGTERM; after `grace` SIGKILL, for its whole process group. Returns when it has ended.
    ///
    /// # Errors
    /// Where we may not.
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
mod tests {
    use std::{fs, os::unix::process::ExitStatusExt, time::Instant};

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn lives(pid: i32) -> bool {
        Pid::from_raw(pid).is_some_and(|pid| Stat::of(pid).unwrap().is_some_and(|stat| !stat.has_ended))
    }

    async fn until(what: &str, holds: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < deadline, "{what} did not come");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn a_process_of_its_own_outlives_its_handle_and_is_found_by_its_trace() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let started = Process::start(shell("exec sleep 60"), Life::OfItsOwn, &trace, "third start").await.unwrap();
        let pid = started.id();
        drop(started);
        let mut found = Process::adopt(&trace, Life::OfItsOwn).unwrap().expect("it lives");
        assert_eq!((found.process.id(), found.note.as_str()), (pid, "third start"));
        found.process.stop(Duration::from_secs(10)).await.unwrap();
        assert!(!lives(pid));
        assert!(Process::adopt(&trace, Life::OfItsOwn).unwrap().is_none(), "a dead process was found alive");
    }

    #[tokio::test]
    async fn one_that_is_to_end_with_us_ends_with_its_handle() {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::start(shell("exec sleep 60"), Life::WithParent, &folder.path().join("trace"), "").await.unwrap();
        let pid = process.id();
        drop(process);
        until("its end", || !lives(pid)).await;
    }

    #[tokio::test]
    async fn one_that_is_to_end_with_us_outlives_the_thread_that_asked_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let runtime = Handle::current();
        let start = move || runtime.block_on(Process::start(shell("exec sleep 60"), Life::WithParent, &trace, ""));
        let ask = || std::thread::spawn(start).join().unwrap();
        let mut process = tokio::task::spawn_blocking(ask).await.unwrap().unwrap();
        let ended = timeout(Duration::from_millis(300), process.ended()).await;
        assert!(ended.is_err(), "the death signal came from a thread: {ended:?}");
    }

    #[tokio::test]
    async fn a_number_that_was_given_to_another_process_is_nobody_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let stranger = Process::start(shell("exec sleep 60"), Life::WithParent, &trace, "").await.unwrap();
        let text = fs::read_to_string(&trace).unwrap();
        let started = Trace::read(&trace).unwrap().unwrap().stat.started;
        let check = |text: &str, found: bool| {
            fs::write(&trace, text).unwrap();
            assert_eq!(Process::adopt(&trace, Life::OfItsOwn).unwrap().is_some(), found, "{text}");
        };
        check(&text, true);
        check(&text.replace(&started.to_string(), &(started - 1).to_string()), false);
        let (machine, rest) = text.split_once('\n').unwrap();
        check(&format!("another {machine}\n{rest}"), false);
        check(machine, false);
        assert!(lives(stranger.id()), "a stranger was harmed");
    }

    #[tokio::test]
    async fn one_that_has_ended_and_was_not_buried_is_dead() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let process = Process::start(shell("exit 3"), Life::OfItsOwn, &trace, "").await.unwrap();
        until("a zombie", || !lives(process.id())).await;
        assert!(Process::adopt(&trace, Life::OfItsOwn).unwrap().is_none());
    }

    #[tokio::test]
    async fn a_parent_learns_how_it_ended_and_a_stranger_that_it_did() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let mut process = Process::start(shell("exec sleep 60"), Life::OfItsOwn, &trace, "").await.unwrap();
        let mut watched = Process::adopt(&trace, Life::OfItsOwn).unwrap().unwrap().process;
        process.signal(Signal::KILL).unwrap();
        assert_eq!(watched.ended().await.unwrap(), None);
        assert_eq!(process.ended().await.unwrap().and_then(|status| status.signal()), Some(9));
        watched.signal(Signal::TERM).unwrap();
    }

    #[tokio::test]
    async fn one_that_ignores_sigterm_is_killed_with_those_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let (trace, ready) = (folder.path().join("trace"), folder.path().join("ready"));
        let script = format!("trap '' TERM; sleep 60 & echo $! > {0}.part; mv {0}.part {0}; wait; sleep 60", ready.display());
        let mut process = Process::start(shell(&script), Life::OfItsOwn, &trace, "").await.unwrap();
        until("the second process", || ready.exists()).await;
        let second = fs::read_to_string(&ready).unwrap().trim().parse().unwrap();
        process.stop(Duration::from_millis(200)).await.unwrap();
        until("the end of both", || !lives(process.id()) && !lives(second)).await;
    }
}
