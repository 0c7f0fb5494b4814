//! The fleet at full count: random kills while twenty nodes are rolled, in pieces of a hundred on nodes of their own; its tests; its figures; and such kills
//! where the nodes are tasks of ECS. A run that was ended goes on with the piece that was not done.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{
    campaign::{self, Rows},
    ledger::Ledger,
    proof::Asked,
    report,
};
use crate::{
    bench::{
        Row,
        rolling::{Node, STATISTICS, measured},
    },
    dev,
    failure::counted,
    shell,
    test::package,
};

const PARTS: [&str; 4] = ["kills", "tests", "speed", ECS];
const ECS: &str = "ecs";
/// What the proof is about: it starts again where any of this changes.
const SOURCES: &[&str] = &["crates/fleet", "crates/db/src/fleet", "crates/node-postgres", "crates/standin-node"];
/// And what the part whose nodes are tasks of ECS is about. It has a section of the report of its own.
const ECS_SOURCES: &[&str] = &[
    "crates/fleet",
    "crates/db/src/fleet",
    "crates/node-postgres",
    "crates/standin-node",
    "crates/fleet-ecs",
    "crates/aws",
    "crates/standin-aws",
];
/// Without numbers in its environment: one node, three kills.
pub const CAMPAIGN: &str = "campaign::kills::under_random_kills_while_they_are_rolled_nodes_keep_their_wallets_and_one_generation_and_serve_but_for_the_stated_gap";
const NODES: u64 = 20;
const KILLS: u64 = 200;
const PIECE: u64 = 100;
const SEED: u64 = 20_261_130;
/// Of times the longest counts.
const ROWS: Rows = Rows { is_largest: |name| name.ends_with("_s"), note };

pub fn parts() -> Vec<&'static str> {
    PARTS.to_vec()
}

/// `cargo xtask prove fleet [PART...] [--kills N] [--seed N] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let goal = asked.number("--kills")?.unwrap_or(KILLS);
    let seed = asked.number("--seed")?.unwrap_or(SEED);
    let mut ledger = Ledger::open("fleet", PARTS.map(|part| (part, sources(part))), asked.fresh)?;
    for part in &asked.parts {
        match *part {
            "kills" => ledger.carry_out(part, |done| kills(part, done, (goal, seed)), tell)?,
            ECS => ledger.carry_out(part, |done| kills(part, done, (goal, seed)), tell_of_ecs)?,
            "tests" => ledger.once(part, tests, tell)?,
            _ => ledger.once(part, || Ok(written(&measured(STATISTICS.iter(), &Node::standin()?)?)), tell)?,
        }
        println!("{part}: done");
    }
    Ok(())
}

fn sources(part: &str) -> &'static [&'static str] {
    if part == ECS { ECS_SOURCES } else { SOURCES }
}

/// One more piece: `[{ "name", "value", … }]`, with the sum or the largest of what all pieces have said.
fn kills(part: &str, done: &Value, (goal, seed): (u64, u64)) -> Result<Option<Value>> {
    let so_far = campaign::number(done, "kills");
    if so_far >= goal {
        return Ok(None);
    }
    let (piece, seed) = (PIECE.min(goal - so_far), seed + campaign::number(done, "pieces"));
    println!("{piece} kills over {NODES} nodes; seed {seed}");
    let executable = dev::build()?;
    let program = match part {
        ECS => package::program(&["linkpool-fleet-ecs"], "ecs-", &["--test", "ecs"])?,
        _ => package::program(&["linkpool-fleet"], "it-", &[])?,
    };
    let mut command = shell::command(&program.path);
    command.current_dir(&program.folder).args(["--ignored", "--exact", CAMPAIGN, "--nocapture"]).env("LINKPOOL_BIN", &executable);
    command.env("LINKPOOL_CAMPAIGN_NODES", NODES.to_string()).env("LINKPOOL_CAMPAIGN_KILLS", piece.to_string());
    command.env("LINKPOOL_SEED", seed.to_string());
    let (count, said) = campaign::piece(&mut command)?;
    ensure!(count.passed == 1 && count.failed == 0, counted());
    Ok(Some(ROWS.together(done, &said, seed)))
}

fn note(name: &str) -> &'static str {
    match name {
        "kills" => "processes: replicas and the fleet itself",
        "replica" => "times that one replica was killed",
        "all_of_a_node" => "times that all replicas of a node were",
        "fleet" => "times that the fleet was, and started again",
        "hung" => "replicas stopped for 5 s and let go on",
        "gaps" => "times that no replica of a node answered as ready; asked every 250 ms",
        "gap_max_s" => "stated: at most 60",
        "undisturbed_max_s" => "the longest time of a gap in which nothing was done to the node or the fleet",
        "aws_calls" => "of the fleet, answered or not",
        "aws_throttled" => "of them refused because they were too many",
        "wallets_lost" => "aim: 0",
        _ => "",
    }
}

fn tests() -> Result<Value> {
    let mut total = package::run(&["linkpool-fleet", "linkpool-node-postgres"], &[])?;
    for part in ["rollout::", "scale::", "guard::", "ending::", "restored::"] {
        total += package::run(&["linkpool-db"], &[part.to_owned()])?;
    }
    ensure!(total.failed == 0, counted());
    Ok(json!([{ "name": "tests", "value": total.passed, "unit": "", "note": "" }]))
}

fn written(rows: &[Row]) -> Value {
    rows.iter().map(|row| json!({ "name": row.name, "value": row.value, "unit": row.unit, "note": row.note })).collect()
}

/// Writes the report's table of all parts but that on ECS.
fn tell(ledger: &Ledger) -> Result<()> {
    let parts: Vec<&str> = PARTS.into_iter().filter(|part| *part != ECS).collect();
    report::write("fleet", None, &table(ledger, &parts))
}

fn tell_of_ecs(ledger: &Ledger) -> Result<()> {
    report::write("fleet", Some(ECS), &table(ledger, &[ECS]))
}

/// Of parts that have the same sources.
fn table(ledger: &Ledger, parts: &[&str]) -> String {
    let (trees, hashes) = (sources(parts[0]).join(", "), ledger.sources(parts[0]));
    let mut table = format!("Trees of {trees}: {hashes}.\n\n| part | row | figure | |\n| --- | --- | --- | --- |\n");
    for part in parts {
        for row in ledger.done(part).as_array().into_iter().flatten() {
            let [name, unit, note] = ["name", "unit", "note"].map(|key| row[key].as_str().unwrap_or_default());
            let text = format!("{} {unit}", row["value"]);
            table += &format!("| {part} | {name} | {} | {note} |\n", text.trim().replace(".0 ", " ").trim_end_matches(".0"));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_times_the_longest_counts_and_a_goal_that_is_reached_is_done() {
        let said = |kills: f64, gap: f64| vec![("kills".to_owned(), kills), ("gap_max_s".to_owned(), gap)];
        let both = ROWS.together(&ROWS.together(&Value::Null, &said(50.0, 7.5), 1), &said(51.0, 3.0), 2);
        assert_eq!((&both[1]["value"], &both[1]["note"]), (&json!(7.5), &json!("stated: at most 60")));
        assert_eq!(kills("kills", &both, (100, 1)).unwrap(), None, "it is done");
    }
}
