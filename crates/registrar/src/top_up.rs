//! Ether for wallets that run low, so that nodes can go on paying for their work.

use linkpool_contracts::pool::nodeOfCall;
use linkpool_db::{
    fleet::{FleetNode, Funded, Phase},
    tx::{NewTransactionRequest, TransactionKind},
};
use linkpool_primitives::{Address, NodeStatus};

use crate::{Result, config::Funding, context::Context};

/// Wallets asked about in one request.
const AT_ONCE: usize = 90;

impl Funding {
    /// What fills a new wallet of this balance; `None` where it has enough to begin with. A wallet that was paid and has spent
    /// a little since is not paid again.
    pub(crate) fn first_payment(&self, wallet: Address, balance_wei: u128) -> Option<NewTransactionRequest> {
        let enough_wei = self.initial_wei / 2;
        (balance_wei < enough_wei)
            .then(|| NewTransactionRequest::ether(TransactionKind::Fund, wallet, self.initial_wei - balance_wei, enough_wei))
    }

    /// What a wallet of this balance lacks; `None` while it has enough.
    fn lacks(&self, balance_wei: u128) -> Option<u128> {
        (balance_wei < self.top_up_below_wei).then(|| self.top_up_to_wei.saturating_sub(balance_wei)).filter(|wei| *wei > 0)
    }
}

/// Queues a payment for each node on chain whose wallet is low, unless it is retired.
pub(crate) async fn top_up(context: &Context) -> Result<()> {
    if context.config.funding.top_up_below_wei == 0 {
        return Ok(());
    }
    let nodes = context.database.nodes_with_wallet().await?;
    let open = nodes.iter().filter(|node| node.phase == Phase::Open);
    let wallets: Vec<(&FleetNode, Address)> = open.filter_map(|node| Some((node, node.wallet?))).collect();
    for some in wallets.chunks(AT_ONCE) {
        let accounts: Vec<Address> = some.iter().map(|(_, wallet)| *wallet).collect();
        for ((node, wallet), balance_wei) in some.iter().zip(context.chain.balances(&accounts).await?) {
            top_up_one(context, node, *wallet, balance_wei).await?;
        }
    }
    Ok(())
}

async fn top_up_one(context: &Context, node: &FleetNode, wallet: Address, balance_wei: u128) -> Result<()> {
    let (chain, funding) = (&context.chain, &context.config.funding);
    let Some(value_wei) = funding.lacks(balance_wei) else { return Ok(()) };
    let status = chain.call(context.config.pool, &nodeOfCall { node: wallet }).await?.status;
    // It gets no work and no stake any more, for ever.
    if NodeStatus::of_wallet(status)? == Some(NodeStatus::Retired) {
        return Ok(());
    }
    let request = NewTransactionRequest::ether(TransactionKind::TopUp, wallet, value_wei, funding.top_up_below_wei);
    if context.database.fund_wallet(&context.account, &node.id, &request, &context.config.funding_bounds()).await?
        == Funded::Queued
    {
        tracing::info!(node = node.id, value_wei, "a wallet runs low and gets ether");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_wallet_is_filled_unless_it_has_half_also_when_it_is_looked_at_before_it_is_paid() {
        let funding = Funding { initial_wei: 100, ..Funding::default() };
        let payment =
            |balance| funding.first_payment(Address::ZERO, balance).map(|request| (request.value_wei, request.enough_wei));
        assert_eq!([0, 49, 50, 100].map(payment), [Some((100, Some(50))), Some((51, Some(50))), None, None]);
    }

    #[test]
    fn a_wallet_is_filled_up_only_below_the_line() {
        let funding = Funding { top_up_below_wei: 40, top_up_to_wei: 100, ..Funding::default() };
        assert_eq!([0, 39, 40, 100, 200].map(|balance| funding.lacks(balance)), [Some(100), Some(61), None, None, None]);
        let senseless = Funding { top_up_to_wei: 10, ..funding };
        assert_eq!(senseless.lacks(20), None);
    }
}
