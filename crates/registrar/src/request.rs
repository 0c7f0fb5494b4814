//! What operators ask of registered nodes, made transactions.

use alloy::sol_types::SolCall;
use linkpool_contracts::pool::{closeNodeCall, reopenNodeCall};
use linkpool_db::{fleet::NodeAction, tx::NewTransactionRequest};

use crate::{Result, context::Context};

/// Queues the transaction of each request that has none.
pub(crate) async fn queue(context: &Context) -> Result<()> {
    for node_request in context.database.open_node_requests().await? {
        let data = match node_request.action {
            NodeAction::Close => closeNodeCall { node: node_request.wallet }.abi_encode(),
            NodeAction::Reopen => reopenNodeCall { node: node_request.wallet }.abi_encode(),
        };
        let request = NewTransactionRequest::call(node_request.action.kind(), context.config.pool, data);
        context.database.queue_node_request(&context.account, &node_request, &request).await?;
    }
    Ok(())
}
