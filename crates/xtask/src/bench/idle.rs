//! What each role costs while nothing happens: calls and requests to an RPC endpoint a day, and connections to the database. Real
//! processes with their default settings, two nodes, a block every 12 seconds, and a monitor that asks every 15. `--minutes N` is how
//! long they are watched.

use anyhow::{Context, Result};

use super::Row;
use crate::{
    failure::bad_input,
    shell,
    test::package::{self, TestProgram},
};

const MEASURE: &str = "idle::what_each_role_costs_while_nothing_happens";
const MINUTES: &str = "10";

pub fn run(arguments: &[String]) -> Result<Vec<Row>> {
    let minutes = minutes(arguments)?;
    let programs = package::programs(&["linkpool-cli"])?;
    let is_it = |program: &TestProgram| program.path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("it-"));
    let program = programs.into_iter().find(is_it).context("the tests of the executable are built")?;
    let mut command = shell::command(&program.path);
    command.current_dir(&program.folder).args(["--exact", MEASURE, "--nocapture"]);
    let text = shell::output(command.env("LINKPOOL_MEASURE", "1").env("LINKPOOL_MINUTES", minutes))?;
    let rows: Vec<Row> = text.lines().filter_map(row).collect();
    anyhow::ensure!(!rows.is_empty(), "the measurement printed no rows: was its test renamed?");
    Ok(rows)
}

fn minutes(arguments: &[String]) -> Result<&str> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| *argument != "--json").collect();
    match words.as_slice() {
        [] => Ok(MINUTES),
        ["--minutes", minutes] if minutes.parse::<u64>().is_ok_and(|minutes| (1..=1_440).contains(&minutes)) => Ok(minutes),
        _ => Err(bad_input("there is --minutes N, from 1 to 1440")),
    }
}

fn row(line: &str) -> Option<Row> {
    let mut words = line.strip_prefix("row ")?.split(' ');
    let name = words.next()?.to_owned();
    let value = words.next()?.parse().ok()?;
    let note = if name == "all_calls" { "a day; aim: at most 100,000" } else { words.next()? };
    Some(Row { note: note.replace('_', " "), name, value, unit: "", more: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::{minutes, row};

    #[test]
    fn a_measured_row_is_read_with_its_aim() {
        let read = |line: &str| row(line).map(|row| (row.name, row.value, row.note));
        assert_eq!(read("row index_calls 44321 a_day"), Some(("index_calls".into(), 44_321.0, "a day".into())));
        assert!(read("row all_calls 9 a_day").unwrap().2.contains("100,000"));
        assert!(read("test result: ok").is_none());
    }

    #[test]
    fn it_is_watched_for_as_long_as_one_says() {
        let read = |text: &str| minutes(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).map(str::to_owned).ok();
        assert_eq!([read(""), read("--json"), read("--minutes 3 --json")], ["10", "10", "3"].map(|text| Some(text.to_owned())));
        assert_eq!([read("--minutes"), read("--minutes 0"), read("--hours 1")], [None, None, None]);
    }
}
