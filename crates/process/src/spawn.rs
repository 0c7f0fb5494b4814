//! Starting a child that ends with us and is nobody's to adopt.

use std::{
    io,
    os::{fd::OwnedFd, unix::process::CommandExt},
    process,
    sync::{Mutex, OnceLock, PoisonError, mpsc},
};

use rustix::process::Signal;

use crate::life;

/// Starts `command` in a process group of its own, so that a Ctrl-C at the terminal reaches only us and we stop our
/// children in order. It gets `death_signal` when this process ends, even by SIGKILL. It and its descendants hold `lock`.
/// Dropping the handle does nothing.
pub fn spawn_holding(mut command: process::Command, death_signal: Signal, lock: Option<OwnedFd>) -> io::Result<process::Child> {
    command.process_group(0);
    life::bind(&mut command, death_signal, lock);
    let (reply, answer) = mpsc::sync_channel(1);
    run(move || {
        // Whoever asked waits for the answer.
        let _ = reply.send(command.spawn());
    })?;
    answer.recv().map_err(|_| gone())?
}

type Job = Box<dyn FnOnce() + Send>;

/// The one thread that starts every child: it lives as long as the process, because Linux sends the death signal when the *thread* that
/// started a child ends.
static THREAD: OnceLock<Mutex<mpsc::Sender<Job>>> = OnceLock::new();

/// Queues `job` there.
pub(crate) fn run(job: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let jobs = THREAD.get_or_init(|| {
        let (jobs, queue) = mpsc::channel::<Job>();
        // Without a thread the queue has no receiver, and every start fails with a sentence.
        let _ = std::thread::Builder::new().name("spawner".into()).spawn(move || queue.into_iter().for_each(|job| job()));
        Mutex::new(jobs)
    });
    jobs.lock().unwrap_or_else(PoisonError::into_inner).send(Box::new(job)).map_err(|_| gone())
}

/// Returns when everything that was queued before is done: then no start is on its way that nobody waits for any more.
pub async fn settled() -> io::Result<()> {
    let (reply, answer) = tokio::sync::oneshot::channel();
    run(move || {
        let _ = reply.send(());
    })?;
    answer.await.map_err(|_| gone())
}

pub(crate) fn gone() -> io::Error {
    io::Error::other("the thread that starts processes has ended")
}
