//! The indexer on the replay chain, beside the bare pipe: docs/benchmarks.md says what each row is.

use anyhow::Result;
use serde_json::Value;

use super::{Row, replayed};

/// What the design asks for.
const AIMS: [(&str, &str); 16] = [
    ("events_only_per_s", "aim: 80 % of the bare pipe"),
    ("projected_per_s", "aim: 60 % of the bare pipe"),
    ("capped_per_s", "aim: 80 % of projected_per_s; 25 ms a request, 10,000 logs an answer"),
    ("followed_per_s", "aim: 95 % of projected_per_s; 200 nodes' Operators are followed, which have no logs"),
    ("ready_s", "aim: at most 4"),
    ("own_cpu_ratio", "aim: at most 1.7 times the bare pipe's"),
    ("rss_mb", "aim: at most 100"),
    ("capped_rss_mb", "aim: at most 100"),
    ("tip_floor_ms", "one committed insert"),
    ("tip_ws_p50_ms", "aim: at most 15"),
    ("tip_ws_p90_ms", "aim: at most 25"),
    ("tip_poll_p50_ms", "aim: at most 60; the head is looked at every 50 ms"),
    ("tip_poll_default_p50_ms", "the head is looked at once a second"),
    ("poll_requests_per_block", "aim: at most 6 calls, by default, of blocks that come by the clock"),
    ("last_tenth_per_s", "aim: 80 % of first_tenth_per_s"),
    ("sparse_s", "aim: at most 10; 2,000,000 blocks, one log in a hundred"),
];

/// Arguments go to the benchmark: `--workload zipf|uniform|small`, `--events N`, `--rounds N`, `--tip-blocks N`.
pub fn run(arguments: &[String]) -> Result<Vec<Row>> {
    replayed::rows(replayed::program()?.arg("indexer"), arguments, row_of)
}

fn row_of(row: &Value) -> Option<Row> {
    let name = row["name"].as_str()?.to_owned();
    let unit = replayed::unit(&name)?;
    let note = AIMS.iter().find(|(row, _)| *row == name).map_or_else(String::new, |(_, aim)| (*aim).to_owned());
    Some(Row { name, value: row["value"].as_f64()?, unit, note, more: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::row_of;
    use serde_json::json;

    #[test]
    fn each_row_has_its_unit() {
        let unit = |name: &str| row_of(&json!({ "name": name, "value": 1.5 })).unwrap().unit;
        assert_eq!(unit("bare_pipe_per_s"), "/s");
        assert_eq!(unit("ready_s"), "s");
        assert_eq!(unit("poll_requests_per_block"), "");
        assert_eq!(unit("own_cpu_ratio"), "x");
        assert_eq!(unit("rss_mb"), "MB");
        assert_eq!(unit("tip_ws_p50_ms"), "ms");
        assert!(row_of(&json!({ "name": "nothing" })).is_none());
    }
}
