//! The shape of the files in `abi/`. Types and not values fix the order of the fields: that of a JSON map depends on how
//! the rest of the workspace was built.

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::ser::PrettyFormatter;

/// Interface and code of a contract, as alloy's `sol!` reads them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact<'a, Interface> {
    contract_name: &'a str,
    abi: Interface,
    bytecode: Code,
    deployed_bytecode: Code,
}

#[derive(Debug, Serialize)]
struct Code {
    /// Hex with 0x.
    object: String,
}

impl<'a, Interface: Serialize> Artifact<'a, Interface> {
    pub fn new(contract_name: &'a str, abi: Interface, creation: &[u8], runtime: &[u8]) -> Self {
        Self { contract_name, abi, bytecode: Code::new(creation), deployed_bytecode: Code::new(runtime) }
    }
}

impl Code {
    fn new(bytes: &[u8]) -> Self {
        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
        Self { object: std::iter::once("0x".to_owned()).chain(digits).collect() }
    }
}

/// One value a line, so that a change shows where it is.
pub fn pretty(value: &impl Serialize) -> Result<String> {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" "));
    value.serialize(&mut serializer).context("writing JSON")?;
    text.push(b'\n');
    String::from_utf8(text).context("writing JSON")
}
