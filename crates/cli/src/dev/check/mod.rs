//! `linkpool dev --check`: one node is made and one stake travels, on real parts, as a table of steps that hold or do not.

mod cloud;
mod earnings;
mod journey;
mod quiet;
mod scale;
mod stake;
mod step;
mod work;

use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::{progress::seconds, stack::Stack};
use crate::{
    failure::Failure,
    output::{answer, remark},
};
use journey::Journey;
use step::Step;

/// One line of the table.
struct Row {
    name: &'static str,
    seconds: f64,
    /// What was seen, or why it does not hold; `None` if it was not reached.
    outcome: Option<Result<String>>,
}

/// Every step, in order.
fn steps(is_cloud: bool) -> Vec<Step> {
    // The stake comes second: it moves the chain's clock, after which the network's last report is too old for new nodes.
    let end = [
        Step("database and contract are equal at one block", |journey| Box::pin(equal(journey))),
        Step("nobody warned of anything but what the check broke", |_| Box::pin(async { quiet::nothing_else_warned() })),
    ];
    let cloud = if is_cloud { &cloud::STEPS[..] } else { &[] };
    [&scale::STEPS[..], cloud, &stake::STEPS, &earnings::STEPS, &end].concat()
}

async fn equal(journey: &mut Journey) -> Result<String> {
    let found = linkpool_indexer::verify(&journey.chain, &journey.database, journey.contracts.pool)
        .await?
        .context("nothing is indexed")?;
    if let Some(difference) = found.differences.first() {
        bail!("{} differences, the first: {difference}", found.differences.len());
    }
    Ok(format!("{} nodes, {} positions, {} tickets at {}", found.nodes, found.positions, found.tickets, found.block))
}

/// Runs every step in order; after one that fails the rest is not run, because each stands on those before.
pub async fn run(stack: &Stack, as_json: bool, scale_calls: u32) -> Result<()> {
    let mut journey = Journey::new(stack)?;
    let measures = measure(&mut journey, scale_calls).await?;
    let mut rows: Vec<Row> = Vec::new();
    for Step(name, run) in steps(stack.aws.is_some()) {
        if rows.last().is_some_and(|row| !matches!(row.outcome, Some(Ok(_)))) {
            rows.push(Row { name, seconds: 0.0, outcome: None });
            continue;
        }
        let start = Instant::now();
        let outcome = run(&mut journey).await;
        let row = Row { name, seconds: seconds(start.elapsed()), outcome: Some(outcome) };
        if !as_json {
            print(&row);
        }
        rows.push(row);
    }
    if as_json {
        print_json(stack, &rows, &measures);
    } else {
        measures.iter().for_each(|(name, seconds)| answer!("        {seconds:>7.2} s  {name}"));
        rows.iter().filter(|row| row.outcome.is_none()).for_each(print);
    }
    let held = rows.iter().filter(|row| matches!(row.outcome, Some(Ok(_)))).count();
    remark!("{held} of {} steps hold", rows.len());
    if held == rows.len() { Ok(()) } else { Err(Failure::refused("a step of the check does not hold")) }
}

fn print(row: &Row) {
    let (mark, detail) = match &row.outcome {
        Some(Ok(seen)) => ("ok  ", seen.clone()),
        Some(Err(error)) => ("FAIL", format!("{error:#}")),
        None => ("-   ", "not run".into()),
    };
    answer!("{mark} {:>7.2} s  {:<62} {detail}", row.seconds, row.name);
}

/// Figures for the benchmark; none are taken unless calls are asked for.
async fn measure(journey: &mut Journey, scale_calls: u32) -> Result<Vec<(&'static str, f64)>> {
    let seconds = scale::time_calls(journey, scale_calls).await.context("timing scale calls")?;
    // The nearest-rank percentile: a call that really took as long.
    let rank = |percent: usize| seconds.get((seconds.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    let rows = [("scale_to_open_p50_s", rank(50)), ("scale_to_open_p95_s", rank(95))];
    Ok(rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

fn print_json(stack: &Stack, rows: &[Row], measures: &[(&str, f64)]) {
    let started =
        stack.parts.iter().map(|(name, seconds)| json!({ "name": format!("start: {name}"), "ok": true, "seconds": seconds }));
    let steps = rows.iter().map(|row| {
        let detail = match &row.outcome {
            Some(Ok(seen)) => Some(seen.clone()),
            Some(Err(error)) => Some(format!("{error:#}")),
            None => None,
        };
        json!({ "name": row.name, "ok": matches!(row.outcome, Some(Ok(_))), "seconds": row.seconds, "detail": detail })
    });
    let measures: Vec<_> = measures.iter().map(|(name, seconds)| json!({ "name": name, "seconds": seconds })).collect();
    answer!("{}", json!({ "steps": started.chain(steps).collect::<Vec<_>>(), "measures": measures }));
}
