//! The node's EVM keys.

use alloy::{
    primitives::{Address, B256},
    signers::local::PrivateKeySigner,
};
use chrono::{DateTime, Utc};

use super::{Store, hash_secret};

/// One key.
#[derive(Clone, Debug)]
pub(crate) struct KeyRecord {
    pub address: Address,
    pub signer: PrivateKeySigner,
    pub chain_id: u64,
    pub disabled: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

type KeyRow = (Vec<u8>, i64, bool, DateTime<Utc>, DateTime<Utc>);

impl Store {
    /// Every key, oldest first; makes the first one on `chain_id` if there is none yet.
    ///
    /// Two replicas that both believe to hold the lease still end with one key: the check and the insert exclude each
    /// other.
    pub async fn ensure_key(&self, chain_id: u64) -> Result<Vec<KeyRecord>, sqlx::Error> {
        let mut transaction = self.locked_transaction().await?;
        let mut keys = self.read_keys(&mut *transaction).await?;
        if !keys.iter().any(|key| key.chain_id == chain_id) {
            keys.push(self.insert_key(&mut *transaction, chain_id).await?);
        }
        transaction.commit().await?;
        Ok(keys)
    }

    /// Makes another key.
    pub async fn create_key(&self, chain_id: u64) -> Result<KeyRecord, sqlx::Error> {
        self.insert_key(self.pool(), chain_id).await
    }

    /// Enables or disables a key.
    pub async fn save_disabled(&self, address: Address, disabled: bool) -> Result<DateTime<Utc>, sqlx::Error> {
        let (updated_at,): (DateTime<Utc>,) = self
            .query_as("UPDATE {schema}.evm_key SET disabled = $2, updated_at = now() WHERE address = $1 RETURNING updated_at")
            .bind(address.to_vec())
            .bind(disabled)
            .fetch_one(self.pool())
            .await?;
        Ok(updated_at)
    }

    /// Stores the password of the keystore at the first boot; false where it is another one.
    pub async fn keystore_opens_with(&self, password: &str) -> Result<bool, sqlx::Error> {
        let stored: Option<(Vec<u8>, Vec<u8>)> =
            self.query_as("SELECT salt, hash FROM {schema}.keystore_password").fetch_optional(self.pool()).await?;
        if let Some((salt, hash)) = stored {
            let salt = B256::try_from(salt.as_slice()).map_err(|error| corrupt(&error))?;
            return Ok(hash_secret(&salt, password).as_slice() == hash);
        }
        let salt = B256::new(rand::random());
        self.query("INSERT INTO {schema}.keystore_password (salt, hash) VALUES ($1, $2)")
            .bind(salt.to_vec())
            .bind(hash_secret(&salt, password).to_vec())
            .execute(self.pool())
            .await?;
        Ok(true)
    }

    /// Forgets every key, as a node does that lost its database.
    pub async fn forget_keys(&self) -> Result<(), sqlx::Error> {
        self.query("DELETE FROM {schema}.evm_key").execute(self.pool()).await?;
        Ok(())
    }

    async fn read_keys(&self, executor: impl sqlx::PgExecutor<'_>) -> Result<Vec<KeyRecord>, sqlx::Error> {
        let rows: Vec<KeyRow> = self
            .query_as(
                "SELECT private_key, evm_chain_id, disabled, created_at, updated_at
                 FROM {schema}.evm_key ORDER BY created_at, address",
            )
            .fetch_all(executor)
            .await?;
        rows.into_iter()
            .map(|(private_key, chain_id, disabled, created_at, updated_at)| {
                let private_key = B256::try_from(private_key.as_slice()).map_err(|error| corrupt(&error))?;
                let signer = PrivateKeySigner::from_bytes(&private_key).map_err(|error| corrupt(&error))?;
                let chain_id = u64::try_from(chain_id).map_err(|error| corrupt(&error))?;
                Ok(KeyRecord { address: signer.address(), signer, chain_id, disabled, created_at, updated_at })
            })
            .collect()
    }

    async fn insert_key(&self, executor: impl sqlx::PgExecutor<'_>, chain_id: u64) -> Result<KeyRecord, sqlx::Error> {
        let signer = PrivateKeySigner::random();
        let stored_chain_id = i64::try_from(chain_id).map_err(|error| corrupt(&error))?;
        let (created_at,): (DateTime<Utc>,) = self
            .query_as(
                "INSERT INTO {schema}.evm_key (address, private_key, evm_chain_id)
                 VALUES ($1, $2, $3) RETURNING created_at",
            )
            .bind(signer.address().to_vec())
            .bind(signer.to_bytes().to_vec())
            .bind(stored_chain_id)
            .fetch_one(executor)
            .await?;
        Ok(KeyRecord { address: signer.address(), signer, chain_id, disabled: false, created_at, updated_at: created_at })
    }
}

fn corrupt(error: &dyn std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(format!("a stored key is not usable: {error}").into())
}
