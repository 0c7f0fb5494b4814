//! Whether what is on the chain is what was meant: code, terms, roles.

use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::SolCall,
};
use linkpool_chain::{Chain, Error as ChainError};
use linkpool_contracts::{Artefact, earnings, earnings_factory, pool, timelock};
use linkpool_primitives::{Address, checksum};

use crate::{Plan, Result, Terms};

const DAY: u64 = 86_400;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, derive_more::Display)]
#[display("{what} is {found} and should be {expected}")]
pub struct Difference {
    pub what: String,
    pub expected: String,
    pub found: String,
}

/// Compares the newest state with the plan; `terms` are those of a pool that it makes. Nothing is different in a deployment that
/// nobody has changed since.
pub async fn verify(chain: &Chain, plan: &Plan, terms: Option<&Terms>) -> Result<Vec<Difference>> {
    let mut check = Check { chain, differences: Vec::new() };
    let made_by_others = plan.address(Artefact::NodeEarnings).map(|address| (Artefact::NodeEarnings, address));
    for (artefact, address) in plan.steps.iter().map(|step| (step.artefact, step.address)).chain(made_by_others) {
        let code = chain.code(address).await?;
        if !artefact.is_code(&code) {
            let found = if code.is_empty() { "not there".to_owned() } else { keccak256(&code).to_string() };
            check.differ(format!("the code of {artefact}"), artefact.code_hash(), found);
        }
    }
    // Without its code a contract answers nothing.
    if check.differences.is_empty() {
        if let (Some(terms), Some(timelock)) = (terms, plan.address(Artefact::TimelockController)) {
            check.pool(plan, timelock, terms).await?;
            check.timelock(plan, timelock, terms).await?;
        }
        check.earnings(plan).await?;
    }
    Ok(check.differences)
}

struct Check<'a> {
    chain: &'a Chain,
    differences: Vec<Difference>,
}

impl Check<'_> {
    /// What each node's own contract works with is written into the code that they share.
    async fn earnings(&mut self, plan: &Plan) -> Result<()> {
        let Some(factory) = plan.address(Artefact::NodeEarningsFactory) else { return Ok(()) };
        let shared = earnings_factory::implementation(factory);
        let found = self.chain.call(factory, &earnings_factory::IMPLEMENTATIONCall {}).await?;
        self.equal("the code that nodes' contracts share", checksum(&shared), checksum(&found));
        let found = self.chain.call(shared, &earnings::POOLCall {}).await?;
        self.equal("the pool that earnings go to", checksum(&plan.pool), checksum(&found));
        let found = self.chain.call(shared, &earnings::LINKCall {}).await?;
        self.equal("the token that is passed on", checksum(&plan.token), checksum(&found));
        let found = self.chain.call(shared, &earnings::SINKCall {}).await?;
        self.equal("where a retired node's earnings go", checksum(&plan.sink), checksum(&found));
        // It knows its own address, and is no node's.
        let refuses = match self.chain.call(shared, &earnings::nodeCall {}).await {
            Ok(_) => false,
            Err(ChainError::Reverted { .. }) => true,
            Err(error) => return Err(error.into()),
        };
        self.equal("whether the shared code refuses to be called itself", true, refuses);
        Ok(())
    }

    async fn pool(&mut self, plan: &Plan, timelock: Address, terms: &Terms) -> Result<()> {
        let at = plan.pool;
        let found = self.chain.call(at, &pool::termsCall {}).await?;
        self.equal("terms.link", checksum(&plan.token), checksum(&found.link));
        self.equal("terms.sink", checksum(&terms.sink), checksum(&found.sink));
        self.equal("terms.maxShareBps", terms.max_share_bps, found.maxShareBps);
        self.equal("terms.registrationBurst", terms.registrations_at_once, found.registrationBurst);
        let leak = DAY.div_ceil(terms.registrations_per_day.max(1).into());
        self.equal("terms.registrationLeak", leak, found.registrationLeak.to::<u64>());
        self.owner(at, timelock).await?;

        let totals = self.chain.call(at, &pool::totalsCall {}).await?;
        self.equal("the maker fee in basis points", terms.fee_bps, totals.feeBps);
        self.equal("the fee recipient", checksum(&terms.fee_recipient), checksum(&totals.feeRecipient));
        let registry = self.chain.call(at, &pool::registryCall {}).await?;
        self.equal("the default cap in LINK", terms.default_cap_link, registry.defaultCapLink);
        self.equal("the ceiling of the network's size", terms.network_ceiling, registry.ceiling);
        self.equal("whether unsigned wallets are allowed", terms.allow_unsigned_wallets, registry.prooflessAllowed);
        for (account, roles) in terms.roles() {
            let found = self.chain.call(at, &pool::rolesOfCall { account }).await?;
            self.equal(&format!("the roles of {}", checksum(&account)), roles, found);
        }
        Ok(())
    }

    async fn owner(&mut self, pool: Address, timelock: Address) -> Result<()> {
        let owner = self.chain.call(pool, &pool::ownerCall {}).await?;
        self.equal("the pool's owner", checksum(&timelock), checksum(&owner));
        let pending = self.chain.call(pool, &pool::pendingOwnerCall {}).await?;
        self.equal("the pool's next owner", checksum(&Address::ZERO), checksum(&pending));
        Ok(())
    }

    async fn timelock(&mut self, plan: &Plan, at: Address, terms: &Terms) -> Result<()> {
        let delay = self.chain.call(at, &timelock::getMinDelayCall {}).await?;
        self.equal("the timelock's delay in seconds", U256::from(terms.timelock_delay_seconds), delay);
        let (proposer, canceller) =
            (self.role(at, &timelock::PROPOSER_ROLECall {}).await?, self.role(at, &timelock::CANCELLER_ROLECall {}).await?);
        let executor = self.role(at, &timelock::EXECUTOR_ROLECall {}).await?;
        for account in &terms.proposers {
            self.has_role(at, "propose", proposer, *account, true).await?;
            self.has_role(at, "cancel", canceller, *account, true).await?;
        }
        let anybody = [Address::ZERO];
        let executors = if terms.executors.is_empty() { anybody.as_slice() } else { terms.executors.as_slice() };
        for account in executors {
            self.has_role(at, "execute", executor, *account, true).await?;
        }
        // The administrator of an OpenZeppelin timelock could give itself every role without a delay: only itself may be it.
        self.has_role(at, "administer", B256::ZERO, at, true).await?;
        self.has_role(at, "administer", B256::ZERO, plan.deployer, false).await
    }

    async fn role<C: SolCall<Return = B256>>(&self, timelock: Address, call: &C) -> Result<B256> {
        Ok(self.chain.call(timelock, call).await?)
    }

    async fn has_role(&mut self, timelock: Address, verb: &str, role: B256, account: Address, expected: bool) -> Result<()> {
        let found = self.chain.call(timelock, &timelock::hasRoleCall { role, account }).await?;
        self.equal(&format!("whether {} may {verb} in the timelock", checksum(&account)), expected, found);
        Ok(())
    }

    fn equal<T: PartialEq + ToString>(&mut self, what: &str, expected: T, found: T) {
        if expected != found {
            self.differ(what.to_owned(), expected, found.to_string());
        }
    }

    fn differ(&mut self, what: String, expected: impl ToString, found: String) {
        self.differences.push(Difference { what, expected: expected.to_string(), found });
    }
}
