//! What the database knows of a deployment: the transactions that were begun under its keys.

use std::collections::BTreeMap;

use anyhow::Result;
use linkpool_chain::Chain;
use linkpool_contracts::Artefact;
use linkpool_db::{
    Database,
    tx::{Account, TransactionView},
};
use linkpool_deploy::Plan;
use linkpool_primitives::{Address, checksum};

use crate::failure::Failure;

/// The name of a chain's first set of contracts.
pub const FIRST: &str = "first";

pub struct Known {
    set: String,
    account: Account,
    begun: BTreeMap<Artefact, TransactionView>,
    /// Of the contracts whose transactions have one.
    pub nonces: BTreeMap<Artefact, u64>,
    /// The deployer's next nonce.
    pub next: u64,
}

impl Known {
    pub async fn read(database: &Database, chain: &Chain, deployer: Address, set: &str) -> Result<Self> {
        let chain_id = chain.chain_id();
        let account = Account { chain_id, address: deployer };
        let (mut begun, mut nonces) = (BTreeMap::new(), BTreeMap::new());
        for artefact in Artefact::ALL {
            let Some(id) = database.find_transaction(&key(chain_id, set, artefact)).await? else { continue };
            let Some(view) = database.transaction(id).await? else { continue };
            if let Some(nonce) = view.nonce {
                nonces.insert(artefact, nonce);
            }
            begun.insert(artefact, view);
        }
        let chain_nonce = chain.nonce(deployer).await?;
        let next = database.signer_state(&account).await?.map_or(chain_nonce, |state| state.next_nonce.max(chain_nonce));
        Ok(Self { set: set.to_owned(), account, begun, nonces, next })
    }

    /// # Errors
    /// Exit code 3 where this database follows a pool on the chain already and no other set was asked for.
    pub async fn refuse_second(database: &Database, chain_id: u64, set: &str) -> Result<()> {
        if let Some(followed) = database.deployment().await?
            && followed.chain_id == chain_id
            && set == FIRST
        {
            return Err(Failure::refused(format!(
                "this database follows the pool {} on chain {chain_id} already; nothing was sent. To deploy another on purpose, give it a name: --again NAME",
                checksum(&followed.pool)
            )));
        }
        Ok(())
    }

    /// Refuses to go on with what was begun by another account, or with other terms: half of it is on the chain already.
    pub fn check(&self, plan: &Plan) -> Result<()> {
        for (artefact, view) in &self.begun {
            let why = if view.account != self.account {
                format!("by the account {}", checksum(&view.account.address))
            } else if plan.step(*artefact).is_none_or(|step| step.creation != view.data) {
                "with other terms".to_owned()
            } else {
                continue;
            };
            return Err(Failure::refused(format!(
                "the deployment `{}` was begun {why} ({artefact} stands in transaction {}); go on with the same, or begin another under a new name: --again NAME",
                self.set, view.id
            )));
        }
        Ok(())
    }

    pub fn key(&self, artefact: Artefact) -> String {
        key(self.account.chain_id, &self.set, artefact)
    }
}

/// One contract of one set on one chain: whoever deploys it again goes on with the same transaction.
fn key(chain_id: u64, set: &str, artefact: Artefact) -> String {
    format!("deploy/{chain_id}/{set}/{artefact}")
}
