//! What the contract's proof consists of, and what each part of it is given.

use anyhow::Result;

use super::progress::Progress;

/// One proof of the contract.
pub struct Part {
    pub name: &'static str,
    /// What it proves, for the report and for people.
    pub about: &'static str,
    /// The command that does this part alone.
    pub command: &'static str,
    /// The files that what it proves depends on; of abi/ only the code counts.
    pub sources: &'static [&'static str],
    /// Proves it and says in a few words what came out.
    pub run: fn(&Run) -> Result<String>,
}

/// What a part is given.
pub struct Run {
    pub progress: Progress,
    /// The fingerprint of the part's sources.
    pub sources: String,
    pub seed: Option<u64>,
}
