//! What explorers ask for to check that a source is the code at an address.

use std::{fs, path::Path};

use linkpool_contracts::Artefact;

use crate::{Error, Result};

/// Writes the compiler's input of each contract into `folder`, as `<Contract>.input.json`.
pub fn write_sources(folder: &Path, artefacts: impl IntoIterator<Item = Artefact>) -> Result<()> {
    for artefact in artefacts {
        let path = folder.join(format!("{artefact}.input.json"));
        fs::write(&path, artefact.compiler_input())
            .map_err(|error| Error::File { path: path.clone(), reason: error.to_string() })?;
    }
    Ok(())
}
