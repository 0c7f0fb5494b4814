//! Generated files that are committed: written here, or with `--check` compared with what would be written.

use anyhow::{Context, Result};
use std::{fs, path::PathBuf, process::Stdio};

use crate::{
    dev,
    failure::bad_input,
    install,
    shell::{self, root},
};

const OPENAPI: &str = "docs/openapi.json";
const PAGE_TYPES: &str = "web/src/api/openapi.d.ts";

/// The contracts' interfaces and code, compiled by a program of its own: the compiler's library is heavy.
pub fn run_abi(arguments: &[String]) -> Result<()> {
    let check = only_check(arguments)?;
    install::packages()?;
    let mut compiler = shell::command(compiler()?);
    if check {
        compiler.arg("--check");
    }
    shell::run(&mut compiler)
}

/// What compiles the contracts. It needs no npm package to be built.
pub fn compiler() -> Result<PathBuf> {
    shell::run(shell::cargo().args(["build", "--workspace", "--all-features", "--bin", "linkpool-compiler"]))?;
    shell::built_program("linkpool-compiler")
}

/// The API's description, and the page's types made from it.
pub fn run_openapi(arguments: &[String]) -> Result<()> {
    let check = only_check(arguments)?;
    let description = shell::output(shell::command(dev::build()?).arg("openapi"))?;
    write_or_compare(OPENAPI, &description, check)?;
    let generator = root().join("node_modules/openapi-typescript/bin/cli.js");
    if !root().join(PAGE_TYPES).exists() || !generator.is_file() {
        return Ok(());
    }
    let mut node = shell::command("node");
    node.arg(generator).arg(OPENAPI).stdin(Stdio::null());
    write_or_compare(PAGE_TYPES, &shell::output(&mut node)?, check)
}

fn write_or_compare(path: &str, wanted: &str, check: bool) -> Result<()> {
    let file = root().join(path);
    let found = fs::read_to_string(&file).unwrap_or_default();
    if found.trim_end() == wanted.trim_end() {
        return Ok(());
    }
    if !check {
        return fs::write(&file, format!("{}\n", wanted.trim_end())).with_context(|| format!("writing {path}"));
    }
    let line = found.lines().zip(wanted.lines()).take_while(|(found, wanted)| found == wanted).count() + 1;
    anyhow::bail!("{path} is out of date from line {line}: run `cargo xtask openapi`");
}

fn only_check(arguments: &[String]) -> Result<bool> {
    match arguments {
        [] => Ok(false),
        [option] if option == "--check" => Ok(true),
        _ => Err(bad_input("the only option is --check")),
    }
}
