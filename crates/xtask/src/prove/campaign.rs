//! The pieces of a campaign: each a test that prints its rows, and one row of each name for all of them.

use std::process::Command;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::count::{self, Count, run_counted};

/// What its rows are.
pub struct Rows {
    /// Of these the largest counts; all others are added up.
    pub is_largest: fn(&str) -> bool,
    pub note: fn(&str) -> &'static str,
}

/// Runs one piece; the rows that it printed, and that it was one.
pub fn piece(command: &mut Command) -> Result<(Count, Vec<(String, f64)>)> {
    let mut said = vec![("pieces".to_owned(), 1.0)];
    let count = run_counted(command, |line| {
        said.extend(row(line));
        count::cargo_test(line)
    })?;
    Ok((count, said))
}

/// `row NAME VALUE`, and the unit if it has one.
fn row(line: &str) -> Option<(String, f64)> {
    let mut words = line.strip_prefix("row ")?.split(' ');
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}

pub fn number(done: &Value, name: &str) -> u64 {
    let row = done.as_array().into_iter().flatten().find(|row| row["name"] == name);
    row.and_then(|row| row["value"].as_f64()).unwrap_or_default() as u64
}

impl Rows {
    /// What was done with one more piece: `[{ "name", "value", "unit", "note" }]`. The seeds stand beside the number of pieces.
    pub fn together(&self, done: &Value, said: &[(String, f64)], seed: u64) -> Value {
        let mut rows: Vec<Map<String, Value>> =
            done.as_array().into_iter().flatten().filter_map(|row| row.as_object().cloned()).collect();
        for (name, value) in said {
            match rows.iter_mut().find(|row| row["name"] == name.as_str()) {
                Some(row) => {
                    let known = row["value"].as_f64().unwrap_or_default();
                    row["value"] = json!(if (self.is_largest)(name) { known.max(*value) } else { known + value });
                }
                None => rows.extend(self.first(name, *value).as_object().cloned()),
            }
        }
        if let Some(row) = rows.iter_mut().find(|row| row["name"] == "pieces") {
            let seeds = row["note"].as_str().unwrap_or_default();
            let seeds = format!("{seeds}{} {seed}", if seeds.is_empty() { "seeds" } else { "," });
            row["note"] = json!(seeds);
        }
        rows.into_iter().map(Value::Object).collect()
    }

    fn first(&self, name: &str, value: f64) -> Value {
        let unit = if name.ends_with("_s") { "s" } else { "" };
        json!({ "name": name, "value": value, "unit": unit, "note": (self.note)(name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: Rows = Rows { is_largest: |name| name.ends_with("_s"), note: |_| "" };

    #[test]
    fn what_is_counted_adds_up_over_the_pieces_and_of_the_others_the_largest_counts() {
        let said =
            |kills: f64, gap: f64| vec![("pieces".to_owned(), 1.0), ("kills".to_owned(), kills), ("gap_max_s".to_owned(), gap)];
        let first = ROWS.together(&Value::Null, &said(50.0, 7.5), 1);
        let both = ROWS.together(&first, &said(51.0, 3.0), 2);
        assert_eq!((number(&both, "kills"), number(&both, "pieces")), (101, 2));
        let gap = both.as_array().unwrap().iter().find(|row| row["name"] == "gap_max_s").unwrap();
        assert_eq!((&gap["value"], &gap["unit"]), (&json!(7.5), &json!("s")));
        assert_eq!(both[0]["note"], "seeds 1, 2");
    }

    #[test]
    fn a_line_that_is_no_row_says_nothing() {
        assert_eq!(row("row gap_max_s 1.50 s"), Some(("gap_max_s".into(), 1.5)));
        assert_eq!((row("seed 1"), row("row gap")), (None, None));
    }
}
