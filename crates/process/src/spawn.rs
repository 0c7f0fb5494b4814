//! Starting a child that ends with us and is nobody's to adopt.

use std::{io, os::fd::OwnedFd, os::unix::process::CommandExt, process, sync::mpsc};

use rustix::process::Signal;

use crate::{life, spawner};

/// Starts `command` in a process group of its own, so that a Ctrl-C at the terminal reaches only us and we stop our
/// children in order. It gets `death_signal` when this process ends, even by SIGKILL. It and its descendants hold `lock`.
/// Dropping the handle does nothing.
pub fn spawn_holding(mut command: process::Command, death_signal: Signal, lock: Option<OwnedFd>) -> io::Result<process::Child> {
    command.process_group(0);
    life::bind(&mut command, death_signal, lock);
    let (reply, answer) = mpsc::sync_channel(1);
    spawner::run(move || {
        // Whoever asked waits for the answer.
        let _ = reply.send(command.spawn());
    })?;
    answer.recv().map_err(|_| spawner::gone())?
}
