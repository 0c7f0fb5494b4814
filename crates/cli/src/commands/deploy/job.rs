//! What is to be deployed, and what it costs.

use std::sync::Arc;

use anyhow::Result;
use linkpool_chain::Chain;
use linkpool_deploy::{Plan, Rehearsal, Standing, Terms, Token};
use linkpool_primitives::checksum;
use linkpool_tx_manager::Signer;

use super::{known::Known, options::Deploy};
use crate::{failure::Failure, money};

/// What is to be made.
pub enum Making {
    /// Everything.
    Pool { terms: Terms, token: Token },
    /// What passes earnings on, for a pool that stands already.
    Earnings(Standing),
}

impl Making {
    /// The name under which its transactions are kept.
    pub fn set(&self, options: &Deploy) -> String {
        match self {
            Self::Pool { .. } => options.set().to_owned(),
            Self::Earnings(standing) => format!("earnings-{:#x}", standing.pool),
        }
    }
}

/// Everything that is known before anything is sent.
pub struct Job<'a> {
    pub options: &'a Deploy,
    pub making: Making,
    pub chain: Chain,
    pub signer: Arc<dyn Signer>,
    pub known: Known,
    pub usual_tip_wei: Option<u128>,
    pub currency: &'a str,
}

impl Job<'_> {
    pub fn plan(&self) -> Plan {
        let (deployer, known) = (self.signer.address(), &self.known);
        match &self.making {
            Making::Pool { terms, token } => Plan::new(terms, *token, deployer, &known.nonces, known.next),
            Making::Earnings(standing) => Plan::earnings(*standing, deployer, &known.nonces, known.next),
        }
    }

    /// What somebody decides about a pool that is to be made.
    pub fn terms(&self) -> Option<&Terms> {
        match &self.making {
            Making::Pool { terms, .. } => Some(terms),
            Making::Earnings(_) => None,
        }
    }
}

/// What is left to pay, in wei.
pub struct Cost {
    pub deployer: String,
    pub balance_wei: u128,
    /// Per gas at the moment.
    pub fee_wei: u128,
    pub now_wei: u128,
    /// With the base fee doubled, which is what the first offer covers.
    pub max_wei: u128,
}

impl Cost {
    pub async fn of(job: &Job<'_>, rehearsal: &Rehearsal) -> Result<Self> {
        let (address, market) = (job.signer.address(), job.chain.market(job.usual_tip_wei).await?);
        let (gas, fee_wei) = (u128::from(rehearsal.total_gas()), market.price_wei());
        Ok(Self {
            deployer: checksum(&address),
            balance_wei: job.chain.balance(address).await?,
            fee_wei,
            now_wei: fee_wei.saturating_mul(gas),
            max_wei: fee_wei.saturating_add(market.base_fee_wei).saturating_mul(gas),
        })
    }

    pub fn refuse_poor(&self, currency: &str) -> Result<()> {
        if self.balance_wei >= self.max_wei {
            return Ok(());
        }
        Err(Failure::refused(format!(
            "the deployer {} has {} {currency}, and the deployment may take {}: send it some first",
            self.deployer,
            money::ether(self.balance_wei),
            money::ether(self.max_wei)
        )))
    }
}
