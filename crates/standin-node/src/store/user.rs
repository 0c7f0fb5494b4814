//! API users and their tokens.

use alloy::primitives::{B256, keccak256};
use chrono::{DateTime, Utc};
use linkpool_chainlink::client::Role;

use super::Store;
use crate::AdminCredentials;

/// One user. Secrets are kept as salted hashes, unlike a node's bcrypt: good enough for random tokens and test
/// passwords.
#[derive(Clone, Debug)]
pub(crate) struct UserRecord {
    pub email: String,
    pub role: Role,
    salt: B256,
    password_hash: B256,
    token: Option<(String, B256)>,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct UserRow {
    email: String,
    role: String,
    salt: Vec<u8>,
    password_hash: Vec<u8>,
    token_key: Option<String>,
    token_hash: Option<Vec<u8>>,
    created_at: DateTime<Utc>,
}

/// The form in which a secret is stored and compared; comparing hashes tells nothing about the secret by its time.
pub(crate) fn hash_secret(salt: &B256, secret: &str) -> B256 {
    keccak256([salt.as_slice(), secret.as_bytes()].concat())
}

impl UserRecord {
    pub fn has_password(&self, password: &str) -> bool {
        hash_secret(&self.salt, password) == self.password_hash
    }

    pub fn has_any_token(&self) -> bool {
        self.token.is_some()
    }

    pub fn has_token(&self, key: &str, secret: &str) -> bool {
        self.token.as_ref().is_some_and(|(own, hash)| own == key && *hash == hash_secret(&self.salt, secret))
    }

    /// Replaces the token; the caller stores the record.
    pub fn set_token(&mut self, key: &str, secret: &str) {
        self.token = Some((key.to_owned(), hash_secret(&self.salt, secret)));
    }
}

impl TryFrom<UserRow> for UserRecord {
    type Error = sqlx::Error;

    fn try_from(row: UserRow) -> Result<Self, sqlx::Error> {
        let corrupt = || sqlx::Error::Decode("a stored user is not usable".into());
        let hash = |bytes: &[u8]| B256::try_from(bytes).map_err(|_| corrupt());
        let token = match (row.token_key, row.token_hash) {
            (Some(key), Some(bytes)) => Some((key, hash(&bytes)?)),
            _ => None,
        };
        Ok(Self {
            role: row.role.parse().map_err(|_| corrupt())?,
            salt: hash(&row.salt)?,
            password_hash: hash(&row.password_hash)?,
            token,
            email: row.email,
            created_at: row.created_at,
        })
    }
}

impl Store {
    /// Every user; makes the admin first if there is none, as a node's first boot does from its credentials file.
    pub async fn ensure_users(&self, admin: &AdminCredentials) -> Result<Vec<UserRecord>, sqlx::Error> {
        let rows: Vec<UserRow> = self.query_as("SELECT * FROM {schema}.api_user").fetch_all(self.pool()).await?;
        if rows.is_empty() {
            let created = self.create_user(&admin.email, admin.password.expose(), Role::Admin).await?;
            return Ok(created.into_iter().collect());
        }
        rows.into_iter().map(UserRecord::try_from).collect()
    }

    /// Makes a user; `None` if there is one of that name.
    pub async fn create_user(&self, email: &str, password: &str, role: Role) -> Result<Option<UserRecord>, sqlx::Error> {
        let salt = B256::new(rand::random());
        let row: Option<UserRow> = self
            .query_as(
                "INSERT INTO {schema}.api_user (email, role, salt, password_hash) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (email) DO NOTHING RETURNING *",
            )
            .bind(email.to_owned())
            .bind(role.to_string())
            .bind(salt.to_vec())
            .bind(hash_secret(&salt, password).to_vec())
            .fetch_optional(self.pool())
            .await?;
        row.map(UserRecord::try_from).transpose()
    }

    /// Stores the role of `user`.
    pub async fn save_role(&self, user: &UserRecord) -> Result<(), sqlx::Error> {
        self.query("UPDATE {schema}.api_user SET role = $2 WHERE email = $1")
            .bind(user.email.clone())
            .bind(user.role.to_string())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Deletes a user, with their sessions and token.
    pub async fn delete_user(&self, email: &str) -> Result<(), sqlx::Error> {
        self.query("DELETE FROM {schema}.api_user WHERE email = $1").bind(email.to_owned()).execute(self.pool()).await?;
        Ok(())
    }

    /// Stores the token of `user`.
    pub async fn save_token(&self, user: &UserRecord) -> Result<(), sqlx::Error> {
        let (key, hash) = user.token.clone().unzip();
        self.query("UPDATE {schema}.api_user SET token_key = $2, token_hash = $3 WHERE email = $1")
            .bind(user.email.clone())
            .bind(key)
            .bind(hash.map(|hash| hash.to_vec()))
            .execute(self.pool())
            .await?;
        Ok(())
    }
}
