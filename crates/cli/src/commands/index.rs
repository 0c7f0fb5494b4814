//! `linkpool index`

use anyhow::{Context, Result};
use linkpool_indexer::Followed;
use tracing::info;

use super::connect;
use crate::{arguments::Index, config::Config, failure::Failure, shutdown};

pub async fn run(config: &Config, options: &Index) -> Result<()> {
    let shutdown = shutdown::token()?;
    config.indexer.check()?;
    let chain = connect::chain(config).await?;
    let database = connect::database(config).await?;
    let pool = connect::pool(config, &database).await?;
    chain.require_code(pool).await?;
    let known = database.deployment().await?.is_some();
    let deploy_block = options.deploy_block.or(config.deploy_block());
    let deploy_block = match deploy_block {
        Some(block) => block,
        None if known => 0,
        None => return Err(Failure::bad_input("pass --deploy-block BLOCK once: the block in which the contract was deployed")),
    };
    let followed = linkpool_indexer::follow(&chain, &database, pool, deploy_block).await.context("choosing the contract")?;
    info!(%pool, resumed = followed == Followed::Resumed, "following the contract");
    let settings = config.indexer.settings(pool);
    linkpool_indexer::run(settings, chain, database, shutdown).await.context("indexing")
}
