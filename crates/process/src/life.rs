//! What becomes of a child when its parent ends, and the trace by which another process finds it again.

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::process::CommandExt},
    process::Command,
};

use rustix::{
    fs::{Mode, OFlags},
    io::{FdFlags, fcntl_setfd},
    process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal, setsid},
};

/// Whether a child outlives the process that started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It is killed when this process ends, however it ends.
    WithParent,
    /// It goes on in a session of its own, which no terminal and no signal to this process reaches.
    OfItsOwn,
}

/// The child gets `death_signal` when its parent ends, however it ends. `kept` stays open in it and in its descendants: a
/// lock held there is held as long as any of them lives.
///
/// The setting survives `unshare --user` and is lost at a change of user, so it is made after the standard library has
/// changed the user, right before `exec`.
pub(crate) fn bind(command: &mut Command, death_signal: Signal, kept: Option<OwnedFd>) {
    let parent = getpid();
    before_exec(command, move || {
        if let Some(kept) = &kept {
            fcntl_setfd(kept, FdFlags::empty())?;
        }
        end_with(parent, death_signal)
    });
}

/// As `life` says; the child appends its line of `/proc` to `trace` before it becomes the program. So there is no moment in
/// which it runs and nobody could find it, even if this process is killed between starting it and hearing of it.
pub(crate) fn trace(command: &mut Command, life: Life, trace: File) {
    let parent = getpid();
    before_exec(command, move || {
        match life {
            Life::WithParent => end_with(parent, Signal::KILL)?,
            Life::OfItsOwn => {
                setsid()?;
            }
        }
        copy_stat(&trace)
    });
}

fn end_with(parent: Pid, death_signal: Signal) -> io::Result<()> {
    set_parent_process_death_signal(Some(death_signal))?;
    // The parent may have ended between fork and the line above: then nobody would send the signal.
    if getppid() == Some(parent) { Ok(()) } else { Err(io::Error::other("the parent has ended")) }
}

fn copy_stat(trace: &File) -> io::Result<()> {
    let stat = rustix::fs::open(c"/proc/self/stat", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut line = [0; 1024];
    let length = rustix::io::read(&stat, &mut line)?;
    let written = rustix::io::write(trace, &line[..length])?;
    if written == length { Ok(()) } else { Err(io::Error::other("the disk is full")) }
}

fn before_exec(command: &mut Command, prepare: impl FnMut() -> io::Result<()> + Send + Sync + 'static) {
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. What is done above are system calls on memory
    // of the stack, which allocate nothing and take no lock; an error that is built is built in a child that ends at once.
    #[expect(unsafe_code)]
    unsafe {
        command.pre_exec(prepare);
    }
}
