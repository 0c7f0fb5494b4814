//! `cargo xtask prove verify`: what is planted in the database is found and mended among thousands of positions, and history
//! carried through many random reorgs equals history rebuilt.

use anyhow::Result;

use super::proof::Asked;
use crate::{failure::counted, test::package};

const POSITIONS: u32 = 5_000;
const CHAINS: u32 = 100;

pub fn run(Asked { free: filter, .. }: &Asked) -> Result<()> {
    let positions = [("LINKPOOL_VERIFY_POSITIONS", POSITIONS.to_string())];
    let chains = [("LINKPOOL_HISTORY_SEEDS", CHAINS.to_string())];
    let only = |names: &str| [&[names.to_owned(), "--nocapture".to_owned()], filter.as_slice()].concat();
    let mut total = package::run_with(&["linkpool-indexer"], &only("verify::"), &positions, |line| println!("{line}"))?;
    total += package::run_with(&["linkpool-db"], &only("history::"), &chains, |line| println!("{line}"))?;
    println!("{total}");
    if total.failed > 0 { Err(counted()) } else { Ok(()) }
}
