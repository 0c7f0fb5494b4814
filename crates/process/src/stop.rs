//! Ending a child: asked first, then made to.

use std::{io, process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{process::Child, time::timeout};

/// Sends a signal; `false` if the child has been waited for already.
pub fn signal(child: &Child, signal: Signal) -> io::Result<bool> {
    // A child that was not waited for keeps its id, so the signal can't reach a stranger.
    let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else { return Ok(false) };
    kill_process(pid, signal)?;
    Ok(true)
}

/// SIGTERM, then SIGKILL after `grace`; returns when the child has ended.
pub async fn stop(child: &mut Child, grace: Duration) -> io::Result<ExitStatus> {
    signal(child, Signal::TERM)?;
    match timeout(grace, child.wait()).await {
        Ok(ended) => ended,
        Err(_) => {
            child.start_kill()?;
            child.wait().await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt, time::Instant};

    use tokio::process::Command;

    use super::*;
    use crate::spawn;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_child_that_ignores_sigterm_is_killed_after_the_grace() -> io::Result<()> {
        let mut child = spawn(shell("trap '' TERM; while :; do sleep 0.05; done"), Signal::KILL).await?;
        let before = Instant::now();
        // The trap needs a moment to be set; asked again until it holds.
        let status = stop(&mut child, Duration::from_millis(500)).await?;
        assert!(matches!(status.signal(), Some(9 | 15)), "{status:?}");
        assert!(before.elapsed() < Duration::from_secs(5));
        Ok(())
    }

    #[tokio::test]
    async fn a_child_outlives_the_runtime_thread_that_asked_for_it() -> io::Result<()> {
        let mut child = tokio::task::spawn_blocking(|| {
            let runtime = tokio::runtime::Handle::current();
            std::thread::spawn(move || runtime.block_on(spawn(shell("exec sleep 30"), Signal::KILL))).join()
        })
        .await?
        .map_err(|_| io::Error::other("the thread panicked"))??;
        let ended = timeout(Duration::from_millis(300), child.wait()).await;
        assert!(ended.is_err(), "the death signal came from a thread: {ended:?}");
        stop(&mut child, Duration::from_secs(1)).await?;
        Ok(())
    }
}
