//! The harness in tests/gas: our actions on an engine that knows the upgrade Amsterdam. It is no part of the workspace, so only this
//! builds it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use crate::{
    install,
    shell::{self, root},
};

const MANIFEST: &str = "tests/gas/Cargo.toml";
const TARGET: &str = "target/gas";
/// What the contracts' gas tests measured, which a run of theirs has to match.
const SNAPSHOT: &str = "tests/contracts/snapshots/gas.json";

/// What an action costs under both sets of prices, and how many words it creates: of the pool's storage, and of the token's.
#[derive(PartialEq)]
pub struct Measurement {
    pub name: String,
    pub osaka: u64,
    pub amsterdam: u64,
    pub words: u64,
    pub token_words: u64,
}

impl Measurement {
    pub fn name(&self) -> &str {
        &self.name
    }
}

pub struct Measured {
    /// Its name and version.
    pub engine: String,
    pub measurements: Vec<Measurement>,
    /// As the harness prints it, with every transaction.
    text: String,
}

impl Measured {
    /// Its own tests first: that the engine has the prices it should have.
    pub fn now() -> Result<Self> {
        shell::timed("testing the gas harness", || shell::output(&mut harness("test")))?;
        Self::read(shell::output(&mut harness("run"))?)
    }

    pub fn read(text: String) -> Result<Self> {
        let json: Value = serde_json::from_str(&text).context("what the harness prints")?;
        let measurement = |row: &Value| {
            let number = |key: &str| row[key].as_u64();
            Some(Measurement {
                name: row["name"].as_str()?.to_owned(),
                osaka: number("osaka")?,
                amsterdam: number("amsterdam")?,
                words: number("words")?,
                token_words: number("token_words")?,
            })
        };
        let measurements = json["rows"].as_array().and_then(|rows| rows.iter().map(measurement).collect());
        let engine = json["engine"].as_str().context("the harness names no engine")?.to_owned();
        Ok(Self { engine, measurements: measurements.context("the harness prints other rows")?, text })
    }

    /// Every figure of the contracts' gas tests is the same here, to the unit: they know no Amsterdam, but they know Osaka.
    pub fn agree_with_forge(&self) -> Result<()> {
        let text = fs::read_to_string(root().join(SNAPSHOT)).with_context(|| format!("reading {SNAPSHOT}"))?;
        let snapshot: serde_json::Map<String, Value> = serde_json::from_str(&text).with_context(|| SNAPSHOT.to_owned())?;
        let differing: Vec<String> =
            snapshot.iter().filter_map(|(name, measurement)| self.difference(name, measurement.as_str()?)).collect();
        ensure!(differing.is_empty(), "forge and {} do not agree under Osaka: {}", self.engine, differing.join("; "));
        Ok(())
    }

    fn difference(&self, name: &str, forge: &str) -> Option<String> {
        match self.measurements.iter().find(|measurement| measurement.name == name) {
            Some(measurement) if measurement.osaka.to_string() == forge => None,
            Some(measurement) => Some(format!("{name} {forge} and {}", measurement.osaka)),
            None => Some(format!("{name} {forge} and nothing")),
        }
    }

    /// Every transaction has the same receipt on anvil.
    pub fn agree_with_anvil(&self) -> Result<()> {
        install::packages()?;
        let mut anvil = shell::command("node").arg("tests/gas/anvil.mjs").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        anvil.stdin.take().context("its input")?.write_all(self.text.as_bytes()).context("writing the transactions")?;
        let output = anvil.wait_with_output().context("waiting for node")?;
        ensure!(output.status.success(), "anvil and {} do not agree under Osaka, see above", self.engine);
        eprint!("{}", String::from_utf8_lossy(&output.stdout));
        Ok(())
    }
}

fn harness(command: &str) -> Command {
    let mut cargo = shell::cargo();
    cargo.args([command, "--quiet", "--locked", "--manifest-path", MANIFEST, "--target-dir", TARGET]).stdin(Stdio::null());
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_forge_has_otherwise_or_alone_is_named() {
        let row = r#"{"name":"claim","osaka":65307,"amsterdam":79807,"words":0,"token_words":0,"transactions":[]}"#;
        let measured = Measured::read(format!(r#"{{"engine":"revm 43","rows":[{row}]}}"#)).unwrap();
        assert_eq!(measured.difference("claim", "65307"), None);
        assert_eq!(measured.difference("claim", "65308").as_deref(), Some("claim 65308 and 65307"));
        assert_eq!(measured.difference("unbond", "1").as_deref(), Some("unbond 1 and nothing"));
        assert!(Measured::read(r#"{"engine":"revm 43","rows":[{"name":"claim"}]}"#.to_owned()).is_err());
    }
}
