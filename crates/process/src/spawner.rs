//! The one thread that starts every child: it lives as long as the process, because Linux sends the death signal when the
//! *thread* that started a child ends.

use std::{
    io,
    sync::{Mutex, OnceLock, PoisonError, mpsc},
};

type Job = Box<dyn FnOnce() + Send>;

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
