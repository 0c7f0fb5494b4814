//! One statement that reads its rows and the block they hold at: a whole answer for one trip to the database.

use sqlx::postgres::{PgArguments, PgRow};

use crate::{
    Result,
    column::{Record, Take},
    cursor::{self, Cursor},
    pool::Pool,
};

/// Rows as they are at the cursor.
#[derive(Debug, Clone)]
pub struct Dated<T> {
    pub cursor: Cursor,
    pub rows: Vec<T>,
}

/// `select` reads the state tables alone; its columns have none of the cursor's names. `None` before a deployment is recorded.
pub(crate) async fn read<T: Record>(pool: &Pool, select: &str, parameters: PgArguments) -> Result<Option<Dated<T>>> {
    let statement = format!(
        "select {}, found.* from {} left join lateral (select true as is_found, rows.* from ({select}) rows) found on true",
        cursor::COLUMNS,
        cursor::READABLE
    );
    let read = pool.ask(statement, parameters).await?;
    let Some(first) = read.first() else { return Ok(None) };
    let cursor = Cursor::read(first)?;
    let is_found = |row: &&PgRow| row.take::<Option<bool>>("is_found").is_ok_and(|found| found == Some(true));
    let rows = read.iter().filter(is_found).map(T::read).collect::<Result<_>>()?;
    Ok(Some(Dated { cursor, rows }))
}
