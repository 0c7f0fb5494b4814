//! What waits where, of every node that is open: one look at one final block.

use std::collections::HashMap;

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::{Chain, Error as ChainError};
use linkpool_contracts::{
    earnings_factory::earnings_of,
    feed::{acceptPayeeshipCall, owedPaymentCall, withdrawPaymentCall},
    link::balanceOfCall,
    pool::{nodeOfCall, termsCall},
};
use linkpool_db::{
    Database,
    earnings::SourceKind,
    fleet::{FleetNode, Phase},
};
use linkpool_primitives::{Address, BlockRef, NodeStatus, checksum};

use crate::{
    EarningsConfig, Result, operator,
    operator::juels,
    retiring::retiring,
    source::{Node, Sighting, Trouble, Wrong},
};

/// What a Chainlink node lets one transaction of its own take, unless told otherwise (`GasEstimator.LimitDefault`).
const ANSWER_GAS: u128 = 500_000;

/// Every place of every open node whose registration is final, at `block`. `only` is one node's wallet;
/// `made` are the Operators that their nodes are not named yet, by wallet.
pub(crate) async fn survey(
    config: &EarningsConfig,
    (chain, database): (&Chain, &Database),
    (block, price_wei): (&BlockRef, u128),
    only: Option<Address>,
    made: &HashMap<Address, Address>,
) -> Result<Vec<Sighting>> {
    let open = database.fleet_nodes().await?.into_iter().filter(|node| node.phase == Phase::Open && node.is_final);
    let open: Vec<(FleetNode, Address)> = open.filter_map(|node| node.wallet.map(|wallet| (node, wallet))).collect();
    let open: Vec<(FleetNode, Address)> =
        open.into_iter().filter(|(_, wallet)| only.is_none_or(|only| only == *wallet)).collect();
    // A chain whose final block is before the pool's has none.
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let link = chain.call_at(config.pool, &termsCall {}, block.hash).await?.link;
    let wallets: Vec<Address> = open.iter().map(|(_, wallet)| *wallet).collect();
    let statuses: Vec<nodeOfCall> = wallets.iter().map(|node| nodeOfCall { node: *node }).collect();
    let statuses = chain.call_many_at(config.pool, &statuses, block.hash).await?;
    let contracts = wallets.iter().map(|wallet| balanceOfCall { _owner: earnings_of(config.factory, *wallet) });
    let held = chain.call_many_at(link, &contracts.collect::<Vec<_>>(), block.hash).await?;
    let ether = chain.balances(&wallets).await?;
    let owed = feeds(config, chain, &wallets, block).await?;
    let leaving = retiring(database, config.pool, (block.timestamp, config.rules.leaving_interval)).await?;

    let mut sightings = Vec::new();
    for (((fleet_node, wallet), on_chain), (held, wei)) in open.into_iter().zip(statuses).zip(held.into_iter().zip(ether)) {
        let Some(status) = NodeStatus::of_wallet(on_chain.status)? else { continue };
        let contract = earnings_of(config.factory, wallet);
        let (id, is_ending) = (fleet_node.id, fleet_node.ending.is_some() || leaving.contains(&wallet));
        let is_made = chain.has_code(contract).await?;
        let node = Node { id, wallet, contract, is_made, status, is_ending };
        let sighting = |kind, source, waiting| Sighting {
            node: node.clone(),
            kind,
            source,
            waiting,
            unanswered: 0,
            nonce: 0,
            trouble: None,
            must_take: false,
            is_unnamed: false,
        };
        sightings.push(sighting(SourceKind::Plain, contract, juels(held)));
        let (named, unnamed) = (fleet_node.operator, made.get(&wallet).copied());
        if let Some(operator) = named.or(unnamed) {
            let seen = operator::look(chain, link, &node, operator, block.hash).await?;
            let trouble = seen.trouble.or_else(|| poor(wallet, wei, price_wei.saturating_mul(ANSWER_GAS)));
            let nonce = chain.nonce_at(wallet, block.number).await?;
            let (unanswered, must_take) = (seen.unanswered, seen.must_take && !node.is_retired());
            let is_unnamed = named.is_none();
            // One that was made a moment ago is looked at when it is final.
            if named.is_some() || seen.is_there {
                let sighting = sighting(SourceKind::Operator, operator, seen.waiting);
                sightings.push(Sighting { unanswered, nonce, trouble, must_take, is_unnamed, ..sighting });
            }
        }
        for (feed, owed) in owed.get(&wallet).into_iter().flatten() {
            let trouble = payee(chain, &node, *feed).await?;
            sightings.push(Sighting { trouble, ..sighting(SourceKind::Feed, *feed, *owed) });
        }
    }
    sightings.iter_mut().for_each(retired);
    Ok(sightings)
}

/// What comes after a retirement is nobody's stake's.
fn retired(sighting: &mut Sighting) {
    if sighting.node.is_retired() && sighting.waiting > 0 {
        let sentence = "the node has retired: what it earns now goes to the pool's sink, to which anybody may send it".to_owned();
        sighting.trouble = Some(Trouble::new(Wrong::Retired, sentence));
    }
}

fn poor(wallet: Address, wei: u128, answer_wei: u128) -> Option<Trouble> {
    (wei < answer_wei).then(|| {
        let sentence = format!(
            "the node's wallet {} has {wei} wei, and an answer may cost {answer_wei}: send it ether, or have the registrar fill it up \
             (registrar.funding_top_up_below_eth)",
            checksum(&wallet)
        );
        Trouble::new(Wrong::NoEther, sentence)
    })
}

/// What each feed owes each wallet to which it owes anything.
async fn feeds(
    config: &EarningsConfig,
    chain: &Chain,
    wallets: &[Address],
    block: &BlockRef,
) -> Result<HashMap<Address, Vec<(Address, u128)>>> {
    let mut owed: HashMap<Address, Vec<(Address, u128)>> = HashMap::new();
    for feed in &config.feeds {
        let calls: Vec<owedPaymentCall> = wallets.iter().map(|wallet| owedPaymentCall { transmitter: *wallet }).collect();
        let answers = match chain.call_many_at(*feed, &calls, block.hash).await {
            Ok(answers) => answers,
            Err(ChainError::Reverted { .. } | ChainError::Absent { .. } | ChainError::UnexpectedContract { .. }) => {
                let feed = checksum(feed);
                tracing::warn!(
                    feed,
                    "earnings.feeds names a contract that is no feed of the kind OCR: it does not say what it owes"
                );
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        for (wallet, amount) in wallets.iter().zip(answers).filter(|(_, amount)| *amount > U256::ZERO) {
            owed.entry(*wallet).or_default().push((*feed, juels(amount)));
        }
    }
    Ok(owed)
}

/// Whether what a feed owes the node's wallet is paid to the node's contract. A feed does not say who the payee is; trying tells.
async fn payee(chain: &Chain, node: &Node, feed: Address) -> Result<Option<Trouble>> {
    let (transmitter, contract) = (node.wallet, node.contract);
    let calls = [withdrawPaymentCall { transmitter }.abi_encode(), acceptPayeeshipCall { transmitter }.abi_encode()];
    for call in calls {
        match chain.simulate(contract, feed, call).await {
            Ok(_) => return Ok(None),
            Err(ChainError::Reverted { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let (feed, wallet, contract) = (checksum(&feed), checksum(&node.wallet), checksum(&contract));
    let sentence = format!(
        "the feed {feed} pays another than the node's own contract: the payee of {wallet} has to call transferPayeeship({wallet}, {contract}) there, \
         or it keeps what the feed owes"
    );
    Ok(Some(Trouble::new(Wrong::NotTheNodes, sentence)))
}
