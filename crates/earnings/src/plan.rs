//! What would be sent, of everything that waits: the role hands it in, a person looks at it.

use std::collections::HashSet;

use linkpool_chain::Chain;
use linkpool_db::{
    Database,
    earnings::{EarningsSource, SourceKind},
};
use linkpool_primitives::{Address, BlockRef};
use linkpool_tx_manager::Account;

use crate::{
    EarningsConfig, Error, Price, Result,
    making::Operators,
    pass::Pass,
    price::price,
    source::{Sighting, Step},
    survey::survey,
    verdict::{Planned, Sending, Verdict},
};

/// One look, and what follows from it.
#[derive(Debug)]
pub struct Plan {
    /// What it is as of: the final block, or the newest where one node's is to go at once.
    pub block: BlockRef,
    pub price: Price,
    pub planned: Vec<Planned>,
    pub(crate) sightings: Vec<Sighting>,
    /// What is to be kept of each place.
    pub(crate) rows: Vec<EarningsSource>,
    /// What was kept of places that are none any more.
    pub(crate) gone: Vec<EarningsSource>,
}

impl Plan {
    /// Looks at everything; changes and sends nothing. With `only`, what waits of the node with this wallet goes now, whatever its gas
    /// costs and however little it is.
    ///
    /// # Errors
    /// Those of chain and database.
    pub async fn look(
        config: &EarningsConfig,
        (chain, database): (&Chain, &Database),
        account: Account,
        only: Option<Address>,
    ) -> Result<Self> {
        let heads = chain.heads().await?;
        let block = match only {
            Some(_) => heads.head,
            None => chain.header(config.transactions.final_block(&heads)).await?.ok_or(Error::NothingFinal)?.block,
        };
        let (price, price_wei) =
            (price(chain, config.price, &block).await?, chain.market(config.transactions.usual_tip_wei).await?.price_wei());
        // One node's, at once, is what waits and no more.
        let operators = match only {
            None => Operators::look(config, (chain, database), account, price_wei).await?,
            Some(_) => Operators::default(),
        };
        let sightings = survey(config, (chain, database), (&block, price_wei), only, &operators.made).await?;
        let known = database.earnings_sources().await?;
        let mut pass =
            Pass { config, chain, database, account, block, price: &price, price_wei, is_forced: only.is_some(), known };
        let (mut planned, mut rows, mut made) = (operators.planned, Vec::new(), HashSet::new());
        for sighting in &sightings {
            let (row, mut verdict) = pass.decide(sighting).await?;
            rows.push(row);
            // What waits at the contract itself is passed on by the factory, which makes the contract: nobody else need.
            let makes_it = match &verdict {
                Verdict::UnderWay { .. } => true,
                Verdict::Send(sending) => sending.step == Step::Pass,
                Verdict::Stays(_) | Verdict::Name => false,
            };
            if !sighting.node.is_made && sighting.kind == SourceKind::Plain && makes_it {
                made.insert(sighting.node.wallet);
            }
            if let Verdict::Send(sending) = &verdict
                && sending.step == Step::Create
                && !made.insert(sighting.node.wallet)
            {
                verdict = Verdict::Stays("the node's own contract is made by another transaction first".into());
            }
            planned.push(Planned {
                node_id: sighting.node.id.clone(),
                wallet: sighting.node.wallet,
                kind: sighting.kind,
                source: sighting.source,
                waiting: sighting.waiting,
                unanswered: sighting.unanswered,
                verdict,
            });
        }
        // Of one node alone nothing is known of the others.
        let gone = if only.is_some() { Vec::new() } else { std::mem::take(&mut pass.known) };
        Ok(Self { block, price, planned, sightings, rows, gone })
    }

    /// What is wrong with a place, a sentence each.
    pub fn troubles(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(|row| row.trouble.as_deref())
    }

    /// The transactions, in the order of the nodes.
    pub fn sendings(&self) -> impl Iterator<Item = (&Planned, &Sending)> {
        self.planned.iter().filter_map(|planned| match &planned.verdict {
            Verdict::Send(sending) => Some((planned, sending)),
            Verdict::Stays(_) | Verdict::UnderWay { .. } | Verdict::Name => None,
        })
    }
}
