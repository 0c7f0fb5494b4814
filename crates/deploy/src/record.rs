//! The file that a deployment leaves: where everything is, and what it was made of. The settings can point at it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use alloy::primitives::Bytes;
use linkpool_contracts::Artefact;
use linkpool_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, Terms};

/// Longest file that is read, in bytes; a thousand accounts with roles take a tenth of it.
const MAX_BYTES: u64 = 1 << 20;

/// A deployment that was made and verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub chain_id: u64,
    /// The name of the set, so that a second one on purpose is told from the first.
    pub set: String,
    pub deployer: Address,
    pub token: Address,
    pub timelock: Address,
    pub pool: Address,
    pub lens: Address,
    /// What makes each node's own contract for its earnings; not there in the file of a pool that was made before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earnings_factory: Option<Address>,
    /// The block of the pool: the first that may hold an event.
    pub deploy_block: u64,
    pub terms: Terms,
    /// By name.
    pub contracts: BTreeMap<String, Placed>,
}

/// One contract on the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    pub address: Address,
    pub transaction: B256,
    pub block_number: u64,
    pub block_hash: B256,
    pub gas_used: u64,
    /// Keccak-256 of the code on the chain, and of the code as compiled, which has no terms in it.
    pub code_hash: B256,
    pub compiled_code_hash: B256,
    /// For explorers: file and name, the compiler's version, the encoded arguments of the constructor.
    pub qualified_name: String,
    pub compiler: String,
    pub constructor_arguments: Bytes,
}

impl Record {
    /// Reads a file; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::File`] where it can't be read or is not such a file.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let failed = |reason: String| Error::File { path: path.to_owned(), reason };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        let mut text = String::new();
        file.take(MAX_BYTES).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
        serde_json::from_str(&text).map(Some).map_err(|error| failed(format!("is not a deployment file ({error})")))
    }

    /// The contracts that were made.
    pub fn artefacts(&self) -> impl Iterator<Item = Artefact> {
        Artefact::ALL.into_iter().filter(|artefact| self.contracts.contains_key(artefact.name()))
    }

    /// Writes the file whole or not at all: a killed writer leaves none, or the old one.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |error: io::Error| Error::File { path: path.to_owned(), reason: error.to_string() };
        let beside = path.with_extension("json.new");
        let mut text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        text.push('\n');
        let mut file = File::create(&beside).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&beside, path).map_err(failed)
    }
}

/// Writes the compiler's input of each contract into `folder`, as `<Contract>.input.json`.
pub fn write_sources(folder: &Path, artefacts: impl IntoIterator<Item = Artefact>) -> Result<()> {
    for artefact in artefacts {
        let path = folder.join(format!("{artefact}.input.json"));
        fs::write(&path, artefact.compiler_input())
            .map_err(|error| Error::File { path: path.clone(), reason: error.to_string() })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::tests::{account, terms};

    #[test]
    fn a_record_reads_as_it_was_written_and_another_file_says_what_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deployment.json");
        assert_eq!(Record::read(&path).unwrap(), None);
        let record = Record {
            chain_id: 1,
            set: "first".into(),
            deployer: account(1),
            token: account(2),
            timelock: account(3),
            pool: account(4),
            lens: account(5),
            earnings_factory: Some(account(6)),
            deploy_block: 7,
            terms: terms(),
            contracts: BTreeMap::new(),
        };
        record.write(&path).unwrap();
        assert_eq!(Record::read(&path).unwrap(), Some(record));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::write(&path, "{}").unwrap();
        let error = Record::read(&path).unwrap_err().to_string();
        assert!(error.contains("deployment.json: is not a deployment file"), "{error}");
    }
}
