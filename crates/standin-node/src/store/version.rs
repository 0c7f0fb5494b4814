//! The version of the newest program that has held the database: a door that opens in one direction.

use semver::Version;

use super::Store;
use crate::StandinError;

impl Store {
    /// Refuses a program older than one that was here. Versions that are none, such as `unset`, pass.
    pub async fn require_version(&self, own: &str) -> Result<(), StandinError> {
        let Some(newest) = self.newest_version().await? else { return Ok(()) };
        match (Version::parse(own), Version::parse(&newest)) {
            (Ok(mine), Ok(theirs)) if theirs > mine => Err(StandinError::VersionTooLow { own: own.to_owned(), database: newest }),
            _ => Ok(()),
        }
    }

    /// Stores that this version was here.
    pub async fn save_version(&self, own: &str) -> Result<(), sqlx::Error> {
        if Version::parse(own).is_err() {
            return Ok(());
        }
        self.query(
            "INSERT INTO {schema}.node_versions (version, created_at) VALUES ($1, now())
             ON CONFLICT ((version IS NOT NULL)) DO UPDATE SET version = excluded.version, created_at = excluded.created_at",
        )
        .bind(own.to_owned())
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// `None` before the first boot.
    async fn newest_version(&self) -> Result<Option<String>, sqlx::Error> {
        let asked = self.query_as("SELECT version FROM {schema}.node_versions ORDER BY created_at DESC LIMIT 1");
        match asked.fetch_optional(self.pool()).await {
            Ok(row) => Ok(row.map(|(version,): (String,)| version)),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(UNDEFINED_TABLE) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Postgres's code for a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";
