//! The schema's version: what this executable needs, what the database has, and whether the two get along.
//!
//! The version is the number of the newest migration. An executable accepts a newer one as long as the database does not ask for
//! more than it knows: `migrations/README.md` has the rule by which a migration asks for it.

use std::collections::BTreeMap;

use crate::{
    Database, Error, Result, grants,
    pool::{Connection, LONG_WRITE},
};

pub(crate) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// Held by whoever migrates, until the end of the transaction: a number that nobody else uses.
const LOCK: i64 = 0x4c69_6e6b_506f_6f6c;
/// Longest wait for another that migrates.
const WAIT_FOR_OTHERS: &str = "set local lock_timeout = '10min'";
/// Longest wait for a table that somebody uses: everybody else who wants it waits behind us.
const WAIT_FOR_TABLES: &str = "set local lock_timeout = '15s'";

/// One migration of this executable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    pub number: i64,
    pub name: String,
}

/// A database's schema beside the one this executable was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The newest migration of the database; 0 for an empty one.
    pub found: i64,
    /// The newest migration of this executable.
    pub known: i64,
    /// What an executable has to know to work on the database.
    pub needs: i64,
    /// This executable's migrations that the database lacks.
    pub missing: Vec<Migration>,
    /// The first migration that was applied with another text than this executable's.
    pub unlike: Option<i64>,
}

impl Schema {
    /// The version that this executable was made for.
    pub fn known() -> i64 {
        MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
    }

    /// Whether this executable can work on the database as it is.
    ///
    /// # Errors
    /// [`Error::SchemaOlder`], which `linkpool migrate` ends, [`Error::SchemaNewer`], which only a newer executable does, or
    /// [`Error::SchemaUnlike`], which nothing does.
    pub fn check(&self) -> Result<()> {
        // Before the numbers, which mean nothing then.
        if let Some(number) = self.unlike {
            return Err(Error::SchemaUnlike { number });
        }
        if self.needs > self.known {
            return Err(Error::SchemaNewer { found: self.found, needs: self.needs, known: self.known });
        }
        if !self.missing.is_empty() {
            return Err(Error::SchemaOlder { found: self.found, known: self.known });
        }
        Ok(())
    }
}

impl Database {
    /// The database's schema. Changes nothing.
    pub async fn schema(&self) -> Result<Schema> {
        read(&mut self.pool.acquire().await?).await
    }

    /// Applies the migrations that are missing, all or none, and gives them. Any number of callers at once is safe: one migrates,
    /// and the others find nothing left to do. Users of `docs/database-roles.sql` that exist get what it grants them, so that
    /// no role stands before a new table without its right to it.
    pub async fn migrate(&self) -> Result<Vec<Migration>> {
        let mut transaction = self.pool.begin().await?;
        transaction.allow(LONG_WRITE).await?;
        sqlx::query(WAIT_FOR_OTHERS).execute(&mut *transaction).await?;
        sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
        sqlx::query(WAIT_FOR_TABLES).execute(&mut *transaction).await?;
        let before = read(&mut transaction).await?;
        if before.needs > before.known || before.unlike.is_some() {
            before.check()?;
        }
        if !before.missing.is_empty() {
            let mut migrator = sqlx::migrate::Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
            // The lock above lasts as long as the transaction; the driver's own would stay with the connection.
            migrator.set_locking(false).set_ignore_missing(true);
            migrator.run(transaction.driver()).await?;
            grants::give(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(before.missing)
    }
}

async fn read(connection: &mut Connection) -> Result<Schema> {
    let (has_migrations, has_needs): (bool, bool) =
        sqlx::query_as("select to_regclass('_sqlx_migrations') is not null, to_regclass('compatibility') is not null")
            .fetch_one(&mut *connection)
            .await?;
    let applied: BTreeMap<i64, Vec<u8>> = match has_migrations {
        true => {
            let all = sqlx::query_as("select version, checksum from _sqlx_migrations where success");
            all.fetch_all(&mut *connection).await?.into_iter().collect()
        }
        false => BTreeMap::new(),
    };
    let needs = match has_needs {
        true => sqlx::query_scalar("select needs from compatibility").fetch_one(connection).await?,
        // Older than the table: migrations that are missing say the rest.
        false => 0,
    };
    let missing = MIGRATIONS.iter().filter(|migration| !applied.contains_key(&migration.version));
    let missing = missing.map(|migration| Migration { number: migration.version, name: migration.description.to_string() });
    let is_unlike = |migration: &&sqlx::migrate::Migration| {
        applied.get(&migration.version).is_some_and(|checksum| *checksum != *migration.checksum)
    };
    let unlike = MIGRATIONS.iter().find(is_unlike).map(|migration| migration.version);
    let found = applied.keys().next_back().copied().unwrap_or(0);
    Ok(Schema { found, known: Schema::known(), needs, missing: missing.collect(), unlike })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(found: i64, known: i64, needs: i64) -> Schema {
        let missing = (found + 1..=known).map(|number| Migration { number, name: String::new() }).collect();
        Schema { found, known, needs, missing, unlike: None }
    }

    #[test]
    fn newer_by_what_an_executable_need_not_know_is_accepted_and_all_else_says_what_to_do() {
        assert!(schema(9, 9, 9).check().is_ok());
        assert!(schema(12, 9, 9).check().is_ok());
        for (found, needs, known, says) in [
            (7, 7, 9, "the database has schema 7, this linkpool needs 9: run `linkpool migrate`"),
            (0, 0, 9, "the database is empty, this linkpool needs schema 9: run `linkpool migrate`"),
            (
                12,
                11,
                9,
                "the database has schema 12, and this linkpool knows 9, where 11 is needed: use the release that migrated it, or a newer one",
            ),
        ] {
            assert_eq!(schema(found, known, needs).check().unwrap_err().to_string(), says);
        }
    }
}
