//! The secrets of the nodes: made once by the fleet that leads, kept sealed in the database, found there by every later one.

use linkpool_chainlink::{SealError, SealKey, Secret};
use linkpool_db::{Database, fleet::SecretKind};
use uuid::Uuid;

use crate::{Error, Result};

/// What opens the secrets, and where they are kept. With the database of a term whatever is kept is kept by its lease.
#[derive(Debug, Clone)]
pub struct Secrets {
    database: Database,
    key: SealKey,
}

impl Secrets {
    pub fn new(database: Database, key: SealKey) -> Self {
        Self { database, key }
    }

    /// The secret of a node, if it is kept.
    ///
    /// # Errors
    /// [`Error::Secret`] if it does not open, or the database's.
    pub async fn kept(&self, node_id: &str, kind: SecretKind) -> Result<Option<Secret>> {
        let sealed = self.database.sealed_secret(node_id, kind).await?;
        sealed.map(|sealed| self.open(node_id, kind, &sealed)).transpose()
    }

    /// Keeps a secret and returns the one that counts: the first that was ever kept, which need not be this one.
    ///
    /// # Errors
    /// As for [`Secrets::kept`]; then nothing is known of what counts, and nothing may be done with either.
    pub async fn keep(&self, node_id: &str, kind: SecretKind, secret: &Secret) -> Result<Secret> {
        let sealed = self.key.seal_secret(node_id, kind.as_str(), secret);
        let counts = self.database.keep_secret(node_id, kind, &sealed).await?;
        self.open(node_id, kind, &counts)
    }

    /// Keeps a secret in the place of `old`, as it is kept, which the node takes no longer. False if somebody else was first.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn replace(&self, node_id: &str, kind: SecretKind, old: &[u8], new: &Secret) -> Result<bool> {
        let sealed = self.key.seal_secret(node_id, kind.as_str(), new);
        Ok(self.database.replace_secret(node_id, kind, old, &sealed).await?)
    }

    /// The password of a node for `kind`, made at the first call.
    ///
    /// # Errors
    /// As for [`Secrets::keep`].
    pub async fn password(&self, node_id: &str, kind: SecretKind) -> Result<Secret> {
        match self.kept(node_id, kind).await? {
            Some(password) => Ok(password),
            None => self.keep(node_id, kind, &new_password()).await,
        }
    }

    /// Whether the key is the one with which others have sealed.
    ///
    /// # Errors
    /// [`Error::Secret`] if it is not: nothing could be started with it, and what is sealed with it nobody else could open.
    pub async fn check(&self) -> Result<()> {
        let Some((node_id, kind, sealed)) = self.database.any_sealed_secret().await? else { return Ok(()) };
        self.open(&node_id, kind, &sealed).map(drop)
    }

    fn open(&self, node_id: &str, kind: SecretKind, sealed: &[u8]) -> Result<Secret> {
        self.key.open_secret(node_id, kind.as_str(), sealed).map_err(|cause| unusable(node_id, kind, cause))
    }
}

pub(crate) fn unusable(node_id: &str, kind: SecretKind, cause: SealError) -> Error {
    Error::Secret { node_id: node_id.to_owned(), kind, cause }
}

/// A node takes passwords of 16 to 50 characters; these hold 122 random bits.
pub(crate) fn new_password() -> Secret {
    Secret::new(Uuid::new_v4().simple().to_string())
}
