//! `cargo xtask check`: exactly what CI runs, the quick parts first.

use anyhow::Result;
use std::time::Instant;

use crate::{
    count::Count,
    dev, drift,
    failure::{bad_input, counted},
    format, readme, release,
    shell::{self, root},
    size, test, tidy,
};

struct Part {
    name: &'static str,
    run: fn() -> Result<Count>,
}

/// A part that holds or does not counts as one test.
const PARTS: &[Part] = &[
    Part { name: "fmt", run: || one(format::run(&check_only())) },
    Part { name: "tidy", run: || one(tidy::run(&[])) },
    Part { name: "contracts", run: || test::contracts::run(&[]) },
    Part { name: "abi", run: || one(drift::run_abi(&check_only())) },
    Part { name: "web", run: || test::web(&[]) },
    Part { name: "size", run: || one(size::run(&[])) },
    Part { name: "rust", run: || test::rust(&[]) },
    Part { name: "release", run: || release::run(&[]) },
    Part { name: "openapi", run: || one(drift::run_openapi(&check_only())) },
    Part { name: "dev", run: || one(dev_check()) },
    Part { name: "browser", run: || test::browser(&[]) },
    Part { name: "readme", run: || one(readme::check()) },
    Part { name: "clippy", run: || one(clippy()) },
    Part { name: "doc", run: || one(documentation()) },
];

pub fn run(arguments: &[String]) -> Result<()> {
    let keep_going = arguments.iter().any(|argument| argument == "--keep-going");
    let (mut total, mut table, mut failed) = (Count::default(), Vec::new(), Vec::new());
    for part in chosen(arguments)? {
        println!("== {}", part.name);
        let start = Instant::now();
        let count = (part.run)().unwrap_or_else(|error| {
            println!("{}: {error:#}", part.name);
            Count::ONE_FAILED
        });
        total += count;
        table.push(format!("{:>8.1} s  {:<10} {count}", start.elapsed().as_secs_f64(), part.name));
        if count.failed > 0 {
            failed.push(part.name);
            if !keep_going {
                break;
            }
        }
    }
    println!("\n{}", table.join("\n"));
    if !failed.is_empty() {
        println!("failed: {}", failed.join(", "));
    }
    println!("{total}");
    if failed.is_empty() { Ok(()) } else { Err(counted()) }
}

fn chosen(arguments: &[String]) -> Result<Vec<&'static Part>> {
    let names: Vec<&String> = arguments.iter().filter(|argument| *argument != "--keep-going").collect();
    if let Some(unknown) = names.iter().find(|name| PARTS.iter().all(|part| part.name != name.as_str())) {
        let all: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        return Err(bad_input(format!("there is no part `{unknown}`: there are {}", all.join(", "))));
    }
    Ok(PARTS.iter().filter(|part| names.is_empty() || names.iter().any(|name| *name == part.name)).collect())
}

fn one(result: Result<()>) -> Result<Count> {
    result.map(|()| Count::ONE_PASSED)
}

fn check_only() -> [String; 1] {
    ["--check".to_owned()]
}

fn dev_check() -> Result<()> {
    let executable = dev::build()?;
    shell::run(shell::command(executable).args(["dev", "--check"]))
}

fn clippy() -> Result<()> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--all-features", "--quiet", "--", "-D", "warnings"];
    shell::run(shell::cargo().args(arguments))
}

fn documentation() -> Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(["doc", "--workspace", "--all-features", "--no-deps", "--quiet"]);
    shell::run(cargo.env("RUSTDOCFLAGS", "-D warnings").current_dir(root()))
}
