//! What each role costs while nothing happens: calls and requests to an RPC endpoint a day, and connections to the database. Real
//! processes with their default settings, two nodes, a block every 12 seconds, and a monitor that asks every 15. `--minutes N` is how
//! long they are watched.

use anyhow::Result;

use super::row::{Row, printed};
use crate::{failure::bad_input, shell, test::package};

const MEASURE: &str = "idle::what_each_role_costs_while_nothing_happens";
const MINUTES: &str = "10";

pub fn run(arguments: &[String]) -> Result<Vec<Row>> {
    let minutes = minutes(arguments)?;
    let program = package::program(&["linkpool-cli"], "it-", &[])?;
    let mut command = shell::command(&program.path);
    command.current_dir(&program.folder).args(["--exact", MEASURE, "--nocapture"]);
    let text = shell::output(command.env("LINKPOOL_MEASURE", "1").env("LINKPOOL_MINUTES", minutes))?;
    printed(&text, row)
}

fn minutes(arguments: &[String]) -> Result<&str> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| *argument != "--json").collect();
    match words.as_slice() {
        [] => Ok(MINUTES),
        ["--minutes", minutes] if minutes.parse::<u64>().is_ok_and(|minutes| (1..=1_440).contains(&minutes)) => Ok(minutes),
        _ => Err(bad_input("there is --minutes N, from 1 to 1440")),
    }
}

fn row(name: &str, value: f64, word: &str) -> Row {
    let note = if name == "all_calls" { "a day; aim: at most 100,000".to_owned() } else { word.replace('_', " ") };
    Row { name: name.to_owned(), value, unit: "", note, more: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{minutes, printed, row};

    #[test]
    fn a_measured_row_is_read_with_its_aim() {
        let rows = printed("row index_calls 44321 a_day\nrow all_calls 9 a_day\ntest result: ok", row).unwrap();
        let [index, all] = [0, 1].map(|at| (rows[at].name.as_str(), rows[at].value, rows[at].note.as_str()));
        assert_eq!(index, ("index_calls", 44_321.0, "a day"));
        assert!(all.2.contains("100,000"), "{all:?}");
    }

    #[test]
    fn it_is_watched_for_as_long_as_one_says() {
        let read = |text: &str| minutes(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).map(str::to_owned).ok();
        assert_eq!([read(""), read("--json"), read("--minutes 3 --json")], ["10", "10", "3"].map(|text| Some(text.to_owned())));
        assert_eq!([read("--minutes"), read("--minutes 0"), read("--hours 1")], [None, None, None]);
    }
}
