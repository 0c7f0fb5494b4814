//! While a chain is read from its beginning, the large tables have no index but their primary keys: keeping eight of them row by
//! row costs several times what the rows themselves cost. They are built behind the backfill, each in a transaction of its own that
//! holds nothing else; only what replaces rows, and so needs them, builds in its own transaction what is still missing.
//!
//! The table `deferred_index` holds their definitions meanwhile, and is empty when all are there. Until then some reads are slow. The
//! functions run as the tables' owner, which the indexer's database user is not.

use crate::{
    Database, Result,
    pool::{Connection, LONG_WRITE_TIMEOUT},
    statement::{args, one, run},
};

const ARE_MISSING: &str = "select exists (select from deferred_index)";

/// Takes the indexes away, unless they are away already. The tables must be empty: dropping locks readers out.
pub(crate) async fn defer(connection: &mut Connection) -> Result<()> {
    run(connection, "select defer_indexes()", args![]).await?;
    Ok(())
}

/// Builds the indexes that are dropped. Costs a look into an empty table where none is.
pub(super) async fn build(connection: &mut Connection) -> Result<()> {
    if !one::<bool>(&mut *connection, ARE_MISSING, args![]).await? {
        return Ok(());
    }
    connection.allow(LONG_WRITE_TIMEOUT).await?;
    run(&mut *connection, "select build_indexes()", args![]).await?;
    run(connection, "select analyze_tables()", args![]).await?;
    Ok(())
}

/// Builds two of those that are dropped side by side, and says whether there was one; after the last the planner is told about the tables.
pub(super) async fn build_some(database: &Database) -> Result<bool> {
    let (one, another) = tokio::join!(build_one(database), build_one(database));
    let is_built = one? | another?;
    if is_built && database.has_all_indexes().await? {
        run(database.pool.writing(), "select analyze_tables()", args![]).await?;
    }
    Ok(is_built)
}

async fn build_one(database: &Database) -> Result<bool> {
    let mut transaction = database.pool.begin().await?;
    transaction.allow(LONG_WRITE_TIMEOUT).await?;
    let is_built: bool = one(&mut *transaction, "select build_index()", args![]).await?;
    transaction.commit().await?;
    Ok(is_built)
}

impl Database {
    /// Whether every index that a reader needs is there: not before the end of a first backfill, and some seconds of building.
    pub async fn has_all_indexes(&self) -> Result<bool> {
        Ok(!one::<bool>(&self.pool, ARE_MISSING, args![]).await?)
    }
}
