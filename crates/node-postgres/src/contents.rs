//! What a node's database holds, as far as a restore asks: whose it is, how far it is, by the tables that a node has.

use sqlx::{PgConnection, Row};

use crate::{
    Error, NodeDatabase, Result,
    connect::{open, within},
    server::ASK_TIMEOUT,
};

/// What stands in it. What a node has no table for is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// The version of the node that has run on it last.
    pub version: Option<String>,
    /// Its keys' addresses: 40 digits, small letters.
    pub wallets: Vec<String>,
    /// One more than the highest nonce that the wallet has used here.
    pub next_nonce: Option<u64>,
    /// Transactions of the wallet that are sent, or to be sent, and in no block yet.
    pub unfinished: u64,
    /// The numbers of the newest run and of the newest transaction.
    pub last_run: u64,
    pub last_transaction: u64,
}

impl NodeDatabase {
    /// What the node's own holds.
    ///
    /// # Errors
    /// If it can't be asked.
    pub async fn contents(&self, wallet: [u8; 20]) -> Result<Contents> {
        self.contents_of(&self.name, wallet).await
    }

    pub(crate) async fn contents_of(&self, database: &str, wallet: [u8; 20]) -> Result<Contents> {
        within(ASK_TIMEOUT, async {
            let options = self.options().database(database);
            let mut connection = open(&options, ASK_TIMEOUT).await.map_err(|error| match error {
                sqlx::Error::Database(error) => Error::NotLetIn { role: self.name.clone(), cause: error.message().to_owned() },
                error => error.into(),
            })?;
            read(&mut connection, wallet).await
        })
        .await
    }
}

async fn read(connection: &mut PgConnection, wallet: [u8; 20]) -> Result<Contents> {
    let mut contents = Contents::default();
    if has(connection, "node_versions").await? {
        let ask = "select version from node_versions order by created_at desc limit 1";
        contents.version = sqlx::query(ask).fetch_optional(&mut *connection).await?.map(|row| row.try_get(0)).transpose()?;
    }
    if has(connection, "evm.key_states").await? {
        let ask = "select distinct encode(address, 'hex') from evm.key_states order by 1";
        let rows = sqlx::query(ask).fetch_all(&mut *connection).await?;
        contents.wallets = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    }
    if has(connection, "evm.txes").await? {
        let ask = "select max(nonce) filter (where from_address = $1) + 1,
                count(*) filter (where from_address = $1 and state::text in ('unstarted', 'in_progress', 'unconfirmed')), coalesce(max(id), 0)::bigint
           from evm.txes";
        let row = sqlx::query(ask).bind(wallet.to_vec()).fetch_one(&mut *connection).await?;
        contents.next_nonce = row.try_get::<Option<i64>, _>(0)?.map(i64::unsigned_abs);
        contents.unfinished = row.try_get::<i64, _>(1)?.unsigned_abs();
        contents.last_transaction = row.try_get::<i64, _>(2)?.unsigned_abs();
    }
    if has(connection, "pipeline_runs").await? {
        let row = sqlx::query("select coalesce(max(id), 0)::bigint from pipeline_runs").fetch_one(&mut *connection).await?;
        contents.last_run = row.try_get::<i64, _>(0)?.unsigned_abs();
    }
    Ok(contents)
}

async fn has(connection: &mut PgConnection, table: &str) -> Result<bool> {
    Ok(sqlx::query("select to_regclass($1) is not null").bind(table).fetch_one(connection).await?.try_get(0)?)
}
