//! `linkpool dev --check`: one stake travels through every real part, as a table of steps that hold or do not.

mod journey;
mod steps;

use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use super::{progress::seconds, stack::Stack};
use crate::failure::Failure;
use journey::Journey;

/// One line of the table.
struct Row {
    name: &'static str,
    seconds: f64,
    /// What was seen, or why it does not hold; `None` if it was not reached.
    outcome: Option<Result<String>>,
}

/// Runs every step in order; after one that fails the rest is not run, because each stands on those before.
pub async fn run(stack: &Stack, as_json: bool) -> Result<()> {
    let mut journey = Journey::new(stack)?;
    let mut rows: Vec<Row> = Vec::new();
    for (index, name) in steps::NAMES.iter().enumerate() {
        if rows.last().is_some_and(|row| !matches!(row.outcome, Some(Ok(_)))) {
            rows.push(Row { name, seconds: 0.0, outcome: None });
            continue;
        }
        let start = Instant::now();
        let outcome = steps::run(index, &mut journey).await;
        let row = Row { name, seconds: seconds(start.elapsed()), outcome: Some(outcome) };
        if !as_json {
            print(&row);
        }
        rows.push(row);
    }
    if as_json {
        print_json(stack, &rows);
    } else {
        rows.iter().filter(|row| row.outcome.is_none()).for_each(print);
    }
    let held = rows.iter().filter(|row| matches!(row.outcome, Some(Ok(_)))).count();
    eprintln!("{held} of {} steps hold", rows.len());
    if held == rows.len() { Ok(()) } else { Err(Failure::refused("a step of the check does not hold")) }
}

fn print(row: &Row) {
    let (mark, detail) = match &row.outcome {
        Some(Ok(seen)) => ("ok  ", seen.clone()),
        Some(Err(error)) => ("FAIL", format!("{error:#}")),
        None => ("-   ", "not run".into()),
    };
    println!("{mark} {:>7.2} s  {:<58} {detail}", row.seconds, row.name);
}

fn print_json(stack: &Stack, rows: &[Row]) {
    let started = stack.parts.iter().map(|(name, seconds)| json!({ "name": format!("start: {name}"), "ok": true, "seconds": seconds }));
    let steps = rows.iter().map(|row| {
        let detail = match &row.outcome {
            Some(Ok(seen)) => Some(seen.clone()),
            Some(Err(error)) => Some(format!("{error:#}")),
            None => None,
        };
        json!({ "name": row.name, "ok": matches!(row.outcome, Some(Ok(_))), "seconds": row.seconds, "detail": detail })
    });
    println!("{}", json!({ "steps": started.chain(steps).collect::<Vec<_>>() }));
}
