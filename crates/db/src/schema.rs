//! The schema's version: what this executable needs, what the database has, and whether the two get along.
//!
//! The version is the number of the newest migration. An executable accepts a newer one as long as the database does not ask for
//! more than it knows: `migrations/README.md` has the rule by which a migration asks for it.

use std::collections::BTreeMap;

use crate::{Error, Result, pool::Connection};

pub(crate) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

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

pub(crate) async fn read(connection: &mut Connection) -> Result<Schema> {
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
