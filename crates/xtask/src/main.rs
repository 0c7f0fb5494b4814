//! `cargo xtask`: installs, builds, tests and checks the project. Light on purpose: it compiles in seconds.

mod bench;
mod check;
mod count;
mod dev;
mod drift;
mod failure;
mod format;
mod install;
mod prove;
mod readme;
mod release;
mod replay;
mod shell;
mod side_by_side;
mod size;
mod test;
mod tidy;

use anyhow::Result;
use std::process::ExitCode;

use failure::bad_input;

struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

#[rustfmt::skip]
const COMMANDS: &[Command] = &[
    Command { name: "dev", arguments: "[ARGUMENT...]", about: "run everything: chain, database, contracts, indexer, API, page", run: dev::run },
    Command { name: "test", arguments: "[SUITE] [-- FILTER...]", about: "test everything, or one suite: contracts, rust, indexer, registrar, release, web, browser", run: test::run },
    Command { name: "check", arguments: "[--keep-going] [PART...]", about: "what CI runs; each part prints its seconds", run: check::run },
    Command { name: "prove", arguments: "[PART]", about: "the long proofs; without a part, the list of them", run: prove::run },
    Command { name: "bench", arguments: "NAME [--json]", about: "measure: dev, fleet, gas, idle, indexer, page, registrar, work", run: bench::run },
    Command { name: "replay", arguments: "[ARGUMENT...]", about: "serve a generated chain of 600,000 events over JSON-RPC", run: replay::run },
    Command { name: "install", arguments: "", about: "install the npm packages, build the page, look for a browser", run: install::run },
    Command { name: "web", arguments: "", about: "build the page into web/dist", run: install::run_web },
    Command { name: "fmt", arguments: "[--check]", about: "format Rust and Solidity", run: format::run },
    Command { name: "tidy", arguments: "", about: "the rules of the house: who may know whom, circles of imports, names, sleeps in tests, licences, sizes", run: tidy::run },
    Command { name: "abi", arguments: "[--check]", about: "compile the contracts into abi/", run: drift::run_abi },
    Command { name: "openapi", arguments: "[--check]", about: "write docs/openapi.json and the page's types from the API", run: drift::run_openapi },
    Command { name: "screenshots", arguments: "[FOLDER]", about: "pictures of every page, and those of the README", run: test::screenshots },
    Command { name: "size", arguments: "", about: "the page's size against its budget", run: size::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else { return Err(bad_input(usage())) };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        println!("{}", usage());
        return Ok(());
    }
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(rest),
        None => Err(bad_input(format!("there is no command `{name}`\n{}", usage()))),
    }
}

fn usage() -> String {
    let mut lines = vec!["usage: cargo xtask COMMAND".to_owned()];
    for Command { name, arguments, about, .. } in COMMANDS {
        lines.push(format!("  {:<34} {about}", format!("{name} {arguments}")));
    }
    lines.join("\n")
}
