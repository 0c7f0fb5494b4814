//! Starting a child from the thread that lives as long as the process.

use std::{
    io,
    sync::{Mutex, OnceLock, PoisonError, mpsc},
};

use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

struct Job {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

static SPAWNER: OnceLock<Mutex<mpsc::Sender<Job>>> = OnceLock::new();

/// Starts `command` in a process group of its own, so that a Ctrl-C at the terminal reaches only us and we stop our
/// children in order. It gets `death_signal` when this process ends, even by SIGKILL, and SIGKILL when the handle is dropped.
///
/// # Errors
/// Those of [`Command::spawn`]. Must be called inside a tokio runtime, which then waits for the child.
pub async fn spawn(mut command: Command, death_signal: Signal) -> io::Result<Child> {
    command.process_group(0).kill_on_drop(true);
    end_with_parent(&mut command, death_signal);
    let (reply, answer) = oneshot::channel();
    let job = Job { command, runtime: Handle::current(), reply };
    let gone = || io::Error::other("the thread that starts processes has ended");
    spawner().lock().unwrap_or_else(PoisonError::into_inner).send(job).map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

fn spawner() -> &'static Mutex<mpsc::Sender<Job>> {
    SPAWNER.get_or_init(|| {
        let (jobs, queue) = mpsc::channel::<Job>();
        let serve = move || {
            for mut job in queue {
                let _runtime = job.runtime.enter();
                // Whoever asked may have been cancelled; then the handle is dropped, and with it the child.
                let _ = job.reply.send(job.command.spawn());
            }
        };
        // Without a thread the queue has no receiver, and every spawn fails with a sentence.
        let _ = std::thread::Builder::new().name("spawner".into()).spawn(serve);
        Mutex::new(jobs)
    })
}

fn end_with_parent(command: &mut Command, death_signal: Signal) {
    let parent = getpid();
    let prepare = move || {
        set_parent_process_death_signal(Some(death_signal))?;
        // The parent may have died between fork and the line above: then nobody would send the signal.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::Error::other("the parent has ended")) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed: prctl and getppid are system calls that
    // allocate nothing and take no lock.
    #[expect(unsafe_code)]
    unsafe {
        command.pre_exec(prepare);
    }
}
