//! The file by which a process is found again by whoever did not start it.
//!
//! A number alone names nobody: the system gives it to another process one day. Number, time of the start and boot together
//! name one process for ever.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::Command,
};

use rustix::process::Pid;

/// This boot of this machine, as seen from this container: only here its process numbers mean what they say.
pub fn machine() -> io::Result<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    let numbers = fs::read_link("/proc/self/ns/pid")?;
    Ok(format!("{} {}", boot.trim(), numbers.display()))
}

/// What a file says: four lines, the last of which the process wrote itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    pub machine: String,
    /// What the starter wants to know again.
    pub note: String,
    pub stat: Stat,
}

/// What is read of a line of `/proc/PID/stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    pub pid: Pid,
    pub has_ended: bool,
    /// In ticks since the boot.
    pub started: u64,
}

impl Trace {
    /// Begins the file of a process that is about to be started. Its command line stands there for people: a program that
    /// becomes another one has another later, so it proves nothing.
    pub fn begin(path: &Path, command: &Command, note: &str) -> io::Result<File> {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
        let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
        file.write_all(format!("{}\n{words:?}\n{note}\n", machine()?).as_bytes())?;
        Ok(file)
    }

    /// `None` where nothing was started: no file, or one that a starter left which ended before its child began.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let mut lines = text.lines();
        let (machine, _command, note, stat) = (lines.next(), lines.next(), lines.next(), lines.next().and_then(Stat::parse));
        let (Some(machine), Some(note), Some(stat)) = (machine, note, stat) else { return Ok(None) };
        Ok(Some(Self { machine: machine.to_owned(), note: note.to_owned(), stat }))
    }
}

impl Stat {
    /// That of a process of this machine; `None` if there is none of this number.
    pub fn of(pid: Pid) -> io::Result<Option<Self>> {
        match fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())) {
            // The second is what reading says when the process ends meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(3) => Ok(None),
            text => text.map(|text| Self::parse(&text)),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        // The name of the program is in parentheses, and may hold any character.
        let (pid, rest) = (line.split(' ').next()?, line.rsplit_once(") ")?.1);
        let mut fields = rest.split(' ');
        let state = fields.next()?;
        let started = fields.nth(18)?.trim().parse().ok()?;
        Some(Self { pid: Pid::from_raw(pid.parse().ok()?)?, has_ended: matches!(state, "Z" | "X"), started })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_name_can_not_forge_the_line_of_its_process() {
        let rest = "S 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4711 1000 20";
        let parsed = |name: &str| Stat::parse(&format!("7 ({name}) {rest}")).map(|stat| (stat.pid.as_raw_pid(), stat.started));
        for name in ["sleep", "a b", "a) Z 1 1", ") S"] {
            assert_eq!(parsed(name), Some((7, 4711)), "{name}");
        }
        assert!(Stat::parse(&format!("7 (x) {}", rest.replacen('S', "Z", 1))).is_some_and(|stat| stat.has_ended));
        assert_eq!(Stat::parse("7 (cut o"), None);
    }

    #[test]
    fn what_was_never_started_leaves_no_trace() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("trace");
        assert_eq!(Trace::read(&path)?, None);
        Trace::begin(&path, &Command::new("/bin/true"), "note")?;
        assert_eq!(Trace::read(&path)?, None, "the child has not begun");
        Ok(())
    }
}
