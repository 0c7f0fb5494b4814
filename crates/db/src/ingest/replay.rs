//! Events that are copied ahead of the state, taken from the table again: after a crash, and for whoever finds them and has not folded them
//! himself. What comes out is what the writer would have written, because the same fold makes it.

use linkpool_primitives::BlockRef;
use sqlx::{AssertSqlSafe, Row};

use super::{
    cursor::{self, Stands},
    projection::Projection,
};
use crate::{Error, Result, event::EventRow, events::Events, notice::Notice, pool::Connection, statement::args};

/// Events read at once.
const PAGE: i64 = 5_000;
/// What is folded and not written holds no more than this, and what one page adds.
const MAX_BEHIND_BYTES: usize = 24 << 20;

/// Writes the state up to where events are copied, unless it is there, and returns where the cursor then stands. It stays locked until the
/// transaction ends. `None` before anything is followed.
pub(super) async fn catch_up(connection: &mut Connection) -> Result<Option<Stands>> {
    let Some(stands) = cursor::hold(connection).await? else { return Ok(None) };
    if stands.projected == stands.copied {
        return Ok(Some(stands));
    }
    let events = project(connection, stands).await?;
    cursor::catch_up(connection, None, stands, &stands.copied).await?;
    Notice::Indexed { from: stands.projected.number, to: stands.copied.number, events }.send(connection).await?;
    Ok(Some(stands.at(stands.copied)))
}

/// [`catch_up`] of who goes on behind `expected`.
///
/// # Errors
/// [`Error::CursorMoved`] if the cursor stands elsewhere.
pub(super) async fn catch_up_to(connection: &mut Connection, expected: &BlockRef) -> Result<Stands> {
    let stands = catch_up(connection).await?;
    let is_there = |stands: &Stands| (stands.copied.number, stands.copied.hash) == (expected.number, expected.hash);
    stands.filter(is_there).ok_or(Error::CursorMoved { expected: expected.number })
}

async fn project(connection: &mut Connection, stands: Stands) -> Result<usize> {
    let statement = format!(
        "select {} from event where (block_number, log_index) > ($1, $2) and block_number <= $3 order by block_number, log_index limit $4",
        EventRow::columns()
    );
    let mut projection = Projection::begin(connection).await?;
    let (mut at, mut count) = ((stands.projected.number as i64, i32::MAX), 0);
    loop {
        let args = args![at.0, at.1, stands.copied.number, PAGE];
        let rows = sqlx::query_with(AssertSqlSafe(statement.clone()), args).fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else { break };
        at = (last.try_get("block_number")?, last.try_get("log_index")?);
        count += rows.len();
        let events: Events = rows.iter().map(EventRow::read).collect::<Result<_>>()?;
        drop(rows);
        projection.prepare(connection, &events).await?;
        projection.take(events.iter());
        if projection.bytes() > MAX_BEHIND_BYTES {
            projection.write(connection).await?;
        }
    }
    projection.write(connection).await?;
    Ok(count)
}
