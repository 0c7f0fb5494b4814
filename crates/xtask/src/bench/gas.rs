//! Gas of each action.

use anyhow::Result;

use super::Row;
use crate::{install, shell};

/// What each action costs as a whole transaction, as the contracts' gas tests print it: `gas name figure`.
pub fn run(_: &[String]) -> Result<Vec<Row>> {
    let mut forge = shell::command(install::forge()?);
    let text = shell::output(forge.args(["test", "--match-contract", "Gas", "-vv"]))?;
    let rows: Vec<Row> = text.lines().filter_map(gas_row).collect();
    if rows.is_empty() {
        anyhow::bail!("the gas tests printed no figures");
    }
    Ok(rows)
}

fn gas_row(line: &str) -> Option<Row> {
    let (name, figure) = line.trim().strip_prefix("gas ")?.split_once(' ')?;
    let value: u32 = figure.parse().ok()?;
    Some(Row { name: name.to_owned(), value: value.into(), unit: "gas" })
}
