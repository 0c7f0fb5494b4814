//! What the indexer and the API take on the replay chain. Each that is measured is a process of its own, this program started again; so is the
//! chain's server, whose CPU is not counted. `cargo xtask bench indexer` and `bench api` build everything and start it.

mod api;
mod backfill;
mod bare;
mod fixture;
mod follower;
mod process;
mod tip;

use anyhow::Result;
use clap::{Parser, Subcommand};

use follower::{Follower, follow_chain};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The indexer beside the bare pipe.
    Indexer(backfill::Arguments),
    /// The API beside pgbench.
    Api(api::Arguments),
    /// Measured: fetch, decode, COPY, cursor.
    Bare { rpc: String, database: String, last: u64 },
    /// Measured: the indexer.
    Follow(Follower),
    /// Measured: the API.
    Serve { database: String },
}

fn main() -> Result<()> {
    // As the executable does.
    linkpool_process::keep_little();
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> Result<()> {
    match Arguments::parse().part {
        Part::Indexer(arguments) => backfill::measure(&arguments).await,
        Part::Api(arguments) => api::measure(&arguments).await,
        Part::Follow(options) => follow_chain(options).await,
        Part::Serve { database } => api::serve(&database).await,
        Part::Bare { rpc, database, last } => {
            bare::run(&rpc, &database, last).await?;
            println!("done");
            // The parent reads what was used, and ends this process.
            std::future::pending().await
        }
    }
}

/// The value below which so many of a hundred are.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
