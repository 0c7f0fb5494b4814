//! Which instance of a role does the work. The database's clock decides; nothing that must never happen relies on it.

use uuid::Uuid;

pub use crate::leader::Leader;
use crate::{Result, pool::Connection};

/// Proof of holding a lease at some moment. The epoch rises with each change of holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    pub holder: Uuid,
    pub epoch: i64,
}

/// Begins a statement that only the lease's holder may do, if a lease is given. It takes `$1` to `$3`; [`bind`] gives them.
pub(crate) const HELD: &str =
    "with held as (select 1 from lease where name = $1 and holder = $2::uuid and epoch = $3::bigint for share)";
/// The condition of such a statement: no lease is asked for, or it is the newest, and stays so until the statement has ended.
pub(crate) const HOLDS: &str = "($1::text is null or exists (select from held))";

type Statement<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

/// The parameters of [`HELD`].
pub(crate) fn bind<'q>(statement: Statement<'q>, lease: Option<&Lease>) -> Statement<'q> {
    let (name, holder) = (lease.map(|lease| lease.name.clone()), lease.map(|lease| lease.holder));
    statement.bind(name).bind(holder).bind(lease.map(|lease| lease.epoch))
}

/// Whether `lease` is still the newest, locked against a take-over until the transaction ends.
pub(crate) async fn is_current(connection: &mut Connection, lease: &Lease) -> Result<bool> {
    let current: Option<(i32,)> = sqlx::query_as("select 1 from lease where name = $1 and holder = $2 and epoch = $3 for share")
        .bind(&lease.name)
        .bind(lease.holder)
        .bind(lease.epoch)
        .fetch_optional(connection)
        .await?;
    Ok(current.is_some())
}
