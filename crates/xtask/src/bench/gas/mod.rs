//! Gas of each action, before and after the upgrade Amsterdam, beside what the design allows and what others cost.

mod engine;
mod peers;
mod snapshot;

use anyhow::Result;

use super::Row;
use crate::{install, shell};
use engine::{Measured, Measurement};

/// What each action costs as a whole transaction. The value is Osaka's, on which forge, anvil and the harness have to agree.
///
/// `--accept` commits to what was measured where it differs from what is committed.
pub fn run(arguments: &[String]) -> Result<Vec<Row>> {
    forge_holds()?;
    let measured = Measured::now()?;
    measured.agree_with_forge()?;
    measured.agree_with_anvil()?;
    snapshot::hold(&measured, arguments.iter().any(|argument| argument == "--accept"))?;
    eprintln!("gas used by each transaction, on {}: under Osaka, under Amsterdam, words created", measured.engine);
    Ok(measured.measurements.into_iter().map(row).collect())
}

/// The contracts' gas tests hold, and what they measure is what stands in their snapshot.
fn forge_holds() -> Result<()> {
    let (mut forge, mut text) = (shell::command(install::forge()?), String::new());
    let held = shell::run_quietly(forge.args(["test", "--match-contract", "GasTest"]), |line| {
        text.push_str(line);
        text.push('\n');
    })?;
    anyhow::ensure!(held, "the gas tests do not hold:\n{text}");
    Ok(())
}

fn row(Measurement { name, osaka, amsterdam, words, token_words }: Measurement) -> Row {
    let number = |measurement: u64| u32::try_from(measurement).map_or(f64::NAN, f64::from);
    let more = vec![("amsterdam", number(amsterdam)), ("words", number(words)), ("token_words", number(token_words))];
    Row { note: peers::note(&name), name, value: number(osaka), unit: "gas", more }
}
