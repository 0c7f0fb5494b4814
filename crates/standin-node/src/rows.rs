//! What a node that has a database to itself holds, as text and back: for tests that keep it and bring it back. Its runs and transactions are left out.

use linkpool_chainlink::Secret;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use crate::{
    LeaseTiming, Schema, StandinError, VERSION,
    lease::Lease,
    store::{Store, connect},
};

const TABLES: [&str; 6] = ["evm_key", "keystore_password", "node_versions", "api_user", "bridge_type", "job"];

/// Statements that put the rows into tables without any.
///
/// # Errors
/// The database's.
pub async fn rows_as_text(database_url: &Secret) -> Result<String, StandinError> {
    let pool = connect(database_url, VERSION, Uuid::new_v4()).await?;
    let mut text = String::new();
    for table in TABLES {
        let select = format!("SELECT coalesce(json_agg(t), '[]')::text FROM {table} t");
        let rows: String = sqlx::query(AssertSqlSafe(select)).fetch_one(&pool).await?.try_get(0)?;
        text += &format!("INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $rows${rows}$rows$);\n");
    }
    text += "SELECT setval(pg_get_serial_sequence('job', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM job));\n";
    pool.close().await;
    Ok(text)
}

/// Makes the tables, as the node's first boot does, and puts such rows into them.
///
/// # Errors
/// The database's.
pub async fn make_from_text(database_url: &Secret, text: String) -> Result<(), StandinError> {
    let id = Uuid::new_v4();
    let pool = connect(database_url, VERSION, id).await?;
    let store = Store::new(pool.clone(), Schema::of_own_database());
    Lease::new(store.clone(), id, LeaseTiming::default()).prepare().await?;
    store.create_tables().await?;
    sqlx::raw_sql(AssertSqlSafe(text)).execute(&pool).await?;
    pool.close().await;
    Ok(())
}
