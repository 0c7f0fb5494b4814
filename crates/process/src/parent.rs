//! Binding a child's life to its parent's.

use std::{
    io,
    os::{fd::OwnedFd, unix::process::CommandExt},
    process::Command,
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    process::{Signal, getpid, getppid, set_parent_process_death_signal},
};

/// The child gets `death_signal` when its parent ends, however it ends. `kept` stays open in it and in its descendants: a
/// lock held there is held as long as any of them lives.
///
/// The setting survives `unshare --user` and is lost at a change of user, so it is made after the standard library has
/// changed the user, right before `exec`.
pub(crate) fn bind(command: &mut Command, death_signal: Signal, kept: Option<OwnedFd>) {
    let parent = getpid();
    let prepare = move || {
        if let Some(kept) = &kept {
            fcntl_setfd(kept, FdFlags::empty())?;
        }
        set_parent_process_death_signal(Some(death_signal))?;
        // The parent may have ended between fork and the line above: then nobody would send the signal.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::Error::other("the parent has ended")) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. fcntl, prctl and getppid are system calls that
    // allocate nothing and take no lock; the one error that is built is built in a child that ends at once.
    #[expect(unsafe_code)]
    unsafe {
        command.pre_exec(prepare);
    }
}
