//! `linkpool deploy --earnings`: what passes earnings on, for a pool that stands already.

use std::path::Path;

use anyhow::Result;
use linkpool_chain::Chain;
use linkpool_contracts::{Artefact, pool::termsCall};
use linkpool_deploy::{Record, Standing};
use linkpool_primitives::checksum;

use crate::{commands::connect, config::Config, failure::Failure};

/// The pool of the settings, or the one that the database follows.
///
/// # Errors
/// Exit code 3 where it is no pool of ours, has what it needs already, or `before` is another pool's file.
pub async fn standing(config: &Config, chain: &Chain, before: Option<&Record>, file: &Path) -> Result<Standing> {
    let pool = connect::pool_on(config, Some(chain)).await?;
    if let Some(record) = before.filter(|record| record.pool != pool || record.chain_id != chain.chain_id()) {
        return Err(Failure::refused(format!(
            "{} is the file of the pool {} on chain {}, and the settings name {}: pass the folder of this pool's file, --out FOLDER",
            file.display(),
            checksum(&record.pool),
            record.chain_id,
            checksum(&pool)
        )));
    }
    if let Some(factory) = config.earnings_factory()?.or(before.and_then(|record| record.earnings_factory)) {
        return Err(Failure::refused(format!(
            "the pool {} has its earnings passed on already, by the factory {}; nothing was sent",
            checksum(&pool),
            checksum(&factory)
        )));
    }
    if !Artefact::StakingPool.is_code(&chain.code(pool).await?) {
        return Err(Failure::refused(format!(
            "the contract at {} is not the StakingPool of this version of linkpool: what pays into it is made by the version that made it",
            checksum(&pool)
        )));
    }
    let terms = chain.call(pool, &termsCall {}).await?;
    Ok(Standing { pool, token: terms.link, sink: terms.sink })
}
