//! What is put on the chain, in which order, and where it will be.

use std::collections::BTreeMap;

use linkpool_contracts::{Artefact, creation};
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
}

/// The contracts in the order they are made: the pool's constructor calls the timelock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub deployer: Address,
    pub token: Address,
    pub steps: Vec<Step>,
}

impl Plan {
    /// `taken` has the nonces of contracts whose transactions exist already; the others take theirs from `next` on.
    pub fn new(terms: &Terms, token: Token, deployer: Address, taken: &BTreeMap<Artefact, u64>, next: u64) -> Self {
        let mut free = next;
        let mut nonce = |artefact| {
            taken.get(&artefact).copied().unwrap_or_else(|| {
                free += 1;
                free - 1
            })
        };
        let mut steps = Vec::new();
        let mut add = |artefact, creation: Vec<u8>, arguments: Vec<u8>| {
            let nonce = nonce(artefact);
            let address = deployer.create(nonce);
            steps.push(Step { artefact, nonce, address, creation, arguments });
            address
        };
        let token = match token {
            Token::Given(address) => address,
            Token::New => add(Artefact::LinkToken, creation::link_token(), Vec::new()),
        };
        let arguments = || (terms.timelock_delay_seconds, terms.proposers.clone(), terms.executors.clone());
        let (delay, proposers, executors) = arguments();
        let code = creation::timelock(delay, proposers.clone(), executors.clone());
        let timelock = add(Artefact::TimelockController, code, creation::timelock_arguments(delay, proposers, executors));
        let setup = terms.setup(token, timelock);
        add(Artefact::StakingPool, creation::pool(setup.clone()), creation::pool_arguments(setup));
        add(Artefact::StakingLens, creation::lens(), Vec::new());
        Self { deployer, token, steps }
    }

    /// The step of a contract; the token has none where it was given.
    pub fn step(&self, artefact: Artefact) -> Option<&Step> {
        self.steps.iter().find(|step| step.artefact == artefact)
    }

    /// Where a contract is, or will be.
    pub fn address(&self, artefact: Artefact) -> Address {
        match self.step(artefact) {
            Some(step) => step.address,
            None => self.token,
        }
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
        let expect = [(Artefact::TimelockController, 5), (Artefact::StakingPool, 6), (Artefact::StakingLens, 7)];
        assert_eq!(order, expect);
        assert_eq!(plan.address(Artefact::LinkToken), account(8));

        let taken = BTreeMap::from([(Artefact::TimelockController, 5)]);
        let later = Plan::new(&terms(), Token::Given(account(8)), account(9), &taken, 20);
        let order: Vec<_> = later.steps.iter().map(|step| step.nonce).collect();
        assert_eq!(order, [5, 20, 21]);
        // The pool is made with the timelock's address, so its code is the same wherever it goes itself.
        assert_eq!(later.steps[1].creation, plan.steps[1].creation);
        assert_ne!(later.steps[1].address, plan.steps[1].address);
    }

    #[test]
    fn what_is_sent_is_the_code_and_then_the_arguments() {
        let plan = Plan::new(&terms(), Token::New, account(9), &BTreeMap::new(), 0);
        assert_eq!(plan.steps.len(), 4);
        assert_eq!(plan.token, account(9).create(0));
        for step in &plan.steps {
            assert!(step.creation.ends_with(&step.arguments) && step.creation.len() > step.arguments.len());
        }
    }
}
