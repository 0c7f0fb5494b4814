//! The transaction that somebody means.

use anyhow::Result;
use linkpool_db::{Database, tx::TransactionView};

use crate::failure::Failure;

/// By number, hash or key.
pub async fn find(database: &Database, word: &str) -> Result<TransactionView> {
    let id = match word.parse::<i64>() {
        Ok(id) => Some(id),
        Err(_) => database.find_transaction(word).await?,
    };
    let found = match id {
        Some(id) => database.transaction(id).await?,
        None => None,
    };
    found.ok_or_else(|| {
        Failure::bad_input(format!("there is no transaction `{word}`: give a number, hash or key from `linkpool tx list --all`"))
    })
}
