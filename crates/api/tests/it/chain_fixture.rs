//! A chain in miniature: says what the contract did, block by block, with the state each event leaves behind.

use std::collections::HashMap;

use linkpool_accounting::{self as accounting, Stream};
use linkpool_db::{
    Database,
    columns::{NodeFields, PoolFields, PositionFields, TicketFields},
    contract_event::ContractEvent,
    cursor::Tags,
    deployment::Deployment,
    event::EventRow,
    followed::{Fill, Filled},
    ingest::{Batch, Header, OfFollowed},
};
use linkpool_primitives::{Address, B256, BlockRef, ContractEventKind, EventKind, JUELS_PER_LINK, NodeStatus, checksum};
use serde_json::{Value, json};

pub const UNBONDING: u64 = 28 * 86_400;
pub const VEST: u64 = 7 * 86_400;
/// What an owner's operations wait.
pub const DELAY: u64 = 28 * 86_400;
pub const TIMELOCK: Address = Address::repeat_byte(0xf1);
/// 2026-11-22T11:00:00Z, the time of block 0.
pub const GENESIS: u64 = 1_795_345_200;

pub fn link(amount: u128) -> u128 {
    amount * JUELS_PER_LINK
}

pub fn node(number: u8) -> Address {
    Address::repeat_byte(number)
}

pub fn staker(number: u8) -> Address {
    Address::repeat_byte(0xa0 + number)
}

/// The database and the state that the events so far have left.
pub struct ChainFixture {
    pub database: Database,
    pub at: BlockRef,
    pub finalized: u64,
    /// Told apart in block hashes, so that two branches never share one.
    branch: u32,
    events: Vec<EventRow>,
    /// What contracts beside the pool tell of in the next block.
    told: Vec<(Address, ContractEventKind, u8, Value)>,
    nodes: HashMap<Address, NodeFields>,
    positions: HashMap<(Address, Address), PositionFields>,
    pool: PoolFields,
}

impl ChainFixture {
    /// Follows a deployment whose first event is in block 11.
    pub async fn begin(database: Database) -> Self {
        let start = BlockRef { number: 10, hash: hash(10, 0), timestamp: GENESIS + 120 };
        let deployment = Deployment {
            chain_id: 31_337,
            pool: Address::repeat_byte(0xee),
            token: Address::repeat_byte(0xdd),
            start,
            unbonding_seconds: UNBONDING,
            vest_seconds: VEST,
            max_fee_bps: 2_000,
            first_owner: None,
        };
        database.follow(&deployment).await.unwrap();
        let pool = PoolFields {
            accounted: Some(0),
            fees_owed: Some(0),
            sink_owed: Some(0),
            fee_bps: Some(400),
            fee_recipient: Some(Address::repeat_byte(0xfe)),
            default_cap_link: Some(100_000),
            paused_until: Some(0),
            live_nodes: Some(0),
            registration_level: Some(0),
            registration_at: Some(0),
            network_reported: Some(1_000),
            network_reported_at: Some(0),
            network_ceiling: Some(1_000),
            proofless_allowed: Some(true),
            owner: Some(Address::repeat_byte(0xf0)),
            pending_owner: Some(Address::ZERO),
            offer_ends_at: Some(0),
        };
        let mut chain = Self {
            database,
            at: start,
            finalized: 0,
            branch: 0,
            events: Vec::new(),
            told: Vec::new(),
            nodes: HashMap::new(),
            positions: HashMap::new(),
            pool,
        };
        chain.events.push(EventRow { after_pool: chain.pool.clone(), ..EventRow::new(EventKind::PoolCreated) });
        chain.mine(12).await;
        chain
    }

    /// The same database, for somebody who only looks at it.
    pub fn continued(chain: &Self) -> Self {
        Self {
            database: chain.database.clone(),
            at: chain.at,
            finalized: chain.finalized,
            branch: chain.branch,
            events: Vec::new(),
            told: Vec::new(),
            nodes: HashMap::new(),
            positions: HashMap::new(),
            pool: PoolFields::default(),
        }
    }

    pub fn register(&mut self, node: Address) -> &mut Self {
        let after = NodeFields {
            node_index: Some(self.nodes.len() as i64),
            proof: Some(1),
            registered_at: Some((self.at.timestamp + 12) as i64),
            status: Some(NodeStatus::Active),
            cap_link: Some(100_000),
            penalty_until: Some(0),
            retired_at: Some(0),
            total_shares: Some(0),
            assets: Some(0),
            active_shares: Some(0),
            acc_per_share: Some(0),
            unvested: Some(0),
            vest_end: Some(0),
            last_update: Some(0),
            penalty_bps: Some(0),
            penalty_slot: Some(0),
            bucket_level: Some(0),
            bucket_at: Some(0),
        };
        self.nodes.insert(node, after.clone());
        self.pool.live_nodes = Some(self.nodes.len() as i64);
        let after_pool = PoolFields { live_nodes: self.pool.live_nodes, ..PoolFields::default() };
        self.push(EventRow { node: Some(node), after_node: after, after_pool, ..EventRow::new(EventKind::NodeRegistered) })
    }

    pub fn stake(&mut self, node: Address, staker: Address, amount: u128) -> &mut Self {
        let stream = self.accrue(node);
        let state = self.nodes.get_mut(&node).unwrap();
        let shares = accounting::minted_down(amount, state.total_shares.unwrap(), state.assets.unwrap());
        for (field, more) in [(&mut state.total_shares, shares), (&mut state.assets, amount), (&mut state.active_shares, shares)]
        {
            *field = field.map(|value| value + more);
        }
        let after_node = NodeFields {
            total_shares: state.total_shares,
            assets: state.assets,
            active_shares: state.active_shares,
            ..stream.clone()
        };
        let position =
            self.positions.entry((node, staker)).or_insert(PositionFields { position_shares: Some(0), position_debt: Some(0) });
        position.position_shares = position.position_shares.map(|value| value + shares);
        let debt = accounting::earned_up(shares, stream.acc_per_share.unwrap()) as i128;
        position.position_debt = position.position_debt.map(|value| value + debt);
        let after_position = position.clone();
        let after_pool = self.accounted(amount as i128);
        self.push(EventRow {
            node: Some(node),
            staker: Some(staker),
            amount: Some(amount),
            shares: Some(shares),
            after_node,
            after_position,
            after_pool,
            ..EventRow::new(EventKind::Staked)
        })
    }

    pub fn unbond(&mut self, node: Address, staker: Address, ticket: i64, shares: u128) -> &mut Self {
        let stream = self.accrue(node);
        let state = self.nodes.get_mut(&node).unwrap();
        state.active_shares = state.active_shares.map(|value| value - shares);
        let after_retirement = state.retired_at.unwrap();
        let after_node = NodeFields { active_shares: state.active_shares, ..stream.clone() };
        let position = self.positions.get_mut(&(node, staker)).unwrap();
        position.position_shares = position.position_shares.map(|value| value - shares);
        let debt = accounting::earned_down(shares, stream.acc_per_share.unwrap()) as i128;
        position.position_debt = position.position_debt.map(|value| value - debt);
        let after_position = position.clone();
        let since = if after_retirement == 0 { (self.at.timestamp + 12) as i64 } else { after_retirement };
        let ready_at = since + UNBONDING as i64;
        self.push(EventRow {
            node: Some(node),
            staker: Some(staker),
            ticket: Some(ticket),
            shares: Some(shares),
            after_node,
            after_position,
            after_ticket: TicketFields { ticket_shares: Some(shares), ready_at: Some(ready_at) },
            ..EventRow::new(EventKind::Unbonded)
        })
    }

    pub fn reward(&mut self, node: Address, amount: u128) -> &mut Self {
        self.accrue(node);
        let fee = accounting::fee_down(amount, 400);
        let state = self.nodes.get_mut(&node).unwrap();
        let now = self.at.timestamp + 12;
        let stream = stream(state).with_reward(amount - fee, now, VEST);
        let after_node = keep(state, stream);
        self.pool.fees_owed = self.pool.fees_owed.map(|value| value + fee);
        let after_pool = PoolFields { fees_owed: self.pool.fees_owed, ..self.accounted(amount as i128) };
        self.push(EventRow {
            node: Some(node),
            account: Some(Address::repeat_byte(0xcc)),
            amount: Some(amount),
            fee: Some(fee),
            after_node,
            after_pool,
            ..EventRow::new(EventKind::RewardDeposited)
        })
    }

    /// Claims what a position can; returns how much.
    pub fn claim(&mut self, node: Address, staker: Address) -> u128 {
        let after_node = self.accrue(node);
        let position = self.positions.get_mut(&(node, staker)).unwrap();
        let (shares, debt) = (position.position_shares.unwrap(), position.position_debt.unwrap());
        let amount = accounting::claimable(shares, debt, after_node.acc_per_share.unwrap());
        position.position_debt = Some(debt + amount as i128);
        let after_position = PositionFields { position_shares: None, ..position.clone() };
        let after_pool = self.accounted(-(amount as i128));
        self.push(EventRow {
            node: Some(node),
            staker: Some(staker),
            amount: Some(amount),
            after_node,
            after_position,
            after_pool,
            ..EventRow::new(EventKind::RewardClaimed)
        });
        amount
    }

    /// Closes or retires a node.
    pub fn set_status(&mut self, node: Address, status: NodeStatus) -> &mut Self {
        let retired_at = if status == NodeStatus::Retired { (self.at.timestamp + 12) as i64 } else { 0 };
        let state = self.nodes.get_mut(&node).unwrap();
        (state.status, state.retired_at) = (Some(status), Some(retired_at));
        let after_node = NodeFields { status: state.status, retired_at: state.retired_at, ..NodeFields::default() };
        let kind = if status == NodeStatus::Retired { EventKind::NodeRetired } else { EventKind::NodeClosed };
        self.push(EventRow { node: Some(node), after_node, ..EventRow::new(kind) })
    }

    /// Takes a penalty of a part of a node's stake.
    pub fn penalise(&mut self, node: Address, bps: u128) -> &mut Self {
        let state = self.nodes.get_mut(&node).unwrap();
        let amount = state.assets.unwrap() * bps / 10_000;
        state.assets = state.assets.map(|value| value - amount);
        let after_node = NodeFields { assets: state.assets, ..NodeFields::default() };
        self.push(EventRow { node: Some(node), amount: Some(amount), after_node, ..EventRow::new(EventKind::PenaltyExecuted) })
    }

    /// Writes what happened since the last block as one block, `seconds` after it.
    /// The pool passes to [`TIMELOCK`] in a block of its own, whose old logs, which are none, are read.
    pub async fn owned(&mut self) {
        self.pool.owner = Some(TIMELOCK);
        let after_pool = PoolFields { owner: Some(TIMELOCK), ..PoolFields::default() };
        self.push(EventRow { account: Some(TIMELOCK), after_pool, ..EventRow::new(EventKind::OwnershipTransferred) });
        self.mine(12).await;
        let (fill, to) = (Fill { done: 10, end: self.at.number }, (self.at.number, self.at.hash));
        let contracts = vec![TIMELOCK];
        self.database.fill(None, &Filled { contracts, fill, to, events: Vec::new(), dead_letters: Vec::new() }).await.unwrap();
    }

    /// The owner schedules another fee.
    pub fn schedule(&mut self, operation: u8, percent: u16) -> &mut Self {
        let ready_at = self.at.timestamp + 12 + DELAY;
        let argument = json!({ "name": "feeBps", "type": "uint16", "value": (100 * percent).to_string() });
        let detail = json!({
            "index": 0, "target": checksum(&Address::repeat_byte(0xee)), "value_wei": "0", "function": "setFee(uint16)", "arguments": [argument],
            "description": format!("set the maker fee to {percent} %"), "data": "0x69fe0e2d", "data_bytes": 4, "predecessor": B256::ZERO,
            "delay_seconds": DELAY, "ready_at": ready_at,
        });
        self.tell(TIMELOCK, ContractEventKind::CallScheduled, operation, detail)
    }

    pub fn cancel(&mut self, operation: u8) -> &mut Self {
        self.tell(TIMELOCK, ContractEventKind::Cancelled, operation, json!({}))
    }

    pub fn execute(&mut self, operation: u8) -> &mut Self {
        self.tell(TIMELOCK, ContractEventKind::CallExecuted, operation, json!({ "index": 0 }))
    }

    /// A followed contract tells of an operation, or of a request.
    pub fn tell(&mut self, contract: Address, kind: ContractEventKind, operation: u8, detail: Value) -> &mut Self {
        self.told.push((contract, kind, operation, detail));
        self
    }

    pub async fn mine(&mut self, seconds: u64) {
        let batch = self.batch(seconds);
        self.database.append(&self.at, &batch).await.unwrap();
        self.at = batch.to;
    }

    /// Goes on `blocks` further as one range, in which nothing happened.
    pub async fn skip(&mut self, blocks: u64) {
        let parent = self.at;
        self.at.number += blocks - 1;
        let batch = self.batch(12 * blocks);
        self.database.append(&parent, &batch).await.unwrap();
        self.at = batch.to;
    }

    /// Writes what happened as the only block of a new branch above `ancestor`. The state told so far is not undone.
    pub async fn reorganise(&mut self, ancestor: BlockRef) {
        let old = std::mem::replace(&mut self.at, ancestor);
        self.branch += 1;
        let batch = self.batch(12);
        self.database.replace(&old, &ancestor, &batch).await.unwrap();
        self.at = batch.to;
    }

    fn batch(&mut self, seconds: u64) -> Batch {
        let number = self.at.number + 1;
        let block = BlockRef { number, hash: hash(number, self.branch), timestamp: self.at.timestamp + seconds };
        let mut events = std::mem::take(&mut self.events);
        for (index, event) in events.iter_mut().enumerate() {
            event.block_number = number as i64;
            event.log_index = index as i32;
            event.block_hash = block.hash;
            event.block_time = block.timestamp as i64;
            event.transaction_hash = transaction(number, index);
        }
        let told = std::mem::take(&mut self.told).into_iter().zip(events.len()..);
        let told = told.map(|((contract, kind, operation, detail), index)| ContractEvent {
            block_number: number,
            log_index: index as u32,
            block_hash: block.hash,
            block_time: block.timestamp,
            transaction_hash: transaction(number, index),
            contract,
            kind,
            operation: Some(B256::repeat_byte(operation)),
            detail,
        });
        let followed = OfFollowed { version: None, events: told.collect() };
        let tags = Tags { head: number, safe: self.finalized, finalized: self.finalized };
        Batch {
            to: block,
            tags,
            headers: vec![Header { block, parent_hash: self.at.hash }],
            events: events.into(),
            dead_letters: Vec::new(),
            followed,
            caught_up: true,
        }
    }

    fn push(&mut self, event: EventRow) -> &mut Self {
        self.events.push(event);
        self
    }

    fn accounted(&mut self, delta: i128) -> PoolFields {
        self.pool.accounted = self.pool.accounted.map(|value| value.checked_add_signed(delta).unwrap());
        PoolFields { accounted: self.pool.accounted, ..PoolFields::default() }
    }

    fn accrue(&mut self, node: Address) -> NodeFields {
        let now = self.at.timestamp + 12;
        let state = self.nodes.get_mut(&node).unwrap();
        let stream = stream(state).accrued_to(state.active_shares.unwrap(), now);
        keep(state, stream)
    }
}

fn stream(state: &NodeFields) -> Stream {
    Stream {
        acc_per_share: state.acc_per_share.unwrap(),
        unvested: state.unvested.unwrap(),
        vest_end: state.vest_end.unwrap() as u64,
        last_update: state.last_update.unwrap() as u64,
    }
}

fn keep(state: &mut NodeFields, stream: Stream) -> NodeFields {
    state.acc_per_share = Some(stream.acc_per_share);
    state.unvested = Some(stream.unvested);
    state.vest_end = Some(stream.vest_end as i64);
    state.last_update = Some(stream.last_update as i64);
    NodeFields {
        acc_per_share: state.acc_per_share,
        unvested: state.unvested,
        vest_end: state.vest_end,
        last_update: state.last_update,
        ..NodeFields::default()
    }
}

/// Differs in its first bytes for every block of every branch.
pub fn hash(number: u64, branch: u32) -> B256 {
    let mut bytes = [0x11; 32];
    bytes[..4].copy_from_slice(&(number as u32).wrapping_mul(0x9e37_79b1).wrapping_add(branch).to_be_bytes());
    B256::from(bytes)
}

pub fn transaction(number: u64, index: usize) -> B256 {
    let mut bytes = [0x22; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8] = index as u8;
    B256::from(bytes)
}
