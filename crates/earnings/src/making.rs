//! Operators for the nodes whose jobs wait for one: made by this account, and the node's own contract's from their first block on. Once
//! that is final, and the node's wallet alone may answer there, the node is named it, and gets the jobs.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use linkpool_chain::{Chain, Creation};
use linkpool_contracts::{creation, earnings_factory::earnings_of, pool::termsCall};
use linkpool_db::{
    Database,
    earnings::SourceKind,
    fleet::{FleetNode, Phase, Source},
    tx::TransactionFilter,
};
use linkpool_jobs::{Progress as JobProgress, Variable};
use linkpool_primitives::Address;
use linkpool_tx_manager::{Account, NewTransactionRequest, TransactionKind};

use crate::{
    EarningsConfig, Planned, Result, Sending, Step, Verdict,
    progress::{Progress, operator_name, progress},
};

/// Transactions of the account that are looked through for what was made within a day; each node makes one.
const MAX_SEEN: u16 = 1_000;
const BUDGET_HOURS: i64 = 24;

/// How far the Operators are.
#[derive(Debug, Default)]
pub(crate) struct Operators {
    /// Those that are made and that no node is named yet, by the node's wallet.
    pub made: HashMap<Address, Address>,
    /// What is to be done about those that are not.
    pub planned: Vec<Planned>,
}

impl Operators {
    /// Looks at the nodes that want one. None does where the settings leave no budget for it.
    ///
    /// # Errors
    /// Those of chain and database.
    pub async fn look(
        config: &EarningsConfig,
        (chain, database): (&Chain, &Database),
        account: Account,
        price_wei: u128,
    ) -> Result<Self> {
        let mut operators = Self::default();
        let Some(budget_wei) = config.operators_per_day_wei else { return Ok(operators) };
        let (nodes, waiting) = (database.fleet_nodes().await?, waiting_nodes(database).await?);
        let wants = |node: &FleetNode| {
            node.phase == Phase::Open
                && node.is_final
                && node.source == Source::Fleet
                && node.ending.is_none()
                && node.operator.is_none()
                && waiting.contains(&node.id)
        };
        let mut left: Option<u128> = None;
        for (node, wallet) in nodes.iter().filter(|node| wants(node)).filter_map(|node| Some((node, node.wallet?))) {
            let verdict = match progress(database, &operator_name(&account, wallet)).await? {
                Progress::Done { nonce: Some(nonce), .. } => {
                    operators.made.insert(wallet, account.address.create(nonce));
                    continue;
                }
                Progress::Done { nonce: None, .. } | Progress::Exhausted => {
                    Verdict::Stays("so many transactions have failed that a person must look: `linkpool tx list`".into())
                }
                Progress::UnderWay { id } => Verdict::UnderWay { id },
                Progress::Free { key } => {
                    let sending = creating(config, chain, (account, wallet), (key, price_wei)).await?;
                    let known = match left {
                        Some(left) => left,
                        None => budget_wei.saturating_sub(made_today(database, account).await?.saturating_mul(sending.cost_wei)),
                    };
                    left = Some(known.saturating_sub(sending.cost_wei));
                    match known >= sending.cost_wei {
                        true => Verdict::Send(sending),
                        false => Verdict::Stays(format!(
                            "an Operator of its own costs {} wei, and earnings.operators_daily_cap_eth has no room for it within these 24 hours",
                            sending.cost_wei
                        )),
                    }
                }
            };
            let (kind, source) = (SourceKind::Operator, Address::ZERO);
            let node_id = node.id.clone();
            operators.planned.push(Planned { node_id, wallet, kind, source, waiting: 0, unanswered: 0, verdict });
        }
        Ok(operators)
    }
}

/// The nodes of which a job waits for their Operator.
async fn waiting_nodes(database: &Database) -> Result<HashSet<String>> {
    let nodes = database.jobs_of_nodes().await?;
    let waits = |detail: serde_json::Value| {
        let progress: JobProgress = serde_json::from_value(detail).unwrap_or_default();
        let operator = Variable::Operator.as_str();
        progress.waiting.iter().any(|item| item.variables.iter().any(|variable| variable == operator))
    };
    Ok(nodes.into_iter().filter_map(|node| waits(node.detail).then_some(node.node_id)).collect())
}

/// How many this account has made within a day, or is making.
async fn made_today(database: &Database, account: Account) -> Result<u128> {
    let since = database.clock().await? - TimeDelta::hours(BUDGET_HOURS);
    let filter = TransactionFilter { account: Some(account), limit: MAX_SEEN, ..TransactionFilter::default() };
    let views = database.transactions(&filter).await?;
    let made = views.iter().filter(|view| view.kind == TransactionKind::Deploy.as_str() && view.created_at > since);
    Ok(made.count() as u128)
}

async fn creating(
    config: &EarningsConfig,
    chain: &Chain,
    (account, wallet): (Account, Address),
    (key, price_wei): (String, u128),
) -> Result<Sending> {
    let link = chain.call(config.pool, &termsCall {}).await?.link;
    let data = creation::operator(link, earnings_of(config.factory, wallet));
    let nonce = chain.nonce(account.address).await?;
    let gas = chain.creation_gas(Creation { from: account.address, nonce, code: &data, pretended: &[] }).await?;
    let request = NewTransactionRequest { kind: TransactionKind::Deploy, recipient: None, value_wei: 0, data, enough_wei: None };
    Ok(Sending { step: Step::Make, key, request, gas, cost_wei: price_wei.saturating_mul(gas.into()) })
}
