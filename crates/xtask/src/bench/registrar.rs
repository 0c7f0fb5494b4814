//! The registrar in processes of its own: how fast it sends, hands over and mines a hundred at once; with `--chaos`, what is left
//! of a campaign of kills, pauses, reorgs and failing endpoints. `--nodes N`, `--kills N` and `--seed N` change the campaign.

use anyhow::Result;

use super::row::{Row, printed};
use crate::{failure::bad_input, shell, test::package};

/// What the design asks for.
const AIMS: [(&str, &str); 11] = [
    ("broadcast_p95_ms", "aim: at most 500; from healthy to sent"),
    ("failover_kill_s", "aim: at most 6; the longest of three, kill -9 until sent by the other"),
    ("failover_term_s", "aim: at most 1; the longest of three"),
    ("burst_blocks", "aim: at most 30; 100 registrations at once"),
    ("burst_in_flight", "aim: at most 16"),
    ("rss_mb", "aim: at most 60; the most it ever held"),
    ("lost", "aim: 0"),
    ("duplicated", "aim: 0"),
    ("nonce_gaps", "aim: 0"),
    ("stuck", "aim: 0"),
    ("kills", "aim: at least 200; kill -9 and pauses longer than the lease"),
];

const MEASURE: &str = "transactions::measure::how_fast_it_is_and_how_little_it_needs";
const CAMPAIGN: &str = "transactions::campaign::killed_paused_and_lied_to_two_registrars_register_every_node_once";

/// Which figures.
pub enum What {
    Speed,
    Chaos { nodes: u64, kills: u64, seed: u64 },
}

impl What {
    /// The campaign at full count.
    pub fn full_chaos() -> Self {
        Self::Chaos { nodes: 150, kills: 210, seed: 20_261_122 }
    }
}

pub fn run(arguments: &[String]) -> Result<Vec<Row>> {
    rows(&what(arguments)?)
}

fn what(arguments: &[String]) -> Result<What> {
    let mut what = What::Speed;
    let mut rest = arguments.iter().filter(|argument| *argument != "--json");
    while let Some(argument) = rest.next() {
        if argument == "--chaos" {
            what = What::full_chaos();
            continue;
        }
        let What::Chaos { nodes, kills, seed } = &mut what else {
            return Err(bad_input(format!("`{argument}` is not known: there is --chaos, then --nodes N, --kills N, --seed N")));
        };
        let field = match argument.as_str() {
            "--nodes" => nodes,
            "--kills" => kills,
            "--seed" => seed,
            _ => return Err(bad_input(format!("`{argument}` is not known: there are --nodes N, --kills N and --seed N"))),
        };
        let number = rest.next().and_then(|number| number.parse().ok());
        *field = number.ok_or_else(|| bad_input(format!("{argument} wants a number")))?;
    }
    Ok(what)
}

/// Runs the registrar's test that measures this, and reads its rows.
pub fn rows(what: &What) -> Result<Vec<Row>> {
    let program = package::program(&["linkpool-registrar"], "it-", &[])?;
    let mut command = shell::command(&program.path);
    command.current_dir(&program.folder);
    match what {
        What::Speed => command.args(["--exact", MEASURE, "--nocapture"]).env("LINKPOOL_MEASURE", "1"),
        What::Chaos { nodes, kills, seed } => {
            command.args(["--exact", CAMPAIGN, "--nocapture"]).env("LINKPOOL_CAMPAIGN_NODES", nodes.to_string());
            command.env("LINKPOOL_CAMPAIGN_KILLS", kills.to_string()).env("LINKPOOL_SEED", seed.to_string())
        }
    };
    eprintln!(
        "the registrars run without limits on registrations; that the defaults hold is a test of `cargo xtask test registrar`"
    );
    printed(&shell::output(&mut command)?, row)
}

fn row(name: &str, value: f64, word: &str) -> Row {
    let unit = ["ms", "s", "MB"].into_iter().find(|unit| *unit == word).unwrap_or_default();
    let note = AIMS.iter().find(|(aim, _)| *aim == name).map_or_else(String::new, |(_, note)| (*note).to_owned());
    Row { name: name.to_owned(), value, unit, note, more: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{What, printed, row, what};

    #[test]
    fn a_measured_row_is_read_with_its_aim_and_other_lines_are_none() {
        let rows = printed(
            "row broadcast_p95_ms 97.250 ms
test result: ok",
            row,
        )
        .unwrap();
        let [read] = rows.as_slice() else { panic!("{} rows", rows.len()) };
        assert_eq!((read.name.as_str(), read.value, read.unit), ("broadcast_p95_ms", 97.25, "ms"));
        assert!(read.note.contains("at most 500"));
    }

    #[test]
    fn the_campaign_is_full_unless_one_says_otherwise() {
        let read = |text: &str| what(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert!(matches!(read("--json"), Ok(What::Speed)));
        assert!(matches!(read("--chaos --json"), Ok(What::Chaos { nodes: 150, kills: 210, .. })));
        assert!(matches!(read("--chaos --kills 7 --seed 3"), Ok(What::Chaos { nodes: 150, kills: 7, seed: 3 })));
        assert!(read("--kills 7").is_err() && read("--chaos --kills").is_err());
    }
}
