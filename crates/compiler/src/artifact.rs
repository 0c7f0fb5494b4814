//! The shape of the files in `abi/`. Types and not values fix the order of the fields: that of a JSON map depends on how
//! the rest of the workspace was built.

use anyhow::{Context, Result, bail};
use foundry_compilers::{artifacts::Contract, compilers::solc::Solc};
use serde::Serialize;
use serde_json::ser::PrettyFormatter;

/// Bytes of an immutable in the code.
const WORD: u32 = 32;

/// A file of `abi/`: its name there and its text.
pub type File = (String, String);

/// Interface and code of a contract, as alloy's `sol!` reads them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact<'a, Interface> {
    contract_name: &'a str,
    /// As explorers name it: `v0.8.37+commit.…`.
    compiler: String,
    abi: Interface,
    bytecode: Code,
    deployed_bytecode: DeployedCode,
}

#[derive(Debug, Serialize)]
struct Code {
    /// Hex with 0x.
    object: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeployedCode {
    object: String,
    /// Where the constructor writes an immutable, a word each: zeros in `object`, terms on chain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    immutables: Vec<u32>,
}

/// The file of a compiled contract.
pub fn artifact(name: &str, contract: &Contract, solc: &Solc) -> Result<String> {
    let abi = contract.abi.as_ref().with_context(|| format!("{name} has no interface"))?;
    let evm = contract.evm.as_ref().with_context(|| format!("{name} has no code"))?;
    let creation = evm.bytecode.as_ref().and_then(|code| code.object.as_bytes());
    let runtime = evm.deployed_bytecode.as_ref().and_then(|code| code.bytes());
    let (Some(creation), Some(runtime)) = (creation, runtime) else { bail!("{name} has no code, or code that is not linked") };
    let references = evm.deployed_bytecode.iter().flat_map(|code| code.immutable_references.values().flatten());
    let mut immutables = Vec::new();
    for place in references {
        anyhow::ensure!(place.length == WORD, "{name} has an immutable of {} bytes", place.length);
        immutables.push(place.start);
    }
    immutables.sort_unstable();
    pretty(&Artifact {
        contract_name: name,
        compiler: version(solc),
        abi,
        bytecode: Code { object: hex(creation) },
        deployed_bytecode: DeployedCode { object: hex(runtime), immutables },
    })
}

/// Without the platform that the compiler itself was built for.
fn version(solc: &Solc) -> String {
    let solc = &solc.version;
    let commit: Vec<&str> = solc.build.split('.').take(2).collect();
    format!("v{}.{}.{}+{}", solc.major, solc.minor, solc.patch, commit.join("."))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    std::iter::once("0x".to_owned()).chain(digits).collect()
}

/// One value a line, so that a change shows where it is.
pub fn pretty(value: &impl Serialize) -> Result<String> {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" "));
    value.serialize(&mut serializer).context("writing JSON")?;
    text.push(b'\n');
    String::from_utf8(text).context("writing JSON")
}
