//! Ether for wallets that run low, so that nodes can go on paying for their work.

use linkpool_chain::Chain;
use linkpool_db::{
    fleet::{FleetNode, Funded, FundingBounds, Phase},
    registrar::{IntentKind, NewIntent},
};

use crate::{Result, config::Funding, context::Context};

impl Funding {
    /// The bounds of every payment to a wallet.
    pub(crate) fn bounds(&self) -> FundingBounds {
        FundingBounds { daily_cap_wei: self.daily_cap_wei, pause: self.pause }
    }

    /// What a wallet of this balance lacks; `None` while it has enough.
    fn lacks(&self, balance_wei: u128) -> Option<u128> {
        (balance_wei < self.top_up_below_wei).then(|| self.top_up_to_wei.saturating_sub(balance_wei)).filter(|wei| *wei > 0)
    }
}

/// Queues a payment for each node on chain whose wallet is low.
pub(crate) async fn top_up(context: &Context) -> Result<()> {
    if context.config.funding.top_up_below_wei == 0 {
        return Ok(());
    }
    for node in context.database.nodes_with_wallet().await? {
        if node.phase == Phase::Open {
            top_up_one(context, &context.chain, &node).await?;
        }
    }
    Ok(())
}

async fn top_up_one(context: &Context, chain: &Chain, node: &FleetNode) -> Result<()> {
    let (Some(wallet), funding) = (node.wallet, &context.config.funding) else { return Ok(()) };
    let Some(value_wei) = funding.lacks(chain.balance(wallet).await?) else { return Ok(()) };
    let intent = NewIntent::ether(IntentKind::TopUp, wallet, value_wei, funding.top_up_below_wei);
    if context.database.fund_wallet(&context.account, &node.id, &intent, &funding.bounds()).await? == Funded::Queued {
        tracing::info!(node = node.id, value_wei, "a wallet runs low and gets ether");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_is_filled_up_only_below_the_line() {
        let funding = Funding { top_up_below_wei: 40, top_up_to_wei: 100, ..Funding::default() };
        assert_eq!([0, 39, 40, 100, 200].map(|balance| funding.lacks(balance)), [Some(100), Some(61), None, None, None]);
        let senseless = Funding { top_up_to_wei: 10, ..funding };
        assert_eq!(senseless.lacks(20), None);
    }
}
