//! What the fleet's user of the server may do.

use sqlx::Row;

use crate::{
    Result, Server,
    connect::{open, within},
    server::ASK_TIMEOUT,
};

impl Server {
    /// What the fleet's user lacks, as the words of `ALTER ROLE` and `GRANT`; empty if it may do all that a fleet does.
    ///
    /// # Errors
    /// If the server can't be asked.
    pub async fn lacking(&self) -> Result<Vec<&'static str>> {
        let ask =
            "select rolsuper or rolcreatedb, rolsuper or rolcreaterole, pg_has_role(current_user, 'pg_read_all_stats', 'usage')
               from pg_roles where rolname = current_user";
        within(ASK_TIMEOUT, async {
            let mut connection = open(&self.options, ASK_TIMEOUT).await?;
            let row = sqlx::query(ask).fetch_one(&mut connection).await?;
            let has = |column: usize| row.try_get::<bool, _>(column);
            let all = [("CREATEDB", has(0)?), ("CREATEROLE", has(1)?), ("pg_read_all_stats", has(2)?)];
            Ok(all.into_iter().filter_map(|(name, has)| (!has).then_some(name)).collect())
        })
        .await
    }

    /// The fleet's user, for the statement that gives it something.
    pub fn user(&self) -> &str {
        self.options.get_username()
    }
}
