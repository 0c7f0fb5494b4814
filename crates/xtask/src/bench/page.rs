//! How soon each page shows its first words and its own figures on a slow phone: a browser whose processor is slowed down four times, at 360
//! pixels, with nothing kept from an earlier visit.

use std::process::Stdio;

use anyhow::Result;

use super::row::{Row, printed};
use crate::{
    dev, install,
    shell::{self, root},
};

pub fn run(_: &[String]) -> Result<Vec<Row>> {
    let browser = install::browser()?;
    let executable = dev::build()?;
    let mut node = shell::command("node");
    node.arg("tests/web/measure.mjs").current_dir(root()).stdin(Stdio::null());
    printed(&shell::output(node.env("LINKPOOL_BIN", executable).env("LINKPOOL_CHROMIUM", browser))?, row)
}

fn row(name: &str, value: f64, _: &str) -> Row {
    let note = "4x CPU throttle, 9 visits, server on loopback; aim: below 1,000".to_owned();
    Row { name: name.to_owned(), value, unit: "ms", note, more: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{printed, row};

    #[test]
    fn a_measured_row_is_read() {
        let rows = printed("some line\nrow home_words_p50_ms 412 ms\n", row).unwrap();
        assert_eq!((rows[0].name.as_str(), rows[0].value, rows[0].unit), ("home_words_p50_ms", 412.0, "ms"));
    }
}
