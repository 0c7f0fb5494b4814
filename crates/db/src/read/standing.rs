//! Reading without a transaction: each statement says itself at which block it has read, so that an answer made of several is of one
//! block for as many trips to the database as there are statements.
//!
//! What readers see changes with the cursor's hash and revision alone, in the transaction that moves it. So statements that met the same
//! two have seen the same rows.

use linkpool_primitives::B256;
use sqlx::postgres::{PgArguments, PgRow};

use crate::{
    Error, Result,
    column::Take,
    cursor::{self, Cursor},
    pool::Asking,
};

/// The rows of `statement` at `cursor`, in its order: the other side of the join is one row. Its columns keep their places; none has a name
/// that is added here.
///
/// # Errors
/// [`Error::Moved`] where the cursor stands elsewhere by now.
pub(super) async fn read(asking: &Asking, cursor: &Cursor, statement: &str, parameters: PgArguments) -> Result<Vec<PgRow>> {
    let statement = format!(
        "select found.*, c.block_hash as standing_hash, c.revision as standing_revision
           from {} left join lateral (select rows.*, true as is_found from ({statement}) rows) found on true",
        cursor::READABLE
    );
    let mut rows = asking.ask(statement, parameters).await?;
    let first = rows.first().ok_or(Error::Moved)?;
    let standing: (B256, u64) = (first.take("standing_hash")?, first.take("standing_revision")?);
    if standing != (cursor.block.hash, cursor.revision) {
        return Err(Error::Moved);
    }
    // Where nothing was found, one row says where the cursor stands.
    if first.take::<Option<bool>>("is_found")?.is_none() {
        rows.clear();
    }
    Ok(rows)
}
