//! Running other programs from the root of the repository.

use anyhow::{Context, Result};
use std::{
    ffi::{OsStr, OsString},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::Instant,
};

use crate::failure::{bad_input, ended};

/// What runs the program after it at the lowest priority.
const LOW_PRIORITY: [&str; 3] = ["nice", "-n", "19"];
/// As many words of a program's line as tell one failure from another.
const NAME_PARTS: usize = 4;

pub fn root() -> &'static Path {
    const MANIFEST: &str = env!("CARGO_MANIFEST_DIR");
    let mut ancestors = Path::new(MANIFEST).ancestors().skip(2);
    ancestors.next().unwrap_or(Path::new("."))
}

/// The path of one of our programs, which cargo has built already: beside the one that runs here.
pub fn built_program(program: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("where this program lies")?;
    Ok(own.with_file_name(program))
}

/// A program, to be run in the root, that finds the npm packages.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    // What the cargo that runs us says of our own package. Build scripts look at it (ring's does), and all that stands on them would be
    // built again whenever somebody calls cargo after `cargo xtask`.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.current_dir(root()).env("LINKPOOL_NODE_MODULES", root().join("node_modules"));
    command
}

pub fn cargo() -> Command {
    command(cargo_program())
}

/// The same for a build while tests run: it gets the time that they leave over, so that none of their deadlines is missed for it.
pub fn cargo_low_priority() -> Command {
    let mut command = command(LOW_PRIORITY[0]);
    command.args(&LOW_PRIORITY[1..]).arg(cargo_program());
    command
}

fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Runs a program to its end with our streams; a failure carries its exit code.
pub fn run(command: &mut Command) -> Result<()> {
    let program = name(command);
    let status = command.status().map_err(|error| not_started(&program, &error))?;
    succeeded(&program, status)
}

/// What a program prints; its errors go to ours, and a failure carries its exit code.
pub fn output(command: &mut Command) -> Result<String> {
    let program = name(command);
    let output = command.stderr(std::process::Stdio::inherit()).output().map_err(|error| not_started(&program, &error))?;
    succeeded(&program, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("the output of `{program}`"))
}

fn succeeded(program: &str, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    // No code where a signal ended it.
    Err(ended(program, status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// Runs a program, prints each line as it comes and also hands it to `on_line`. Returns whether it succeeded.
pub fn run_watched(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<bool> {
    let mut shown = Ok(());
    let succeeded = run_quietly(command, |line| {
        if shown.is_ok() {
            shown = writeln!(io::stdout(), "{line}");
        }
        on_line(line);
    })?;
    shown.context("printing")?;
    Ok(succeeded)
}

/// Runs a program and hands each line that it prints to `on_line`. Returns whether it succeeded.
pub fn run_quietly(command: &mut Command, on_line: impl FnMut(&str)) -> Result<bool> {
    let program = name(command);
    let (reader, writer) = io::pipe().context("making a pipe")?;
    command.stdout(writer.try_clone().context("duplicating a pipe")?).stderr(writer);
    let mut child = command.spawn().map_err(|error| not_started(&program, &error))?;
    // The command keeps its ends of the pipe; without this the pipe would never end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let read = each_line(reader, on_line);
    if read.is_err() {
        // Nobody reads what it prints any more, so it might never end by itself.
        let _ = child.kill();
    }
    let status = child.wait().with_context(|| format!("waiting for `{program}`"))?;
    read.with_context(|| format!("reading what `{program}` prints"))?;
    Ok(status.success())
}

fn each_line(reader: impl io::Read, mut on_line: impl FnMut(&str)) -> io::Result<()> {
    for line in BufReader::new(reader).split(b'\n') {
        on_line(&String::from_utf8_lossy(&line?));
    }
    Ok(())
}

/// Says what is being done, does it, and says how long it took, whether it succeeds or not.
pub fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("xtask: {what} ...");
    let start = Instant::now();
    let result = work();
    let outcome = if result.is_ok() { "" } else { " failed after" };
    eprintln!("xtask: {what}:{outcome} {:.1} s", start.elapsed().as_secs_f64());
    result
}

/// What a failure calls a program: the first words of its line, from the program on that does the work.
fn name(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let words = words.strip_prefix(LOW_PRIORITY.map(OsStr::new).as_slice()).unwrap_or(&words);
    let folder = format!("{}/", root().display());
    let words = words.iter().take(NAME_PARTS).map(|word| word.to_string_lossy().replace(&folder, ""));
    words.collect::<Vec<_>>().join(" ")
}

fn not_started(program: &str, error: &io::Error) -> anyhow::Error {
    bad_input(format!("`{program}` cannot be started: {error}"))
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::*;
    use crate::failure::report;

    #[test]
    fn a_failure_names_what_ran_whatever_its_priority() {
        let mut usual = command("cargo");
        let mut low = command("nice");
        low.args(["-n", "19", "cargo"]);
        for command in [&mut usual, &mut low] {
            command.args(["clippy", "--workspace", "--all-features", "--locked"]);
            assert_eq!(name(command), "cargo clippy --workspace --all-features");
        }
    }

    #[test]
    fn a_failure_has_the_programs_exit_code_whether_its_output_is_wanted_or_not() {
        let fails = || {
            let mut command = command("sh");
            command.args(["-c", "exit 7"]);
            command
        };
        let codes =
            [run(&mut fails()).unwrap_err(), output(&mut fails()).unwrap_err()].map(|error| format!("{:?}", report(&error)));
        assert_eq!(codes, [7, 7].map(|code| format!("{:?}", ExitCode::from(code))));
    }

    #[test]
    fn a_program_whose_output_can_not_be_read_is_an_error_and_not_its_end() {
        struct Broken;
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::Other.into())
            }
        }
        assert!(each_line(Broken, |_| ()).is_err());
        let mut lines = Vec::new();
        assert!(run_quietly(command("printf").arg("one\ntwo"), |line| lines.push(line.to_owned())).unwrap());
        assert_eq!(lines, ["one", "two"]);
    }
}
