//! How long a consumer waits for a node's answer: 100 requests, one in each block of a second, answered by a stand-in node.

use anyhow::Result;

use super::row::{Row, printed};
use crate::{shell, test::package};

const MEASURE: &str = "work::measure::how_long_a_consumer_waits_for_an_answer";

pub fn run(_: &[String]) -> Result<Vec<Row>> {
    let program = package::program(&["linkpool-standin-node"], "it-", &[])?;
    let mut command = shell::command(&program.path);
    command.current_dir(&program.folder).args(["--exact", MEASURE, "--nocapture"]);
    printed(&shell::output(command.env("LINKPOOL_MEASURE", "1"))?, row)
}

fn row(name: &str, value: f64, _: &str) -> Row {
    let note = "from the call to the answer's block; a node 2.31.0 was measured at 1.1 to 1.3 s".to_owned();
    Row { name: name.to_owned(), value, unit: "s", note, more: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{printed, row};

    #[test]
    fn a_measured_row_is_read() {
        let rows = printed("running 1 test\nrow answer_p95_s 2.1 s\ntest result: ok", row).unwrap();
        assert_eq!((rows[0].name.as_str(), rows[0].value, rows[0].unit), ("answer_p95_s", 2.1, "s"));
    }
}
