//! `cargo xtask prove api`: schemathesis asks the API, over a real database, for whatever its document allows and does not allow.

use anyhow::Result;

use super::{proof::Asked, python};
use crate::{failure::counted, shell::root, test::package};

const REQUIREMENTS: &str = "tests/api/requirements.txt";
/// Requests made up for each path, beside those that follow from the bounds of each parameter.
const EXAMPLES: u32 = 200;

pub fn run(_: &Asked) -> Result<()> {
    let programs = python::environment(&root().join("target/prove/api"), REQUIREMENTS, "schemathesis and what it needs")?;
    let program = programs.join("schemathesis").display().to_string();
    let variables = [("LINKPOOL_SCHEMATHESIS", program), ("LINKPOOL_SCHEMATHESIS_EXAMPLES", EXAMPLES.to_string())];
    let only = ["schemathesis::", "--ignored", "--nocapture"].map(str::to_owned);
    let total = package::run_with(&["linkpool-api"], &only, &variables, |line| println!("{line}"))?;
    println!("{total}");
    if total.failed > 0 { Err(counted()) } else { Ok(()) }
}
