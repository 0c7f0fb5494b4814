//! How stake, stakers and rewards develop: counters after each event that changes one, and a row for each hour and day.
//!
//! Everything here is the last value at some time, as in the rest of the state: going forward the values are carried from
//! event to event, and after a reorg they are taken from what remains.

mod before;
mod fold;
mod restore;
mod rows;
mod write;

pub(crate) use fold::Fold;
pub use fold::PERIODS;
pub(crate) use restore::restore;
pub(crate) use rows::HistoryRows;

use crate::{
    Result,
    pool::Connection,
    statement::{args, run},
};

/// Makes all of it anew from the events, as after a repair. A few seconds for a million events.
pub(crate) async fn rebuild(connection: &mut Connection) -> Result<()> {
    run(connection, "select rebuild_history()", args![]).await?;
    Ok(())
}
