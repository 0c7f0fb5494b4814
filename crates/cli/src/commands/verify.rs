//! `linkpool verify`: the database against the contract, and mending what differs.

use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use linkpool_chain::Chain;
use linkpool_db::Database;
use linkpool_indexer::{Scope, Verification};
use linkpool_primitives::Address;
use serde_json::{Value, json};

use super::connect;
use crate::{config::Config, failure::Failure, output::answer};

/// Differences printed; the rest is counted.
const SHOWN: usize = 50;
/// How often what a repair left over is repaired: a block that hid behind another shows only then.
const ROUNDS: u32 = 4;

#[derive(Debug, Args)]
pub struct Verify {
    /// Compare only the pool, the nodes, N positions and tickets that changed last and N at random, and the newest events
    #[arg(long, value_name = "N", conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    sample: Option<u32>,
    /// Compare every row and every event, which is also what happens without an option
    #[arg(long)]
    all: bool,
    /// Fetch bad blocks again, from another endpoint if there is one, and write them and what follows from them anew
    #[arg(long)]
    repair: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, options: &Verify) -> Result<()> {
    let chain = connect::chain(config).await?;
    let database = connect::database(config).await?;
    let pool = connect::pool(config, &database).await?;
    // Looking needs no right to write; only who may write keeps the result for the status page.
    let records = database.may_record_verification().await?;
    if options.repair && !records {
        return Err(Failure::refused(
            "this database user may not write here: repair as the indexer's user (docs/database-roles.sql), on the primary server",
        ));
    }
    let mut found = compare(&chain, &database, pool, options, records).await?;
    let mut repairs = Vec::new();
    if options.repair {
        for _ in 0..ROUNDS {
            if found.is_equal() {
                break;
            }
            if !options.json {
                print(&found);
            }
            let done = linkpool_indexer::repair(&chain, &database, pool, &found).await.context("repairing")?;
            if !options.json {
                answer!(
                    "repaired {}: {} events removed, {} written, {} rows rebuilt",
                    blocks(&found),
                    done.events_removed,
                    done.events_written,
                    done.rows
                );
            }
            repairs.push(json!({ "blocks": found.bad_blocks, "events_removed": done.events_removed, "events_written": done.events_written, "rows": done.rows }));
            found = compare(&chain, &database, pool, options, records).await?;
        }
    }
    if options.json {
        answer!("{}", to_json(&found, &repairs, records));
    } else {
        print(&found);
        if !records {
            answer!("not recorded for the status page: this database user may not write here");
        }
    }
    if found.is_equal() {
        return Ok(());
    }
    let first_bad = found.first_bad_block().map_or_else(String::new, |block| format!("; the first bad block is {block}"));
    let advice = if options.repair { "" } else { "; `linkpool verify --repair` writes them anew" };
    Err(Failure::refused(format!("{} differences between database and chain{first_bad}{advice}", found.difference_count)))
}

async fn compare(chain: &Chain, database: &Database, pool: Address, options: &Verify, records: bool) -> Result<Verification> {
    let since = database.last_verification().await?.map_or(0, |last| last.block_number);
    let scope = options.sample.map_or(Scope::All, |rows| Scope::Sample { rows, since });
    let started = Instant::now();
    let found = linkpool_indexer::verify_within(chain, database, pool, scope).await.context("comparing")?;
    let found = found.ok_or_else(|| Failure::bad_input("the database follows no contract yet: run `linkpool index` first"))?;
    if records {
        linkpool_indexer::record(database, &found, started.elapsed()).await?;
    }
    Ok(found)
}

fn blocks(found: &Verification) -> String {
    match found.bad_blocks.len() {
        0 => "rows".into(),
        1 => format!("block {}", found.first_bad_block().unwrap_or_default()),
        count => format!("{count} blocks from {}", found.first_bad_block().unwrap_or_default()),
    }
}

fn print(found: &Verification) {
    let (nodes, positions, tickets, events) = (found.nodes, found.positions, found.tickets, found.events);
    answer!("{}: {nodes} nodes, {positions} positions, {tickets} tickets, {events} events compared", found.block);
    for difference in found.differences.iter().take(SHOWN) {
        answer!("  {difference}");
    }
    if found.difference_count > SHOWN {
        answer!("  and {} more", found.difference_count - SHOWN);
    }
    if let Some(block) = found.first_bad_block() {
        answer!("  first bad block: {block}");
    }
    for note in &found.notes {
        answer!("  {note}");
    }
    if found.is_equal() {
        answer!("equal");
    }
}

fn to_json(found: &Verification, repairs: &[Value], recorded: bool) -> Value {
    let differences: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    json!({
        "block_number": found.block.number,
        "block_hash": found.block.hash.to_string(),
        "endpoint": found.endpoint,
        "nodes": found.nodes,
        "positions": found.positions,
        "tickets": found.tickets,
        "events": found.events,
        "difference_count": found.difference_count,
        "differences": differences,
        "first_bad_block": found.first_bad_block(),
        "bad_blocks": found.bad_blocks,
        "notes": found.notes,
        "repairs": repairs,
        "recorded": recorded,
    })
}
