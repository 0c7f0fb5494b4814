//! Which instance of a role does the work. The database's clock decides; nothing that must never happen relies on it.

use sqlx::postgres::PgArguments;
use uuid::Uuid;

pub use crate::leader::Leader;
use crate::{
    Result,
    parameter::Bind,
    pool::Connection,
    statement::{args, maybe},
};

/// Proof of holding a lease at some moment. The epoch rises with each change of holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    pub holder: Uuid,
    pub epoch: i64,
}

/// Begins a statement that only the lease's holder may do, if a lease is given. It takes `$1` to `$3`; a lease as a parameter gives them.
pub(crate) const HELD: &str =
    "with held as (select 1 from lease where name = $1 and holder = $2::uuid and epoch = $3::bigint for share)";
/// The same as a part of a statement.
pub(crate) const HOLDER: &str = "select 1 from lease where name = $1 and holder = $2::uuid and epoch = $3::bigint for share";
/// The condition of such a statement: no lease is asked for, or it is the newest, and stays so until the statement has ended.
pub(crate) const HOLDS: &str = "($1::text is null or exists (select from held))";

/// The parameters of [`HELD`].
impl Bind for Option<&Lease> {
    fn bind(&self, to: &mut PgArguments) -> Result<()> {
        self.map(|lease| lease.name.as_str()).bind(to)?;
        self.map(|lease| lease.holder).bind(to)?;
        self.map(|lease| lease.epoch).bind(to)
    }
}

/// Whether `lease` is still the newest, locked against a take-over until the transaction ends.
pub(crate) async fn is_current(connection: &mut Connection, lease: &Lease) -> Result<bool> {
    let select = "select 1 from lease where name = $1 and holder = $2 and epoch = $3 for share";
    let current: Option<i32> = maybe(connection, select, args![lease.name, lease.holder, lease.epoch]).await?;
    Ok(current.is_some())
}
