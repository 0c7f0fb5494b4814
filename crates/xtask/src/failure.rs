//! Failures with their exit codes: 1 a check does not hold, 2 bad input or a missing program, 5 unreachable.

use std::{fmt, process::ExitCode};

/// One line for a person, and the exit code it ends with.
#[derive(Debug)]
struct Failure {
    message: String,
    code: u8,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

pub fn bad_input(message: impl Into<String>) -> anyhow::Error {
    Failure { message: message.into(), code: 2 }.into()
}

pub fn unreachable(message: impl Into<String>) -> anyhow::Error {
    Failure { message: message.into(), code: 5 }.into()
}

/// A program that was run ended with this code, after it had said why.
pub fn ended(program: &str, code: u8) -> anyhow::Error {
    Failure { message: format!("`{program}` failed"), code: code.max(1) }.into()
}

/// What is wrong has been printed already, and the count that closes the output is to stay its last line.
pub fn counted() -> anyhow::Error {
    Failure { message: String::new(), code: 1 }.into()
}

pub fn report(error: &anyhow::Error) -> ExitCode {
    let message = format!("{error:#}");
    if !message.is_empty() {
        eprintln!("xtask: {message}");
    }
    ExitCode::from(error.downcast_ref::<Failure>().map_or(1, |failure| failure.code))
}
