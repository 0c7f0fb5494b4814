//! `cargo xtask prove hang-ups`: a minute of clients that hang up at every point, beside honest ones and everybody who writes.

use anyhow::{Context, Result};

use super::{proof::Asked, report};
use crate::{failure::counted, test::package};

const TEST: &str = "hang_ups::clients_that_hang_up_at_every_point_poison_no_write_and_no_answer";
const SECONDS: u32 = 60;

pub fn run(_: &Asked) -> Result<()> {
    let only = [TEST, "--exact", "--nocapture"].map(str::to_owned);
    let mut said = None;
    let total = package::run_with(&["linkpool-api"], &only, &[("LINKPOOL_HANG_UPS_SECONDS", SECONDS.to_string())], |line| {
        if line.contains(" resets (") {
            said = Some(line.to_owned());
        }
    })?;
    println!("{total}");
    if total.failed > 0 {
        return Err(counted());
    }
    report::write("hang-ups", None, &said.with_context(|| format!("the test {TEST} did not say what it saw"))?)
}
