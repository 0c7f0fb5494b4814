//! What operators ask of registered nodes, made transactions.

use alloy::sol_types::SolCall;
use linkpool_contracts::pool::{closeNodeCall, reopenNodeCall};
use linkpool_db::{fleet::NodeAction, tx::NewIntent};

use crate::{Result, context::Context};

/// Queues the transaction of each request that has none.
pub(crate) async fn queue(context: &Context) -> Result<()> {
    for request in context.database.open_node_requests().await? {
        let data = match request.action {
            NodeAction::Close => closeNodeCall { node: request.wallet }.abi_encode(),
            NodeAction::Reopen => reopenNodeCall { node: request.wallet }.abi_encode(),
        };
        let intent = NewIntent::call(request.action.kind(), context.config.pool, data);
        context.database.queue_request(&context.account, &request, &intent).await?;
    }
    Ok(())
}
