//! A block at the tip in one statement: fence, events, headers, all that follows from them, notice and commit are one way to the server and
//! back.

use super::{Batch, Stands, cursor, projection::Unwritten, revision};
use crate::{
    Database, Error, Result,
    compound::Compound,
    contract_event,
    event::EventRow,
    lease::{HOLDER, Lease},
    notice::Notice,
    parameter::Bind,
};

/// Most events of one statement: what holds more is copied.
const MOST: usize = 1_000;
/// By which the database's function `fence` says what does not hold. It is asked before anything is written.
const LEASE_LOST: &str = "LP001";
const CURSOR_MOVED: &str = "LP002";

/// Whether it can be written so. Who is followed is looked up in the events once they are written.
pub(super) fn is_small(batch: &Batch) -> bool {
    batch.events.len() <= MOST && batch.dead_letters.is_empty() && batch.events.owner_blocks().is_empty()
}

/// Writes a batch and what follows from it, behind where both cursors stand.
pub(super) async fn append(
    database: &Database,
    lease: &Lease,
    stands: Stands,
    batch: &Batch,
    unwritten: &Unwritten,
    notice: &Notice,
) -> Result<()> {
    let mut compound = Compound::default();
    compound.part("held", HOLDER, 3, |to| Some(lease).bind(to))?;
    cursor::add_advance(&mut compound, stands, batch)?;
    EventRow::insert(&batch.events.iter().collect::<Vec<_>>(), &mut compound)?;
    contract_event::add_to(&batch.followed.events, &mut compound)?;
    revision::add_headers(&mut compound, batch)?;
    unwritten.add_to(&mut compound)?;
    notice.add_to(&mut compound)?;
    let last = "select fence(exists (select from held), exists (select from moved)), (select count(*) from told)";
    let fenced: Result<(bool, i64)> = compound.run(database.pool.writing(), last).await;
    fenced.map(drop).map_err(|error| match code(&error).as_deref() {
        Some(LEASE_LOST) => Error::LeaseLost { name: lease.name.clone() },
        Some(CURSOR_MOVED) => Error::CursorMoved { expected: stands.copied.number },
        _ => error,
    })
}

fn code(error: &Error) -> Option<String> {
    match error {
        Error::Query(sqlx::Error::Database(error)) => error.code().map(Into::into),
        _ => None,
    }
}
