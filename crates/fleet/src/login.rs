//! E-mail and password of a node's user.

use linkpool_chainlink::Secret;

use crate::secrets::new_password;

/// The login of one of a node's users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub email: String,
    pub password: Secret,
}

impl Login {
    /// A new one, for the node's first user.
    pub fn new(node_id: &str) -> Self {
        Self { email: format!("{node_id}@linkpool.internal"), password: new_password() }
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
}
