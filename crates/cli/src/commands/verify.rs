//! `linkpool verify`

use anyhow::Result;
use serde_json::json;

use super::connect;
use crate::{arguments::Json, config::Config, failure::Failure};

pub async fn run(config: &Config, options: &Json) -> Result<()> {
    let chain = connect::chain(config).await?;
    let database = connect::database(config).await?;
    let pool = connect::pool(config, &database).await?;
    let found = linkpool_indexer::verify(&chain, &database, pool).await?;
    let found = found.ok_or_else(|| Failure::bad_input("the database follows no contract yet: run `linkpool index` first"))?;
    if options.json {
        let differences: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
        let (block, hash) = (found.block.number, found.block.hash);
        println!(
            "{}",
            json!({ "block_number": block, "block_hash": hash.to_string(), "nodes": found.nodes, "positions": found.positions,
                    "tickets": found.tickets, "differences": differences })
        );
    } else {
        println!("{}: {} nodes, {} positions, {} tickets compared", found.block, found.nodes, found.positions, found.tickets);
        for difference in &found.differences {
            println!("  {difference}");
        }
    }
    if found.differences.is_empty() {
        return Ok(());
    }
    Err(Failure::refused(format!("{} differences between database and contract", found.differences.len())))
}
