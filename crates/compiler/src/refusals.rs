//! `abi/errors.json`: the contract's own sentence for each of its errors, which page, command line and API show.

use anyhow::{Context, Result, bail};
use foundry_compilers::artifacts::{Contract, UserDocNotice};
use serde::Serialize;

use crate::artifact::pretty;

/// One error: how it is recognised, and what it says to people.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct Refusal {
    selector: String,
    name: String,
    signature: String,
    sentence: String,
}

/// All errors of our own contracts, each once, by name.
pub fn errors<'a>(contracts: impl IntoIterator<Item = &'a Contract>) -> Result<String> {
    let mut errors = Vec::new();
    for contract in contracts {
        errors.extend(errors_of(contract)?);
    }
    errors.sort_by(|one, other| one.signature.cmp(&other.signature));
    errors.dedup();
    pretty(&errors)
}

/// An error without a `@notice` sentence is refused: somebody will have to read it one day.
fn errors_of(contract: &Contract) -> Result<Vec<Refusal>> {
    let abi = contract.abi.as_ref().context("a contract has no interface")?;
    let sentences = &contract.userdoc.errors;
    let mut errors = Vec::new();
    for error in abi.errors() {
        let signature = error.signature();
        let sentence = sentences.get(&signature).and_then(|notices| notices.first()).map(|notice| match notice {
            UserDocNotice::Constructor(sentence) | UserDocNotice::Notice { notice: sentence } => sentence.trim().to_owned(),
        });
        let Some(sentence) = sentence else { bail!("the error {signature} has no @notice sentence") };
        errors.push(Refusal { selector: error.selector().to_string(), name: error.name.clone(), signature, sentence });
    }
    Ok(errors)
}
