//! `linkpool repair`: back to a block that the chain still has, so that the rest is indexed again.

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use super::connect;
use crate::{config::Config, failure::Failure, output::answer};

/// How often a rewind begins again because a running indexer moved the cursor.
const ATTEMPTS: u32 = 20;

#[derive(Debug, Args)]
pub struct Repair {
    /// Remove this block and everything above it; without it only what the chain no longer has
    #[arg(long, value_name = "BLOCK")]
    from: Option<u64>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, options: &Repair) -> Result<()> {
    let chain = connect::chain(config).await?;
    let database = connect::database(config).await?;
    let pool = connect::pool(config, &database).await?;
    let from = options.from.unwrap_or(u64::MAX);
    let mut attempt = 1;
    let rewound = loop {
        match linkpool_indexer::rewind(&chain, &database, pool, from).await {
            Err(linkpool_indexer::Error::Database(linkpool_db::Error::CursorMoved { .. })) if attempt < ATTEMPTS => attempt += 1,
            outcome => break outcome.context("going back")?,
        }
    };
    let rewound =
        rewound.ok_or_else(|| Failure::bad_input("the database follows no contract yet: run `linkpool index` first"))?;
    let removed = rewound.from.number.saturating_sub(rewound.ancestor.number);
    if options.json {
        let (ancestor, hash) = (rewound.ancestor.number, rewound.ancestor.hash);
        answer!("{}", json!({ "ancestor_block": ancestor, "ancestor_hash": hash.to_string(), "blocks_removed": removed }));
    } else {
        answer!("kept everything up to {}; {removed} blocks are indexed again by `linkpool index`", rewound.ancestor);
    }
    Ok(())
}
