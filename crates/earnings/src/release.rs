//! What becomes of a node's sources once it has retired and its last share has left: what waits goes to the sink, and the Operator and the payeeship
//! at feeds are offered to the pool's owner. By hand: nothing depends on when.

use alloy::sol_types::SolCall;
use linkpool_chain::{Chain, Draft, Error as ChainError};
use linkpool_contracts::{
    earnings::{releaseCall, releaseFeedCall},
    earnings_factory::{createCall, earnings_of},
    pool::{nodeOfCall, ownerCall},
    refusal,
};
use linkpool_db::{Database, earnings::SourceKind};
use linkpool_primitives::{Address, Juels, NodeStatus, checksum};
use linkpool_tx_manager::{Account, NewTransactionRequest, TransactionKind, said};

use crate::{
    EarningsConfig, Planned, Result, Sending, Step, Verdict,
    progress::{Progress, progress},
};

/// What is to be done about each source of the node with this wallet, in order; empty where no node has it.
///
/// # Errors
/// Those of chain and database.
pub async fn releases(
    config: &EarningsConfig,
    (chain, database): (&Chain, &Database),
    account: Account,
    wallet: Address,
) -> Result<Vec<Planned>> {
    let nodes = database.fleet_nodes().await?;
    let Some(node) = nodes.into_iter().find(|node| node.wallet == Some(wallet)) else { return Ok(Vec::new()) };
    let operator = node.operator.map(|operator| (SourceKind::Operator, operator));
    let feeds = config.feeds.iter().map(|feed| (SourceKind::Feed, *feed));
    let sources: Vec<(SourceKind, Address)> = operator.into_iter().chain(feeds).collect();
    let planned =
        |(kind, source), verdict| Planned { node_id: node.id.clone(), wallet, kind, source, waiting: 0, unanswered: 0, verdict };
    let contract = earnings_of(config.factory, wallet);
    if let Some(why) = not_left(config, chain, wallet).await? {
        return Ok(vec![planned((SourceKind::Plain, contract), Verdict::Stays(why))]);
    }
    let release = Release { config, chain, database, account, wallet, heir: chain.call(config.pool, &ownerCall {}).await? };
    // The others' calls need it, so it is alone until it is there.
    if !chain.has_code(contract).await? && !sources.is_empty() {
        let create = createCall { node: wallet }.abi_encode();
        let verdict = release.verdict(Step::Create, contract, (config.factory, create)).await?;
        return Ok(vec![planned((SourceKind::Plain, contract), verdict)]);
    }
    let mut all = Vec::new();
    for (kind, source) in sources {
        let call = match kind {
            SourceKind::Feed => releaseFeedCall { feed: source }.abi_encode(),
            SourceKind::Operator | SourceKind::Plain => releaseCall { operator: source }.abi_encode(),
        };
        all.push(planned((kind, source), release.verdict(Step::Release, source, (contract, call)).await?));
    }
    Ok(all)
}

/// Why it is too early.
async fn not_left(config: &EarningsConfig, chain: &Chain, wallet: Address) -> Result<Option<String>> {
    let node = chain.call(config.pool, &nodeOfCall { node: wallet }).await?;
    if NodeStatus::of_wallet(node.status)? != Some(NodeStatus::Retired) {
        return Ok(Some("the node has not retired: what it earns is its stakers'".into()));
    }
    Ok((node.totalShares.to::<u128>() > 0).then(|| {
        let link = Juels(node.assets.to()).to_link();
        format!("{link} LINK of stake are on the node still: once their owners have withdrawn (anybody may do it for them), run this again")
    }))
}

struct Release<'a> {
    config: &'a EarningsConfig,
    chain: &'a Chain,
    database: &'a Database,
    account: Account,
    wallet: Address,
    /// To whom it is offered.
    heir: Address,
}

impl Release<'_> {
    /// Once for each owner of the pool.
    async fn verdict(&self, step: Step, source: Address, (to, data): (Address, Vec<u8>)) -> Result<Verdict> {
        let Account { chain_id, address } = self.account;
        let name = format!("earnings/{chain_id}/{address:#x}/{}/{:#x}/{source:#x}/{:#x}", step.word(), self.wallet, self.heir);
        let key = match progress(self.database, &name).await? {
            Progress::Free { key } => key,
            Progress::UnderWay { id } => return Ok(Verdict::UnderWay { id }),
            Progress::Done { .. } => {
                return Ok(Verdict::Stays(format!(
                    "it was offered to the pool's owner, {}, who may accept it",
                    checksum(&self.heir)
                )));
            }
            Progress::Exhausted => {
                return Ok(Verdict::Stays("so many transactions have failed that a person must look: `linkpool tx list`".into()));
            }
        };
        match self.chain.simulate(address, to, data.clone()).await {
            Ok(_) => {}
            Err(ChainError::Reverted { message, data }) => {
                let reason = said(&message, refusal(&data));
                return Ok(Verdict::Stays(format!("it is not the node's own contract's, or can't be offered: {reason}")));
            }
            Err(error) => return Err(error.into()),
        }
        let gas = self.chain.estimate_gas(Draft { from: address, to: Some(to), value_wei: 0, data: &data }).await?;
        let price_wei = self.chain.market(self.config.transactions.usual_tip_wei).await?.price_wei();
        let request = NewTransactionRequest::call(TransactionKind::Earnings, to, data);
        Ok(Verdict::Send(Sending { step, key, request, gas, cost_wei: price_wei.saturating_mul(gas.into()) }))
    }
}
