//! `cargo xtask test`: every suite, counted.

pub mod contracts;
pub mod package;

use anyhow::Result;
use std::process::Stdio;

use crate::{
    count::{self, Count, run_counted},
    dev,
    failure::bad_input,
    install,
    prove::{fleet::CAMPAIGN, python},
    release,
    shell::{self, root},
};

struct Suite {
    name: &'static str,
    run: fn(&[String]) -> Result<Count>,
    /// Whether it is run only when it is named: most of these are a part of another suite.
    part: bool,
}

const SUITES: &[Suite] = &[
    Suite { name: "contracts", run: contracts::run, part: false },
    Suite { name: "rust", run: rust, part: false },
    Suite { name: "accounting", run: accounting, part: true },
    Suite { name: "api", run: api, part: true },
    Suite { name: "indexer", run: indexer, part: true },
    Suite { name: "chainlink", run: chainlink, part: true },
    Suite { name: "registrar", run: registrar, part: true },
    Suite { name: "fleet", run: fleet, part: true },
    Suite { name: "earnings", run: earnings, part: true },
    // Minutes of waiting for a stand-in of AWS: for whoever has changed that, or how the fleet runs nodes.
    Suite { name: "ecs", run: ecs, part: true },
    Suite { name: "release", run: release::run, part: false },
    Suite { name: "web", run: web, part: false },
    Suite { name: "browser", run: browser, part: false },
];

pub fn run(arguments: &[String]) -> Result<()> {
    let (names, filter) = match arguments.iter().position(|argument| argument == "--") {
        Some(mark) => (&arguments[..mark], &arguments[mark + 1..]),
        None => (arguments, &arguments[..0]),
    };
    let mut total = Count::default();
    for suite in chosen(names)? {
        println!("== {}", suite.name);
        total += (suite.run)(filter)?;
    }
    total.close()
}

fn chosen(names: &[String]) -> Result<Vec<&'static Suite>> {
    if names.is_empty() {
        return Ok(SUITES.iter().filter(|suite| !suite.part).collect());
    }
    let all = || SUITES.iter().map(|suite| suite.name).collect::<Vec<_>>().join(", ");
    let find = |name: &String| SUITES.iter().find(|suite| suite.name == name);
    names
        .iter()
        .map(|name| find(name).ok_or_else(|| bad_input(format!("there is no suite `{name}`: there are {}", all()))))
        .collect()
}

/// Unit and integration tests of every crate, then the examples in the documentation.
fn rust(filter: &[String]) -> Result<Count> {
    let mut total = programs(filter)?;
    total += examples(filter)?;
    Ok(total)
}

/// Unit and integration tests of every crate.
pub fn programs(filter: &[String]) -> Result<Count> {
    install::prometheus()?;
    install::hardhat()?;
    install::console()?;
    package::run_side_by_side(package::ALL, filter)
}

/// The examples in the documentation.
pub fn examples(filter: &[String]) -> Result<Count> {
    let mut cargo = shell::cargo_low_priority();
    cargo.args(["test", "--workspace", "--all-features", "--doc", "--no-fail-fast", "--quiet", "--"]).args(filter);
    run_counted(&mut cargo, count::cargo_test)
}

/// The accounting's part of [`rust`].
fn accounting(filter: &[String]) -> Result<Count> {
    package::run_side_by_side(&["linkpool-accounting"], filter)
}

/// The API's part of [`rust`].
fn api(filter: &[String]) -> Result<Count> {
    package::run_side_by_side(&["linkpool-api"], filter)
}

/// The indexer's part of [`rust`].
fn indexer(filter: &[String]) -> Result<Count> {
    package::run_side_by_side(&["linkpool-chain", "linkpool-indexer"], filter)
}

/// The client of a node's part of [`rust`], with the stand-in's.
fn chainlink(filter: &[String]) -> Result<Count> {
    package::run_side_by_side(&["linkpool-chainlink", "linkpool-standin-node"], filter)
}

/// The registrar's part of [`rust`], with the way of its transactions.
fn registrar(filter: &[String]) -> Result<Count> {
    package::run_side_by_side(&["linkpool-tx-manager", "linkpool-registrar"], filter)
}

/// The earnings' part of [`rust`], with what the executable does about them.
fn earnings(filter: &[String]) -> Result<Count> {
    let mut total = package::run_side_by_side(&["linkpool-earnings"], filter)?;
    total += package::run(&["linkpool-cli"], &["earnings".to_owned()])?;
    Ok(total)
}

/// The fleet's part of [`rust`].
fn fleet(filter: &[String]) -> Result<Count> {
    package::run_side_by_side(&["linkpool-fleet"], filter)
}

/// An ignored test by itself.
fn alone(test: &str) -> [String; 3] {
    ["--ignored", "--exact", test].map(str::to_owned)
}

const PAGE_OF_AWS: &str = "aws_page::what_the_page_says_to_type_leads_from_an_empty_account_to_an_open_node";

/// What needs AWS: accounts of KMS, the fleet's tests on ECS, and what docs/aws.md says to type.
fn ecs(filter: &[String]) -> Result<Count> {
    let programs = python::environment(&root().join("target/aws"), "tests/aws/requirements.txt", "moto and cfn-lint")?;
    shell::run(shell::command(programs.join("cfn-lint")).arg("docs/aws/account.json").stdin(Stdio::null()))?;
    let mut total = package::run_alone("linkpool-kms", "kms", filter, &[])?;
    total += package::run_alone("linkpool-fleet-ecs", "ecs", filter, &[("LINKPOOL_MOTO", programs.join("moto_server"))])?;
    if filter.is_empty() {
        // The campaign's small form.
        total += package::run_alone("linkpool-fleet-ecs", "ecs", &alone(CAMPAIGN), &[])?;
        let postgres = [("LINKPOOL_NODE_POSTGRES", install::node_postgres()?)];
        total += package::run_alone("linkpool-cli", "it", &alone(PAGE_OF_AWS), &postgres)?;
    }
    Ok(total)
}

/// The page's own tests and its types, without a browser.
pub fn web(_: &[String]) -> Result<Count> {
    install::page()?;
    let npm = |script: &str| {
        let mut npm = shell::command("npm");
        npm.args(["run", "--silent", script, "-w", "web"]).stdin(Stdio::null());
        npm
    };
    shell::run(&mut npm("types"))?;
    run_counted(&mut npm("test"), count::node_test)
}

/// Pictures of every page, for whoever designs it; and those of the README.
pub fn screenshots(arguments: &[String]) -> Result<()> {
    let browser = install::browser()?;
    let executable = dev::build()?;
    let folder = arguments.first().map_or("target/screenshots", String::as_str);
    let mut node = shell::command("node");
    node.args(["tests/web/screenshots.mjs", folder]).current_dir(root()).stdin(Stdio::null());
    shell::run(node.env("LINKPOOL_BIN", executable).env("LINKPOOL_CHROMIUM", browser))
}

/// The page in a real browser, on the whole stack.
pub fn browser(_: &[String]) -> Result<Count> {
    let browser = install::browser()?;
    let executable = dev::build()?;
    let mut node = shell::command("node");
    node.args(["--test", "tests/web/page.spec.mjs"]).current_dir(root()).stdin(Stdio::null());
    node.env("LINKPOOL_BIN", executable).env("LINKPOOL_CHROMIUM", browser);
    run_counted(&mut node, count::node_test)
}
