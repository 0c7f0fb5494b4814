//! What each action of the pool costs as a whole transaction with the real LINK token, under the rules of Osaka and of Amsterdam, as
//! one JSON object. `cargo xtask bench gas` runs it, tests it, and compares.

mod actions;
mod chain;
mod contracts;
mod earnings;
#[cfg(test)]
mod prices;
mod world;

use anyhow::{Context as _, Result, ensure};
use revm::primitives::hardfork::SpecId;
use serde_json::{Value, json};

use actions::ACTIONS;
use world::World;

/// Our lock file says which engine this is.
const LOCK: &str = include_str!("../Cargo.lock");

fn main() -> Result<()> {
    let (osaka, amsterdam) = (World::new(SpecId::OSAKA)?, World::new(SpecId::AMSTERDAM)?);
    let mut rows = Vec::new();
    for (name, action) in ACTIONS {
        let run = |world: &World| {
            let mut world = world.clone();
            action(&mut world).map(|receipt| (receipt, world)).with_context(|| format!("`{name}`"))
        };
        let ((before, played), (after, _)) = (run(&osaka)?, run(&amsterdam)?);
        ensure!(before.created == after.created, "`{name}` creates other words under other prices");
        let count = |whose| after.created.iter().filter(|contract| **contract == whose).count();
        rows.push(json!({
            "name": name,
            "osaka": before.gas_used,
            "amsterdam": after.gas_used,
            "words": count(osaka.pool),
            "token_words": count(osaka.link),
            "transactions": transactions(&played),
        }));
    }
    println!("{}", json!({ "engine": format!("revm {}", version()?), "rows": rows }));
    Ok(())
}

/// What made a row, from the first block on, for whoever repeats it on another chain.
fn transactions(world: &World) -> Value {
    let sent = world.chain.sent().iter();
    sent.map(|sent| {
        json!({ "at": sent.at, "from": sent.from.to_string(), "to": sent.to.map(|to| to.to_string()),
        "data": sent.data.to_string(), "gasUsed": sent.gas_used })
    })
    .collect()
}

fn version() -> Result<&'static str> {
    let found = LOCK.split_once("name = \"revm\"\nversion = \"").and_then(|(_, rest)| rest.split_once('"'));
    Ok(found.context("tests/gas/Cargo.lock names no revm")?.0)
}
