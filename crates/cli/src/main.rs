//! `linkpool`: one executable, a subcommand for each role.

// A closed pipe makes the library's macros panic: `output` prints.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod commands;
mod config;
#[cfg(feature = "dev")]
mod dev;
mod duration;
mod failure;
mod flags;
mod guard;
mod limits;
mod logging;
mod money;
mod observe;
mod output;
mod shutdown;
#[cfg(feature = "dev")]
mod simulate;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match arguments::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    limits::raise();
    linkpool_process::keep_little();
    if let Err(error) = logging::start(&arguments) {
        return failure::report(&error);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failure::report(&anyhow::Error::new(error).context("starting the runtime")),
    };
    match runtime.block_on(commands::run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
