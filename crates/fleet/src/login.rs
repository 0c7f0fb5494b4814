//! The login of a node's API. The first fleet that starts a node makes it up; every other one finds it, sealed, in the database.

use linkpool_chainlink::{SealError, SealKey, Secret};
use uuid::Uuid;

/// E-mail and password of the node's first user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub email: String,
    pub password: Secret,
}

impl Login {
    /// A new one. A node accepts 16 to 50 characters; these hold 122 random bits.
    pub fn new(node_id: &str) -> Self {
        let password = Secret::new(Uuid::new_v4().simple().to_string());
        Self { email: format!("{node_id}@linkpool.internal"), password }
    }

    /// Two lines, as a node's file has them.
    pub fn text(&self) -> Secret {
        Secret::new(format!("{}\n{}\n", self.email, self.password.expose()))
    }

    /// Reads [`Login::text`].
    pub fn parse(text: &str) -> Option<Self> {
        let (email, password) = text.trim_end().split_once('\n')?;
        Some(Self { email: email.to_owned(), password: Secret::new(password) })
    }

    pub(crate) fn seal(&self, key: &SealKey, node_id: &str) -> Vec<u8> {
        key.seal_login(node_id, self.text().expose())
    }

    pub(crate) fn open(key: &SealKey, node_id: &str, sealed: &[u8]) -> Result<Self, SealError> {
        Self::parse(key.open_login(node_id, sealed)?.expose()).ok_or(SealError::OtherKey)
    }
}
