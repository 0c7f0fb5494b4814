//! Databases themselves: made for a development stack, and one for each test.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, postgres::PgConnectOptions};
use std::str::FromStr;

use crate::{Error, Result};

/// Creates a database if it does not exist and returns its URL. `server_url` names any existing database of the server.
pub async fn create_database(server_url: &str, name: &str) -> Result<String> {
    assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "a database name is letters, digits and _");
    let options = PgConnectOptions::from_str(server_url).map_err(|_| Error::Url)?;
    let mut connection = options.connect().await?;
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut connection)
        .await?;
    if !exists {
        sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(options.database(name).to_url_lossy().to_string())
}
