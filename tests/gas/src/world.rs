//! A pool with two nodes and three holders, as the contracts' gas tests have it (`tests/contracts/Fixture.sol`, `Gas.t.sol`): the
//! same keys, addresses, order and times, so that the same bytes cost the same.

use alloy_primitives::{Address, U256, address};
use alloy_sol_types::{SolCall, SolConstructor, SolValue};
use anyhow::Result;
use revm::primitives::hardfork::SpecId;

use crate::{
    chain::{Chain, Receipt},
    contracts::{
        IStakingPool::{Grant, Setup},
        LINK,
        LinkToken::{self, transferAndCallCall, transferCall},
        StakingPool::{self, claimCall, registerNodeCall, reportNetworkCall, unbondCall, withdrawCall},
        TimelockController, Wallet, rewards, stakes,
    },
};

pub const HOUR: u64 = 3_600;
pub const DAY: u64 = 24 * HOUR;
pub const UNBONDING: u64 = 28 * DAY;
pub const VEST: u64 = 7 * DAY;
pub const VETO: u64 = 4 * DAY;
/// What most actions are made with.
pub const AMOUNT: u128 = 1_000 * LINK;

/// Forge's address of a test contract, which deploys and holds all LINK there. Its nonce is that of a contract.
const OPERATOR: Address = address!("7FA9385bE102ac3EAC297483Dd6233D62b3e1496");

#[derive(Clone, Debug)]
pub struct World {
    pub chain: Chain,
    pub link: Address,
    pub pool: Address,
    pub operator: Address,
    pub registrar: Address,
    pub slasher: Address,
    pub alice: Address,
    pub bob: Address,
    pub node: Address,
    pub other: Address,
    pub deployment: Receipt,
    pub first_registration: Receipt,
    reporter: Address,
}

impl World {
    pub fn new(spec: SpecId) -> Result<Self> {
        let name = |name: &str| Wallet::named(name).map(|wallet| wallet.address);
        let mut chain = Chain::new(spec);
        chain.set_nonce(OPERATOR, 1);
        let (link, _) = chain.deploy(OPERATOR, LinkToken::BYTECODE.to_vec())?;
        let (timelock, _) = chain.deploy(OPERATOR, timelock(name("multisig")?))?;
        let (pool, deployment) = chain.deploy(OPERATOR, pool(link, timelock)?)?;
        let mut world = Self {
            chain,
            link,
            pool,
            operator: OPERATOR,
            registrar: name("registrar")?,
            slasher: name("slasher")?,
            reporter: name("reporter")?,
            alice: name("alice")?,
            bob: name("bob")?,
            node: name("node")?,
            other: name("other node")?,
            deployment,
            first_registration: Receipt::default(),
        };
        for holder in ["alice", "bob", "carol"] {
            world.give(OPERATOR, name(holder)?, 10_000_000 * LINK)?;
        }
        world.first_registration = world.register(&Wallet::named("node")?)?;
        world.register(&Wallet::named("other node")?)?;
        world.prepare([name("sink")?, name("fee recipient")?, name("registrar")?])?;
        Ok(world)
    }

    /// Everybody who is paid holds LINK already, and the node has stake and has seen a reward.
    fn prepare(&mut self, paid: [Address; 3]) -> Result<()> {
        for account in paid {
            self.give(self.operator, account, LINK)?;
        }
        self.stake(self.bob, self.node, AMOUNT)?;
        self.reward(self.node, 10 * LINK)?;
        self.chain.skip(VEST - HOUR);
        self.claim(self.bob, self.node)?;
        self.stake(self.bob, self.node, AMOUNT)?;
        Ok(())
    }

    pub fn pending_reward(&mut self) -> Result<()> {
        self.reward(self.node, 70 * LINK)?;
        self.chain.skip(DAY);
        Ok(())
    }

    pub fn call(&mut self, from: Address, call: &impl SolCall) -> Result<Receipt> {
        self.chain.call(from, self.pool, call.abi_encode())
    }

    pub fn on_link(&mut self, from: Address, call: &impl SolCall) -> Result<Receipt> {
        self.chain.call(from, self.link, call.abi_encode())
    }

    pub fn give(&mut self, from: Address, to: Address, amount: u128) -> Result<Receipt> {
        self.on_link(from, &transferCall { _to: to, _value: U256::from(amount) })
    }

    pub fn transfer_and_call(&mut self, from: Address, amount: u128, data: Vec<u8>) -> Result<Receipt> {
        self.on_link(from, &transferAndCallCall { _to: self.pool, _value: U256::from(amount), _data: data.into() })
    }

    pub fn stake(&mut self, staker: Address, node: Address, amount: u128) -> Result<Receipt> {
        self.transfer_and_call(staker, amount, stakes(&[(node, amount)]))
    }

    pub fn reward(&mut self, node: Address, amount: u128) -> Result<Receipt> {
        self.transfer_and_call(self.operator, amount, rewards(&[(node, amount)]))
    }

    /// A ticket's number, and the receipt.
    pub fn unbond(&mut self, staker: Address, node: Address, shares: u128) -> Result<(u32, Receipt)> {
        let receipt = self.call(staker, &unbondCall { node, shares: U256::from(shares) })?;
        Ok((u32::abi_decode(&receipt.output)?, receipt))
    }

    pub fn withdraw(&mut self, staker: Address, node: Address, ticket: u32) -> Result<Receipt> {
        self.call(staker, &withdrawCall { node, staker, ticket })
    }

    pub fn claim(&mut self, staker: Address, node: Address) -> Result<Receipt> {
        self.call(staker, &claimCall { node, staker })
    }

    pub fn register(&mut self, wallet: &Wallet) -> Result<Receipt> {
        let deadline = self.chain.now();
        let proof = wallet.agree(self.pool, deadline)?.into();
        let call = registerNodeCall { wallet: wallet.address, deadline: U256::from(deadline), proof };
        self.call(self.registrar, &call)
    }

    pub fn report(&mut self, size: u32) -> Result<Receipt> {
        self.call(self.reporter, &reportNetworkCall { size })
    }
}

fn timelock(multisig: Address) -> Vec<u8> {
    let keys = vec![multisig];
    let arguments = TimelockController::constructorCall {
        minDelay: U256::from(UNBONDING),
        proposers: keys.clone(),
        executors: keys,
        admin: Address::ZERO,
    };
    [TimelockController::BYTECODE.as_ref(), &arguments.abi_encode()].concat()
}

fn pool(link: Address, owner: Address) -> Result<Vec<u8>> {
    let mut grants = Vec::new();
    for (name, roles) in [("registrar", 1), ("guardian", 2), ("slasher", 4), ("reporter", 8)] {
        grants.push(Grant { account: Wallet::named(name)?.address, roles });
    }
    let setup = Setup {
        link,
        owner,
        sink: Wallet::named("sink")?.address,
        feeRecipient: Wallet::named("fee recipient")?.address,
        feeBps: 500,
        maxShareBps: 1_000,
        defaultCapLink: 100_000,
        ceiling: 2_000,
        reported: 1_000,
        registrationBurst: 10,
        registrationsPerDay: 10,
        prooflessAllowed: false,
        grants,
    };
    Ok([StakingPool::BYTECODE.as_ref(), &StakingPool::constructorCall { setup }.abi_encode()].concat())
}
