//! What the contract was made with, for whoever counts by it and does not ask the chain.

use linkpool_contracts::pool::termsCall;

use crate::{Result, context::Context};

pub(crate) async fn guard_terms(context: &Context) -> Result<()> {
    let terms = context.chain.call(context.config.pool, &termsCall {}).await?;
    Ok(context.database.set_guard_terms(terms.maxShareBps, terms.reportAge.to()).await?)
}
