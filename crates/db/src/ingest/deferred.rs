//! While a chain is read from its beginning, the large tables have no index but their primary keys: keeping eight of them row by
//! row costs several times what the rows themselves cost. They are built at once when the backfill ends, in the transaction of
//! the first block that is not final yet, so that a killed backfill finds either all of them or none.
//!
//! The table `deferred_index` holds their definitions meanwhile; it exists only then. Reads during a first backfill are slower.

use sqlx::PgConnection;

use crate::Result;

/// Takes the indexes away, unless they are away already. The tables must be empty: dropping locks readers out.
pub(crate) async fn defer(connection: &mut PgConnection) -> Result<()> {
    sqlx::query(
        "do $$
         declare index text;
         begin
             if to_regclass('deferred_index') is not null then return; end if;
             create table deferred_index as
                 select i.indexname::text as name, i.indexdef as definition from pg_indexes i
                  where i.schemaname = current_schema() and i.tablename in ('event', 'position', 'ticket')
                    and not exists (select from pg_constraint c where c.conname = i.indexname and c.contype in ('p', 'u'));
             for index in select name from deferred_index loop
                 execute format('drop index %I', index);
             end loop;
         end $$",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Builds the indexes that are away, and tells the planner about the tables. Costs a look into the catalogue where none is.
pub(super) async fn build(connection: &mut PgConnection) -> Result<()> {
    sqlx::query(
        "do $$
         declare definition text;
         begin
             if to_regclass('deferred_index') is null then return; end if;
             set local maintenance_work_mem = '256MB';
             for definition in execute 'select definition from deferred_index order by name' loop
                 execute definition;
             end loop;
             drop table deferred_index;
             analyze event, node, position, ticket;
         end $$",
    )
    .execute(connection)
    .await?;
    Ok(())
}
