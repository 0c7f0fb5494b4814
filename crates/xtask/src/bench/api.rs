//! The API over the tables of the replay chain, beside pgbench: docs/benchmarks.md says what each row is.

use anyhow::Result;
use serde_json::Value;

use super::{Row, replayed};
use crate::install;

/// What the design asks for of single rows.
const AIMS: [(&str, &str); 10] = [
    ("pgbench_per_s", "a prepared select of a row by its key, as many clients"),
    ("node_cold_per_s", "aim: 35 % of pgbench_per_s"),
    ("page_1000_ms", "aim: what page_1_ms is"),
    ("304_per_s", "the client holds the answer"),
    ("nodes_gzip_per_s", "the client takes the answer compressed"),
    ("sse_p99_ms", "from the commit; aim: at most 100"),
    ("sse_rss_mb", "aim: at most 200"),
    ("sse_gzip_p99_ms", "the same of streams that are taken compressed, as browsers do"),
    ("sse_gzip_rss_mb", "since the server began"),
    ("first_of_block_ms", "the median of the first request of each block"),
];

/// Arguments go to the benchmark: `--workload zipf|uniform|small`, `--events N`, `--seconds N`, `--connections N`, `--streams N`, `--blocks N`.
pub fn run(arguments: &[String]) -> Result<Vec<Row>> {
    // Its pages are part of the server.
    install::page()?;
    let mut program = replayed::program()?;
    program.arg("api").env("LINKPOOL_PGBENCH", install::node_postgres()?.join("pgbench"));
    replayed::rows(&mut program, arguments, row_of)
}

fn row_of(row: &Value) -> Option<Row> {
    let name = row["name"].as_str()?.to_owned();
    let note = AIMS.iter().find(|(row, _)| *row == name).map_or_else(|| of_a_route(&name), |(_, aim)| aim);
    Some(Row { unit: replayed::unit(&name)?, value: row["value"].as_f64()?, note: note.to_owned(), more: Vec::new(), name })
}

fn of_a_route(name: &str) -> &'static str {
    match name.strip_suffix("_per_s") {
        Some(route) if route.ends_with("_cold") || route == "status" => "each from the database",
        Some(_) => "aim: 60 % of pgbench_per_s",
        None if name.ends_with("_p99_ms") => "at half of that rate; aim: at most 10",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::row_of;

    #[test]
    fn each_row_says_its_aim() {
        let note = |name: &str| row_of(&json!({ "name": name, "value": 1.5 })).unwrap().note;
        assert_eq!(note("pool_per_s"), "aim: 60 % of pgbench_per_s");
        assert_eq!(note("node_cold_per_s"), "aim: 35 % of pgbench_per_s");
        assert_eq!(note("events_cold_per_s"), "each from the database");
        assert_eq!(note("events_p99_ms"), "at half of that rate; aim: at most 10");
        assert_eq!(note("sse_p99_ms"), "from the commit; aim: at most 100");
        assert_eq!(note("page_1_ms"), "");
    }
}
