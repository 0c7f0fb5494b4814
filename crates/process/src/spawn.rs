//! Starting a child that ends with us.

use std::{io, os::fd::OwnedFd, os::unix::process::CommandExt, process, sync::mpsc};

use rustix::process::Signal;
use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

use crate::{lasting, parent};

/// Starts `command` in a process group of its own, so that a Ctrl-C at the terminal reaches only us and we stop our
/// children in order. It gets `death_signal` when this process ends, even by SIGKILL, and SIGKILL when the handle is dropped.
///
/// # Errors
/// Those of [`Command::spawn`]. Must be called inside a tokio runtime, which then waits for the child.
pub async fn spawn(mut command: Command, death_signal: Signal) -> io::Result<Child> {
    command.process_group(0).kill_on_drop(true);
    parent::bind(command.as_std_mut(), death_signal, None);
    let runtime = Handle::current();
    let (reply, answer) = oneshot::channel();
    lasting::run(move || {
        let _runtime = runtime.enter();
        // Whoever asked may have been cancelled; then the handle is dropped, and with it the child.
        let _ = reply.send(command.spawn());
    })?;
    answer.await.map_err(|_| lasting::gone())?
}

/// As [`spawn`], without a runtime and with a lock that the child and its descendants hold. Dropping the handle does nothing.
///
/// # Errors
/// Those of [`process::Command::spawn`].
pub fn spawn_holding(mut command: process::Command, death_signal: Signal, lock: Option<OwnedFd>) -> io::Result<process::Child> {
    command.process_group(0);
    parent::bind(&mut command, death_signal, lock);
    let (reply, answer) = mpsc::sync_channel(1);
    lasting::run(move || {
        // Whoever asked waits for the answer.
        let _ = reply.send(command.spawn());
    })?;
    answer.recv().map_err(|_| lasting::gone())?
}
