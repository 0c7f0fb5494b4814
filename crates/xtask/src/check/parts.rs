//! What a check consists of, and what runs beside what.

use std::process::Stdio;

use anyhow::Result;

use crate::{
    count::Count,
    dev, drift, format, readme, release,
    shell::{self, root},
    size, test, tidy,
};

pub struct Part {
    pub name: &'static str,
    pub run: fn() -> Result<Count>,
}

/// Parts that may run at the same time: those before, one after the other, and behind them those that compile, in the time that is left
/// over. Only the ones behind call cargo, which lets one of its builds wait for another.
pub struct Stage {
    pub before: &'static [Part],
    pub behind: &'static [Part],
}

/// The quick parts first. A part that holds or does not counts as one test.
pub const STAGES: &[Stage] = &[
    Stage {
        before: &[
            Part { name: "fmt", run: || one(format::run(&check_only())) },
            Part { name: "tidy", run: || one(tidy::run(&[])) },
        ],
        // Most of it is there for others too, and npm fetches its packages meanwhile.
        behind: &[Part { name: "compiler", run: || one(drift::compiler().map(drop)) }],
    },
    Stage {
        before: &[
            Part { name: "contracts", run: || test::contracts::run(&[]) },
            Part { name: "web", run: || test::web(&[]) },
            Part { name: "size", run: || one(size::run(&[])) },
        ],
        behind: &[Part { name: "build", run: || one(build()) }, Part { name: "abi", run: || one(drift::run_abi(&check_only())) }],
    },
    Stage {
        before: &[
            Part { name: "rust", run: || test::programs(&[]) },
            Part { name: "openapi", run: || one(drift::run_openapi(&check_only())) },
            Part { name: "dev", run: || one(dev_check()) },
            Part { name: "browser", run: || test::browser(&[]) },
            Part { name: "readme", run: || one(readme::check()) },
        ],
        behind: &[
            Part { name: "clippy", run: || one(clippy()) },
            Part { name: "doc", run: || one(documentation()) },
            Part { name: "examples", run: || test::examples(&[]) },
        ],
    },
    // It puts its executable where the others have theirs.
    Stage { before: &[Part { name: "release", run: || release::run(&[]) }], behind: &[] },
];

fn one(result: Result<()>) -> Result<Count> {
    result.map(|()| Count::ONE_PASSED)
}

fn check_only() -> [String; 1] {
    ["--check".to_owned()]
}

/// Everything that later parts run, so that they need not ask cargo.
fn build() -> Result<()> {
    test::package::keep()?;
    dev::keep()
}

fn dev_check() -> Result<()> {
    let executable = dev::build()?;
    shell::run(shell::command(executable).args(["dev", "--check"]))
}

fn clippy() -> Result<()> {
    let apart = test::package::APART.map(|name| ["--test", name]);
    for targets in [&["--all-targets"][..], apart.as_flattened()] {
        let mut cargo = shell::cargo_low_priority();
        cargo.args(["clippy", "--workspace", "--all-features", "--quiet"]).args(targets).args(["--", "-D", "warnings"]);
        shell::run(cargo.stdin(Stdio::null()))?;
    }
    Ok(())
}

fn documentation() -> Result<()> {
    let mut cargo = shell::cargo_low_priority();
    cargo.args(["doc", "--workspace", "--all-features", "--no-deps", "--quiet"]).stdin(Stdio::null());
    shell::run(cargo.env("RUSTDOCFLAGS", "-D warnings").current_dir(root()))
}
