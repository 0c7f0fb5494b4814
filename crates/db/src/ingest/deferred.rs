//! While a chain is read from its beginning, the large tables have no index but their primary keys: keeping eight of them row by
//! row costs several times what the rows themselves cost. They are built at once when the backfill ends, in the transaction of
//! the first block that is not final yet, so that a killed backfill finds either all of them or none.
//!
//! The table `deferred_index` holds their definitions meanwhile. Reads during a first backfill are slower. Both functions run as
//! the tables' owner, which the indexer's database user is not.

use crate::{
    Result,
    pool::{Connection, LONG_WRITE_TIMEOUT},
    statement::{args, one, run},
};

/// Takes the indexes away, unless they are away already. The tables must be empty: dropping locks readers out.
pub(crate) async fn defer(connection: &mut Connection) -> Result<()> {
    run(connection, "select defer_indexes()", args![]).await?;
    Ok(())
}

/// Builds the indexes that are dropped, and tells the planner about the tables. Costs a look into an empty table where none is.
pub(super) async fn build(connection: &mut Connection) -> Result<()> {
    let away: bool = one(&mut *connection, "select exists (select from deferred_index)", args![]).await?;
    if !away {
        return Ok(());
    }
    connection.allow(LONG_WRITE_TIMEOUT).await?;
    run(connection, "select build_indexes()", args![]).await?;
    Ok(())
}
