//! What is put on the chain, in which order, and where it will be.

use std::collections::BTreeMap;

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_contracts::{
    Artefact, creation, earnings_factory,
    pool::{Terms as PoolTerms, termsCall},
    timelock::getMinDelayCall,
};
use linkpool_primitives::Address;

use crate::Terms;

/// Which LINK the pool holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// The chain's own.
    Given(Address),
    /// A new one, all of which the deployer gets: for development chains.
    New,
}

/// One contract to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub artefact: Artefact,
    /// The nonce of the transaction that makes it, which decides its address.
    pub nonce: u64,
    pub address: Address,
    /// Creation code and arguments: what the transaction carries.
    pub creation: Vec<u8>,
    /// The arguments alone, as explorers ask for them.
    pub arguments: Vec<u8>,
    /// What its constructor asks of others, which have to be there.
    pub(crate) asks: Vec<Address>,
    /// What it answers to those that ask it in their constructors, for a rehearsal before it is there.
    pub(crate) answer: Vec<u8>,
}

/// A pool that stands already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub pool: Address,
    pub token: Address,
    pub sink: Address,
}

/// The contracts in the order they are made: the pool's constructor calls the timelock, and the factory's the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub deployer: Address,
    pub token: Address,
    pub pool: Address,
    pub sink: Address,
    pub steps: Vec<Step>,
}

impl Plan {
    /// `taken` has the nonces of contracts whose transactions exist already; the others take theirs from `next` on.
    pub fn new(terms: &Terms, token: Token, deployer: Address, taken: &BTreeMap<Artefact, u64>, next: u64) -> Self {
        let mut steps = Steps { deployer, taken, free: next, made: Vec::new() };
        let token = match token {
            Token::Given(address) => address,
            Token::New => steps.add(Artefact::LinkToken, (creation::link_token(), Vec::new()), Vec::new(), Vec::new()),
        };
        let arguments = || (terms.timelock_delay_seconds, terms.proposers.clone(), terms.executors.clone());
        let (delay, proposers, executors) = arguments();
        let code = creation::timelock(delay, proposers.clone(), executors.clone());
        let arguments = creation::timelock_arguments(delay, proposers, executors);
        let answer = getMinDelayCall::abi_encode_returns(&U256::from(delay));
        let timelock = steps.add(Artefact::TimelockController, (code, arguments), Vec::new(), answer);
        let setup = terms.setup(token, timelock);
        let code = (creation::pool(setup.clone()), creation::pool_arguments(setup));
        let answer = termsCall::abi_encode_returns(&PoolTerms { link: token, sink: terms.sink, ..PoolTerms::default() });
        // Its token has to be a contract, too.
        let pool = steps.add(Artefact::StakingPool, code, vec![timelock, token], answer);
        steps.add(Artefact::StakingLens, (creation::lens(), Vec::new()), Vec::new(), Vec::new());
        steps.factory(pool);
        Self { deployer, token, pool, sink: terms.sink, steps: steps.made }
    }

    /// What a pool that stands already lacks to have its nodes' earnings passed on.
    pub fn earnings(standing: Standing, deployer: Address, taken: &BTreeMap<Artefact, u64>, next: u64) -> Self {
        let mut steps = Steps { deployer, taken, free: next, made: Vec::new() };
        steps.factory(standing.pool);
        let Standing { pool, token, sink } = standing;
        Self { deployer, token, pool, sink, steps: steps.made }
    }

    /// The step of a contract; the token has none where it was given.
    pub fn step(&self, artefact: Artefact) -> Option<&Step> {
        self.steps.iter().find(|step| step.artefact == artefact)
    }

    /// Where a contract of this plan is, or will be.
    pub fn address(&self, artefact: Artefact) -> Option<Address> {
        match artefact {
            Artefact::LinkToken => Some(self.token),
            Artefact::StakingPool => Some(self.pool),
            // Its factory makes it.
            Artefact::NodeEarnings => self.address(Artefact::NodeEarningsFactory).map(earnings_factory::implementation),
            Artefact::TimelockController | Artefact::StakingLens | Artefact::NodeEarningsFactory => {
                self.step(artefact).map(|step| step.address)
            }
        }
    }
}

/// Steps as they are added.
struct Steps<'a> {
    deployer: Address,
    taken: &'a BTreeMap<Artefact, u64>,
    /// The next nonce that is nobody's.
    free: u64,
    made: Vec<Step>,
}

impl Steps<'_> {
    /// Returns where the contract will be.
    fn add(
        &mut self,
        artefact: Artefact,
        (creation, arguments): (Vec<u8>, Vec<u8>),
        asks: Vec<Address>,
        answer: Vec<u8>,
    ) -> Address {
        let nonce = self.taken.get(&artefact).copied().unwrap_or_else(|| {
            self.free += 1;
            self.free - 1
        });
        let address = self.deployer.create(nonce);
        self.made.push(Step { artefact, nonce, address, creation, arguments, asks, answer });
        address
    }

    fn factory(&mut self, pool: Address) {
        let code = (creation::earnings_factory(pool), creation::earnings_factory_arguments(pool));
        self.add(Artefact::NodeEarningsFactory, code, vec![pool], Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::tests::{account, terms};

    #[test]
    fn contracts_take_nonces_in_order_and_one_that_exists_keeps_its_own() {
        let plan = Plan::new(&terms(), Token::Given(account(8)), account(9), &BTreeMap::new(), 5);
        let order: Vec<_> = plan.steps.iter().map(|step| (step.artefact, step.nonce)).collect();
        let expect = [
            (Artefact::TimelockController, 5),
            (Artefact::StakingPool, 6),
            (Artefact::StakingLens, 7),
            (Artefact::NodeEarningsFactory, 8),
        ];
        assert_eq!(order, expect);
        assert_eq!(plan.address(Artefact::LinkToken), Some(account(8)));
        assert_eq!(plan.address(Artefact::NodeEarnings), Some(account(9).create(8).create(1)));

        let taken = BTreeMap::from([(Artefact::TimelockController, 5)]);
        let later = Plan::new(&terms(), Token::Given(account(8)), account(9), &taken, 20);
        let order: Vec<_> = later.steps.iter().map(|step| step.nonce).collect();
        assert_eq!(order, [5, 20, 21, 22]);
        // The pool is made with the timelock's address, so its code is the same wherever it goes itself.
        assert_eq!(later.steps[1].creation, plan.steps[1].creation);
        assert_ne!(later.steps[1].address, plan.steps[1].address);
    }

    #[test]
    fn a_pool_that_stands_gets_the_same_factory_alone() {
        let whole = Plan::new(&terms(), Token::Given(account(8)), account(9), &BTreeMap::new(), 5);
        let standing = Standing { pool: whole.pool, token: account(8), sink: terms().sink };
        let plan = Plan::earnings(standing, account(7), &BTreeMap::new(), 0);
        assert_eq!(plan.steps.len(), 1);
        assert_eq!(plan.steps[0].creation, whole.step(Artefact::NodeEarningsFactory).unwrap().creation);
        assert_eq!((plan.address(Artefact::StakingPool), plan.address(Artefact::StakingLens)), (Some(whole.pool), None));
    }

    #[test]
    fn what_is_sent_is_the_code_and_then_the_arguments() {
        let plan = Plan::new(&terms(), Token::New, account(9), &BTreeMap::new(), 0);
        assert_eq!(plan.steps.len(), 5);
        assert_eq!(plan.token, account(9).create(0));
        for step in &plan.steps {
            assert!(step.creation.ends_with(&step.arguments) && step.creation.len() > step.arguments.len());
        }
    }
}
