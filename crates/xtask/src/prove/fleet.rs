//! The fleet at full count: random kills while twenty nodes are rolled, in pieces of a hundred on nodes of their own; its tests; its figures. A run that
//! was ended goes on with the piece that was not done.

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

use super::{ledger::Ledger, proof::Asked, report};
use crate::{
    bench::{
        Row,
        rolling::{Node, STATISTICS, measured},
    },
    count::{self, run_counted},
    dev,
    failure::counted,
    shell,
    test::package,
};

const PARTS: [&str; 3] = ["kills", "tests", "speed"];
/// What the proof is about: it starts again where any of this changes.
const SOURCES: &[&str] = &["crates/fleet", "crates/db/src/fleet", "crates/node-postgres", "crates/standin-node"];
const TEST: &str = "campaign::kills::under_random_kills_while_they_are_rolled_nodes_keep_their_wallets_and_one_generation_and_serve_but_for_the_stated_gap";
const NODES: u64 = 20;
const KILLS: u64 = 200;
const PIECE: u64 = 100;
const SEED: u64 = 20_261_130;

pub fn parts() -> Vec<&'static str> {
    PARTS.to_vec()
}

/// `cargo xtask prove fleet [PART...] [--kills N] [--seed N] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let goal = asked.number("--kills")?.unwrap_or(KILLS);
    let seed = asked.number("--seed")?.unwrap_or(SEED);
    let mut ledger = Ledger::open("fleet", PARTS.map(|part| (part, SOURCES)), asked.fresh)?;
    for part in &asked.parts {
        match *part {
            "kills" => ledger.carry_out(part, |done| kills(done, (goal, seed)), tell)?,
            "tests" => ledger.once(part, tests, tell)?,
            _ => ledger.once(part, || Ok(written(&measured(STATISTICS.iter(), &Node::standin()?)?)), tell)?,
        }
        println!("{part}: done");
    }
    Ok(())
}

/// One more piece: `[{ "name", "value", … }]`, with the sum or the largest of what all pieces have said.
fn kills(done: &Value, (goal, seed): (u64, u64)) -> Result<Option<Value>> {
    let so_far = number(done, "kills");
    if so_far >= goal {
        return Ok(None);
    }
    let (piece, seed) = (PIECE.min(goal - so_far), seed + number(done, "pieces"));
    println!("{piece} kills over {NODES} nodes; seed {seed}");
    let executable = dev::build()?;
    let program = package::program(&["linkpool-fleet"], "it-", &[])?;
    let mut command = shell::command(&program.path);
    command.current_dir(&program.folder).args(["--ignored", "--exact", TEST, "--nocapture"]).env("LINKPOOL_BIN", &executable);
    command.env("LINKPOOL_CAMPAIGN_NODES", NODES.to_string()).env("LINKPOOL_CAMPAIGN_KILLS", piece.to_string());
    command.env("LINKPOOL_SEED", seed.to_string());
    let mut said = vec![("pieces".to_owned(), 1.0)];
    let count = run_counted(&mut command, |line| {
        said.extend(row(line));
        count::cargo_test(line)
    })?;
    ensure!(count.passed == 1 && count.failed == 0, counted());
    Ok(Some(together(done, &said, seed)))
}

fn number(done: &Value, name: &str) -> u64 {
    let row = done.as_array().into_iter().flatten().find(|row| row["name"] == name);
    row.and_then(|row| row["value"].as_f64()).unwrap_or_default() as u64
}

/// `row NAME VALUE UNIT`
fn row(line: &str) -> Option<(String, f64)> {
    let mut words = line.strip_prefix("row ")?.split(' ');
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}

/// What is counted is added up; of times the longest counts.
fn together(done: &Value, said: &[(String, f64)], seed: u64) -> Value {
    let mut rows: Vec<Map<String, Value>> =
        done.as_array().into_iter().flatten().filter_map(|row| row.as_object().cloned()).collect();
    for (name, value) in said {
        match rows.iter_mut().find(|row| row["name"] == name.as_str()) {
            Some(row) => {
                let known = row["value"].as_f64().unwrap_or_default();
                row["value"] = json!(if name.ends_with("_s") { known.max(*value) } else { known + value });
            }
            None => {
                let unit = if name.ends_with("_s") { "s" } else { "" };
                rows.extend(json!({ "name": name, "value": value, "unit": unit, "note": note(name) }).as_object().cloned());
            }
        }
    }
    let seeds = rows.iter().find(|row| row["name"] == "pieces").and_then(|row| row["note"].as_str()).unwrap_or_default();
    let seeds = format!("{seeds}{} {seed}", if seeds.is_empty() { "seeds" } else { "," });
    if let Some(row) = rows.iter_mut().find(|row| row["name"] == "pieces") {
        row["note"] = json!(seeds);
    }
    rows.into_iter().map(Value::Object).collect()
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

/// Writes the table of the report.
fn tell(ledger: &Ledger) -> Result<()> {
    let (trees, hashes) = (SOURCES.join(", "), ledger.sources(PARTS[0]));
    let mut table = format!("Trees of {trees}: {hashes}.\n\n| part | row | figure | |\n| --- | --- | --- | --- |\n");
    for part in PARTS {
        for row in ledger.done(part).as_array().into_iter().flatten() {
            let [name, unit, note] = ["name", "unit", "note"].map(|key| row[key].as_str().unwrap_or_default());
            let text = format!("{} {unit}", row["value"]);
            table += &format!("| {part} | {name} | {} | {note} |\n", text.trim().replace(".0 ", " ").trim_end_matches(".0"));
        }
    }
    report::write("fleet", None, &table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_adds_up_over_the_pieces_and_of_times_the_longest_counts() {
        let said =
            |kills: f64, gap: f64| vec![("pieces".to_owned(), 1.0), ("kills".to_owned(), kills), ("gap_max_s".to_owned(), gap)];
        let first = together(&Value::Null, &said(50.0, 7.5), 1);
        let both = together(&first, &said(51.0, 3.0), 2);
        assert_eq!((number(&both, "kills"), number(&both, "pieces")), (101, 2));
        let gap = both.as_array().unwrap().iter().find(|row| row["name"] == "gap_max_s").unwrap();
        assert_eq!((&gap["value"], &gap["note"]), (&json!(7.5), &json!("stated: at most 60")));
        assert_eq!(both[0]["note"], "seeds 1, 2");
        assert_eq!(kills(&both, (100, 1)).unwrap(), None, "it is done");
    }

    #[test]
    fn a_line_that_is_no_row_says_nothing() {
        assert_eq!(row("row gap_max_s 1.50 s"), Some(("gap_max_s".into(), 1.5)));
        assert_eq!((row("seed 1"), row("row gap")), (None, None));
    }
}
