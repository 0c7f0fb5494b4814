//! Who works, and for how long what it writes counts.

use linkpool_db::{Database, lease::Lease};

/// That an instance is the one that works; by which lease, where leases are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term(pub(crate) Option<Lease>);

impl Term {
    /// The database for what is written in it.
    pub fn database(&self, database: &Database) -> Database {
        self.0.as_ref().map_or_else(|| database.clone(), |lease| database.under(lease))
    }
}
