//! The contracts on a development chain: the real LINK token, the timelock, the pool, the lens.

use std::{fs, path::Path};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::Chain;
use linkpool_contracts::{creation, link, pool};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use serde::{Deserialize, Serialize};

use super::People;
use crate::{Error, Result};

const FILE: &str = "contracts.json";
/// The pool refuses an owner whose delay is shorter than its unbonding time.
const UNBONDING_SECONDS: u64 = 28 * 86_400;
/// What each demo holder starts with.
const HOLDER_LINK: u128 = 250_000;
/// The network's size in the project's founding article, and the share of it that the pool may run.
const NETWORK_NODES: u32 = 19_000;
const MAX_SHARE_BPS: u16 = 1_000;
/// Far above the defaults of a real deployment, so that benches can make hundreds of nodes at once.
const REGISTRATIONS: u32 = 1_000;
const REGISTRAR: u8 = 1;
const GUARDIAN: u8 = 2;
const SLASHER: u8 = 4;
const REPORTER: u8 = 8;

/// Where everything is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contracts {
    pub link: Address,
    pub timelock: Address,
    pub pool: Address,
    pub lens: Address,
    pub deploy_block: u64,
}

impl Contracts {
    /// Those of an earlier run if the chain still has them, else new ones. `folder` keeps where they are.
    pub async fn find_or_deploy(chain: &Chain, people: &People, folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        if let Ok(text) = fs::read_to_string(&file) {
            let unreadable = |error| Error::Data { message: format!("{} is not readable ({error}): delete it", file.display()) };
            let known: Self = serde_json::from_str(&text).map_err(unreadable)?;
            if chain.require_code(known.pool).await.is_ok() {
                refresh_report(chain, people, known.pool).await?;
                return Ok(known);
            }
        }
        let contracts = Self::deploy(chain, people).await?;
        let text = serde_json::to_string_pretty(&contracts).map_err(|error| Error::Data { message: error.to_string() })?;
        fs::write(&file, text).map_err(Error::io(format!("write {}", file.display())))?;
        Ok(contracts)
    }

    /// Deploys everything and gives each holder 250,000 LINK.
    pub async fn deploy(chain: &Chain, people: &People) -> Result<Self> {
        let (link, _) = create(chain, people, creation::link_token()).await?;
        let (timelock, _) =
            create(chain, people, creation::timelock(UNBONDING_SECONDS, vec![people.operator], Vec::new())).await?;
        let (pool, deploy_block) = create(chain, people, creation::pool(setup(people, link, timelock))).await?;
        let (lens, _) = create(chain, people, creation::lens()).await?;
        for holder in &people.holders {
            let transfer = link::transferCall { _to: *holder, _value: U256::from(HOLDER_LINK * JUELS_PER_LINK) };
            chain.send_now(people.operator, Some(link), transfer.abi_encode()).await?;
        }
        Ok(Self { link, timelock, pool, lens, deploy_block })
    }
}

async fn create(chain: &Chain, people: &People, code: Vec<u8>) -> Result<(Address, u64)> {
    let receipt = chain.send_now(people.operator, None, code).await?;
    let missing = || Error::Data { message: format!("the deployment {} has no address", receipt.transaction_hash) };
    Ok((receipt.contract_address.ok_or_else(missing)?, receipt.block_number.unwrap_or_default()))
}

fn setup(people: &People, link: Address, owner: Address) -> pool::Setup {
    let grant = |account, roles| pool::Grant { account, roles };
    pool::Setup {
        link,
        owner,
        sink: people.treasury,
        feeRecipient: people.operator,
        feeBps: 500,
        maxShareBps: MAX_SHARE_BPS,
        defaultCapLink: 100_000,
        ceiling: NETWORK_NODES,
        reported: NETWORK_NODES,
        registrationBurst: REGISTRATIONS,
        registrationsPerDay: REGISTRATIONS,
        prooflessAllowed: false,
        grants: vec![
            grant(people.registrar, REGISTRAR),
            grant(people.guardian, GUARDIAN),
            grant(people.slasher, SLASHER),
            grant(people.reporter, REPORTER),
        ],
    }
}

/// A chain that slept for days has a stale report, and a stale report keeps new nodes out.
async fn refresh_report(chain: &Chain, people: &People, pool: Address) -> Result<()> {
    let report = pool::reportNetworkCall { size: NETWORK_NODES };
    chain.send_now(people.reporter, Some(pool), report.abi_encode()).await?;
    Ok(())
}
