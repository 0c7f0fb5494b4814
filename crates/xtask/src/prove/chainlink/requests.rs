//! One table of requests, asked of the node and of the stand-in.

use std::path::Path;

use anyhow::{Result, ensure};

use super::programs::Programs;
use crate::{prove::report, test::package};

pub const PART: &str = "requests";

const TEST: &str = "real::the_stand_in_answers_every_request_of_the_table_as_the_node_does";

pub fn run(programs: &Programs) -> Result<()> {
    let only = [TEST, "--exact", "--ignored", "--nocapture"].map(str::to_owned);
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let named = [("LINKPOOL_CHAINLINK", text(&programs.node.0)), ("LINKPOOL_NODE_POSTGRES", text(&programs.postgres))];
    let mut summary = String::new();
    let total = package::run_with(&["linkpool-standin-node"], &only, &named, |line| {
        if line.starts_with("chainlink | ") || line.starts_with("DIFFERENT: ") {
            println!("{line}");
        }
        if let Some((_, said)) = line.split_once("chainlink | ").filter(|(_, said)| said.ends_with(" that README.md lists")) {
            summary = said.to_owned();
        }
    })?;
    total.close()?;
    ensure!(total.passed == 1, "the test {TEST} did not run");
    let body = format!("Chainlink {} and the stand-in: {summary}, and none beside.", programs.node.1);
    report::write("chainlink", Some(PART), &body)
}
