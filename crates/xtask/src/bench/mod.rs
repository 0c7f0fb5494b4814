//! `cargo xtask bench`: where figures come from, one file a benchmark. `--json` prints `{"bench", "rows": [{"name", "value", "unit", "note"}]}`,
//! and what else a row has under its own name.

mod api;
mod calls;
mod dev;
mod fleet;
mod gas;
mod idle;
mod indexer;
mod page;
pub mod registrar;
mod replayed;
pub mod rolling;
mod row;
mod work;

use anyhow::Result;
use serde_json::{Value, json};

pub use self::row::Row;
use crate::failure::bad_input;

struct Bench {
    name: &'static str,
    run: fn(&[String]) -> Result<Vec<Row>>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "api", run: api::run },
    Bench { name: "dev", run: dev::run },
    Bench { name: "fleet", run: fleet::run },
    Bench { name: "gas", run: gas::run },
    Bench { name: "idle", run: idle::run },
    Bench { name: "indexer", run: indexer::run },
    Bench { name: "page", run: page::run },
    Bench { name: "registrar", run: registrar::run },
    Bench { name: "work", run: work::run },
];

pub fn run(arguments: &[String]) -> Result<()> {
    let as_json = arguments.iter().any(|argument| argument == "--json");
    let wanted = arguments.first();
    let bench = BENCHES.iter().find(|bench| wanted.is_some_and(|wanted| wanted == bench.name)).ok_or_else(|| {
        let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
        bad_input(format!("name a benchmark: {}", names.join(", ")))
    })?;
    let rows = (bench.run)(arguments.get(1..).unwrap_or_default())?;
    if as_json {
        let row = |row: &Row| {
            let mut json = json!({ "name": row.name, "value": row.value, "unit": row.unit, "note": row.note });
            row.more.iter().for_each(|(name, value)| json[name] = json!(value));
            json
        };
        let rows: Vec<Value> = rows.iter().map(row).collect();
        println!("{}", json!({ "bench": bench.name, "rows": rows }));
    } else {
        for Row { name, value, unit, note, more } in rows {
            let more: String = more.iter().map(|(name, value)| format!("{name} {value:<10} ")).collect();
            println!("{}", format!("{value:>14.2} {unit:<4} {name:<26} {more}{note}").trim_end());
        }
    }
    Ok(())
}
