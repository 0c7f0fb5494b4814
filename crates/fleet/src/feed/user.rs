//! The two users that the fleet makes at each node.

use linkpool_chainlink::{
    Secret,
    client::{ApiToken, Credentials, Role},
};
use linkpool_db::fleet::{ProofMode, SecretKind};

use crate::Login;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum User {
    /// By whom the node is given its bridges and jobs.
    Fleet,
    /// By whom the registrar reads the node's wallet.
    Registrar,
}

impl User {
    /// The registrar's first: a new node waits for that one.
    pub const ALL: [Self; 2] = [Self::Registrar, Self::Fleet];

    pub fn login_kind(self) -> SecretKind {
        match self {
            Self::Fleet => SecretKind::FleetLogin,
            Self::Registrar => SecretKind::RegistrarLogin,
        }
    }

    pub fn token_kind(self) -> SecretKind {
        match self {
            Self::Fleet => SecretKind::FleetToken,
            Self::Registrar => SecretKind::RegistrarToken,
        }
    }

    /// As little as does. What signs a registration, which a stock node can't, is asked by a user who may make keys.
    pub fn role(self, proof_mode: ProofMode) -> Role {
        match (self, proof_mode) {
            (Self::Fleet, _) | (Self::Registrar, ProofMode::Signature) => Role::Edit,
            (Self::Registrar, ProofMode::Transfer | ProofMode::Api) => Role::View,
        }
    }

    /// A new login. The same node always has the same e-mail address, so that it has no second such user.
    pub fn login(self, node_id: &str) -> Login {
        let name = match self {
            Self::Fleet => "fleet",
            Self::Registrar => "registrar",
        };
        let login = Login::new(node_id);
        Login { email: format!("{name}.{}", login.email), ..login }
    }
}

/// A token as it is kept: two lines, like a login; a key holds no `@`.
pub(super) fn token_text(token: &ApiToken) -> Secret {
    Secret::new(format!("{}\n{}\n", token.key.expose(), token.secret.expose()))
}

/// Reads [`token_text`].
pub(crate) fn token_of(text: &Secret) -> Option<Credentials> {
    let (key, secret) = text.expose().trim_end().split_once('\n')?;
    Some(Credentials::Token { key: Secret::new(key), secret: Secret::new(secret) })
}
