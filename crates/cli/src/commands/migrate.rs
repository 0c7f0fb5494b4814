//! `linkpool migrate`

use anyhow::Result;

use super::connect;
use crate::config::Config;

pub async fn run(config: &Config) -> Result<()> {
    connect::database(config).await?.close().await;
    println!("the database is up to date");
    Ok(())
}
