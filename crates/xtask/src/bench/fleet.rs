//! What pairs of a node take: a real one (`--executable PATH`), else the stand-in called as the node is; then what roll-outs and replacements of
//! stand-ins take, and a thousand nodes. With `--demand`: the simulation's two runs, and nothing else. With `--backend ecs`: what AWS is asked.

use std::path::Path;

use anyhow::{Context, Result};

use super::{
    calls,
    rolling::{Node, STATISTICS, measured},
    row::Row,
};
use crate::{
    dev,
    failure::bad_input,
    prove::node_program,
    shell::{self, root},
};

const PAIR: (&str, &str) = ("linkpool-fleet", "real::measure::how_long_a_pair_takes_to_boot_and_to_take_over_and_what_it_holds");
const JOURNEY: (&str, &str) =
    ("linkpool-cli", "real::journey::how_long_it_takes_from_the_call_to_an_open_node_and_from_a_request_to_its_answer");

/// The two runs, each with what follows `linkpool simulate`.
const DEMAND: [(&str, &[&str]); 2] = [("demand", &[]), ("guarded", &["--network", "1000", "--network-grows-to", "1300"])];

pub fn run(arguments: &[String]) -> Result<Vec<Row>> {
    if arguments.iter().any(|argument| argument == "--demand") {
        return demand(&dev::build()?);
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--backend") {
        return match arguments.get(at + 1).map(String::as_str) {
            Some("ecs") => calls::run(),
            _ => Err(bad_input("name the backend whose calls are counted: --backend ecs")),
        };
    }
    let Some(at) = arguments.iter().position(|argument| argument == "--executable") else {
        return measured([PAIR, JOURNEY].iter().chain(&STATISTICS), &Node::standin()?);
    };
    let path = arguments.get(at + 1).ok_or_else(|| bad_input("name the node's program: --executable PATH"))?;
    measured([PAIR, JOURNEY].iter(), &Node::Real(node_program(path)?.0))
}

/// Both must end as they must: the simulation checks that itself.
fn demand(executable: &Path) -> Result<Vec<Row>> {
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let mut rows = Vec::new();
    for (name, arguments) in DEMAND {
        let plot = folder.join(format!("{name}.svg"));
        eprintln!("linkpool simulate {}", arguments.join(" "));
        let mut command = shell::command(executable);
        let text = shell::output(command.args(["simulate", "--json", "--plot"]).arg(&plot).args(arguments))?;
        let end: serde_json::Value = serde_json::from_str(text.trim()).context("the simulation's answer")?;
        let number = |key: &str| end[key].as_f64().with_context(|| format!("the simulation has no {key}"));
        let more = vec![("full", number("full")?), ("empty", number("empty")?)];
        let note = format!("until all is staked; aim 900; {}", plot.display());
        rows.push(Row { name: format!("{name}_s"), value: number("seconds")?, unit: "s", note, more });
    }
    Ok(rows)
}
