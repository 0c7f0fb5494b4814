//! A chain of its own with LINK, a timelock and a pool, and everybody who acts on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use alloy::{
    primitives::{Bytes, U256, b256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use linkpool_accounting::{Event, Pool, Setup, UNBONDING_SECONDS};
use linkpool_chain::{Chain, Endpoint, Error};
use linkpool_contracts::{creation, decode, link, pool};
use linkpool_primitives::{Address, B256, JUELS_PER_LINK};
use linkpool_testkit::{Anvil, AnvilOptions, Tools};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::meaning;

/// More than any action needs; an estimate would need a second request, and refuse what is to fail.
const GAS: u64 = 12_000_000;
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(1);
/// What each staker begins with.
const STAKER_LINK: u128 = 50_000_000;
/// `Transfer(address,address,uint256)` of ERC-20.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// Everybody, by part. None of the names means anything to the chain but those of the roles.
pub struct Accounts {
    pub deployer: Address,
    pub registrar: Address,
    pub guardian: Address,
    pub slasher: Address,
    pub reporter: Address,
    pub sink: Address,
    pub stakers: Vec<Address>,
}

/// A transaction to make.
pub struct Call {
    pub from: Address,
    pub to: Address,
    pub data: Vec<u8>,
}

/// What a transaction did: the pool's events, and the LINK that left it.
pub struct Mined {
    pub succeeded: bool,
    pub events: Vec<Event>,
    pub paid: Vec<(Address, u128)>,
}

pub struct World {
    anvil: Anvil,
    chain: Chain,
    /// Those who have ether for gas.
    funded: BTreeSet<Address>,
    pub accounts: Accounts,
    pub link: Address,
    pub pool: Address,
    pub timelock: Address,
    /// The LINK of everybody but the pool, kept from what was seen to move.
    pub balances: BTreeMap<Address, u128>,
}

impl World {
    /// The contracts on a new chain, and the model of the same pool.
    pub async fn new() -> (Self, Pool) {
        let anvil = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
        anvil.request("anvil_autoImpersonateAccount", json!([true])).await.unwrap();
        let named = Address::with_last_byte;
        let accounts = Accounts {
            deployer: named(0xd0),
            registrar: named(0xd1),
            guardian: named(0xd2),
            slasher: named(0xd3),
            reporter: named(0xd4),
            sink: named(0xd5),
            stakers: (0xe0..0xe5).map(named).collect(),
        };
        let nowhere = Address::ZERO;
        let chain = Chain::connect(&Endpoint::new(anvil.http_url()).unwrap().patient(), None).await.unwrap();
        let (balances, funded) = (BTreeMap::new(), BTreeSet::new());
        let mut world = Self { anvil, chain, funded, accounts, link: nowhere, pool: nowhere, timelock: nowhere, balances };
        let Accounts { deployer, .. } = world.accounts;
        world.link = world.deploy(creation::link_token()).await.contract_address.unwrap();
        let timelock = creation::timelock(UNBONDING_SECONDS, vec![deployer], Vec::new());
        world.timelock = world.deploy(timelock).await.contract_address.unwrap();
        let setup = setup(deployer);
        let receipt = world.deploy(creation::pool(world.setup(&setup))).await;
        world.pool = receipt.contract_address.unwrap();
        let (model, events) = Pool::deployed(&setup, deployer, time_of(&receipt).unwrap()).unwrap();
        assert_eq!(world.read(&receipt).events, events, "the constructor's events");
        world.hand_out_link().await;
        (world, model)
    }

    /// The LINK of an account other than the pool.
    pub fn balance(&self, account: Address) -> u128 {
        self.balances.get(&account).copied().unwrap_or(0)
    }

    /// Makes a transaction in a block of this time.
    pub async fn send(&mut self, call: &Call, time: u64) -> Mined {
        self.request("evm_setNextBlockTimestamp", json!([time])).await;
        let receipt = self.transact(call.from, Some(call.to), &call.data).await;
        assert_eq!(time_of(&receipt).unwrap_or(time), time, "the chain chose another time");
        self.read(&receipt)
    }

    /// The revert data of a call at the newest block, at its time.
    pub async fn refusal(&self, call: &Call) -> Vec<u8> {
        match self.chain.simulate(call.from, call.to, call.data.clone()).await {
            Err(Error::Reverted { data, .. }) => data,
            other => panic!("the contract does not refuse: {other:?}"),
        }
    }

    /// What a view answers at the newest block.
    pub async fn view<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        self.chain.call(to, call).await.unwrap()
    }

    async fn deploy(&mut self, code: Vec<u8>) -> TransactionReceipt {
        self.transact(self.accounts.deployer, None, &code).await
    }

    async fn hand_out_link(&mut self) {
        let everybody = self.accounts.stakers.clone();
        for staker in everybody {
            let amount = STAKER_LINK * JUELS_PER_LINK;
            let transfer = link::transferCall { _to: staker, _value: U256::from(amount) };
            self.transact(self.accounts.deployer, Some(self.link), &transfer.abi_encode()).await;
            let approve = link::approveCall { _spender: self.pool, _value: U256::MAX };
            self.transact(staker, Some(self.link), &approve.abi_encode()).await;
            self.balances.insert(staker, amount);
        }
        let given = self.balances.values().sum::<u128>();
        self.balances.insert(self.accounts.deployer, 1_000_000_000 * JUELS_PER_LINK - given);
    }

    async fn transact(&mut self, from: Address, to: Option<Address>, data: &[u8]) -> TransactionReceipt {
        if self.funded.insert(from) {
            self.request("anvil_setBalance", json!([from, "0xffffffffffffffffffff"])).await;
        }
        let hash = self.request("eth_sendTransaction", json!([transaction(from, to, data)])).await;
        let deadline = Instant::now() + RECEIPT_TIMEOUT;
        loop {
            let receipt = self.request("eth_getTransactionReceipt", json!([hash])).await;
            if !receipt.is_null() {
                return serde_json::from_value(receipt).unwrap();
            }
            assert!(Instant::now() < deadline, "the chain does not include {hash}");
            sleep(POLL_INTERVAL).await;
        }
    }

    fn read(&mut self, receipt: &TransactionReceipt) -> Mined {
        let mut mined = Mined { succeeded: receipt.status(), events: Vec::new(), paid: Vec::new() };
        for log in receipt.inner.logs() {
            let data = &log.inner.data;
            if log.address() == self.pool {
                mined.events.extend(meaning::event(decode(data).unwrap()));
            } else if data.topics()[0] == TRANSFER {
                let [from, to] = [1, 2].map(|topic| Address::from_word(data.topics()[topic]));
                let amount = U256::from_be_slice(&data.data).to::<u128>();
                self.moved(from, to, amount);
                mined.paid.extend((from == self.pool).then_some((to, amount)));
            }
        }
        mined
    }

    fn moved(&mut self, from: Address, to: Address, amount: u128) {
        for (account, taken, given) in [(from, amount, 0), (to, 0, amount)] {
            if account != self.pool {
                let balance = self.balances.entry(account).or_default();
                *balance = *balance + given - taken;
            }
        }
    }

    fn setup(&self, setup: &Setup) -> pool::Setup {
        let grant = |account, roles| pool::Grant { account, roles };
        let Accounts { registrar, guardian, slasher, reporter, sink, .. } = self.accounts;
        pool::Setup {
            link: self.link,
            owner: self.timelock,
            sink,
            feeRecipient: setup.fee_recipient,
            feeBps: setup.fee_bps,
            maxShareBps: setup.max_share_bps,
            defaultCapLink: setup.default_cap_link,
            ceiling: setup.ceiling,
            reported: setup.reported,
            registrationBurst: setup.registration_burst,
            registrationsPerDay: setup.registrations_per_day,
            prooflessAllowed: setup.proofless_allowed,
            grants: vec![grant(registrar, 1), grant(guardian, 2), grant(slasher, 4), grant(reporter, 8)],
        }
    }

    async fn request(&self, method: &str, params: Value) -> Value {
        self.anvil.request(method, params).await.unwrap()
    }
}

/// The time of a transaction's block, which its logs carry, if it has any.
fn time_of(receipt: &TransactionReceipt) -> Option<u64> {
    receipt.inner.logs().first()?.block_timestamp
}

fn setup(fee_recipient: Address) -> Setup {
    Setup {
        fee_recipient,
        fee_bps: 500,
        max_share_bps: 1_000,
        default_cap_link: 1_000_000,
        ceiling: 200,
        reported: 120,
        registration_burst: 3,
        registrations_per_day: 2,
        proofless_allowed: true,
    }
}

fn transaction(from: Address, to: Option<Address>, data: &[u8]) -> Value {
    let mut transaction = json!({ "from": from, "data": Bytes::copy_from_slice(data), "gas": format!("{GAS:#x}") });
    if let Some(to) = to {
        transaction["to"] = json!(to);
    }
    transaction
}
