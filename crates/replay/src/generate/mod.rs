//! Makes the chain of a workload: the same workload, the same chain, byte for byte.

mod actions;
mod assembly;
mod encode;
mod record;

use std::collections::BTreeMap;

use alloy::primitives::{Address, IntoLogData};
use linkpool_accounting::{Event, Pool, Setup};
use linkpool_contracts::pool::{Event as Log, OwnershipTransferred, PoolCreated, RolesChanged};
use linkpool_primitives::EventKind;

use crate::{chain::Replay, history::History, terms, workload::Workload};
use actions::Actions;
use assembly::Assembly;

/// 2025-01-01: every chain ends long before today.
const START: u64 = 1_735_689_600;
/// Every so many blocks one has no event.
const EMPTY_EVERY: u64 = 97;

/// Makes the chain. Takes some ten seconds and 1.1 GB for 600,000 events in a release build on a busy machine.
pub fn generate(workload: &Workload) -> Replay {
    let mut maker = Maker::deploy();
    let mut actions = Actions::new(workload);
    let mut events = maker.total();
    let registered = actions.register_max(&mut maker.pool, maker.assembly.timestamp());
    maker.transact(registered);
    while events < workload.events {
        events += maker.fill_block(workload, &mut actions);
    }
    for _ in 0..workload.tip_blocks {
        maker.fill_block(workload, &mut actions);
    }
    maker.finish(workload)
}

/// The contract, and the chain that its events go to.
struct Maker {
    pool: Pool,
    assembly: Assembly,
    history: History,
    mix: BTreeMap<EventKind, u64>,
}

impl Maker {
    /// Block 0, and the contract's first events in the open block 1.
    fn deploy() -> Self {
        let setup = Setup {
            fee_recipient: terms::FEE_RECIPIENT,
            fee_bps: terms::FEE_BPS,
            max_share_bps: terms::MAX_SHARE_BPS,
            default_cap_link: terms::DEFAULT_CAP_LINK,
            ceiling: terms::NETWORK,
            reported: terms::NETWORK,
            registration_burst: terms::REGISTRATIONS,
            registrations_per_day: terms::REGISTRATIONS,
            proofless_allowed: true,
        };
        let mut assembly = Assembly::new(START);
        assembly.close_block(12);
        #[allow(clippy::expect_used)]
        let (pool, events) =
            Pool::deployed(&setup, terms::DEPLOYER, assembly.timestamp()).expect("constants within the contract's bounds");
        let mut maker = Self { pool, assembly, history: History::default(), mix: BTreeMap::new() };
        maker.assembly.begin_transaction();
        maker.log(&Log::PoolCreated(PoolCreated { terms: terms::terms() }));
        for event in &events {
            maker.emit(event);
        }
        for (account, roles) in terms::GRANTS {
            maker.log(&Log::RolesChanged(RolesChanged { account, oldRoles: 0, roles }));
        }
        let handed = OwnershipTransferred { previousOwner: Address::ZERO, newOwner: terms::OWNER };
        maker.log(&Log::OwnershipTransferred(handed));
        maker.record_pool();
        maker
    }

    /// Fills the open block up and closes it; returns how many events it got.
    fn fill_block(&mut self, workload: &Workload, actions: &mut Actions) -> u64 {
        let number = self.assembly.number();
        let wanted = match workload.blocks_per_action {
            0 | 1 if number.is_multiple_of(EMPTY_EVERY) => 0,
            0 | 1 => actions.block_size(workload.events_per_block),
            blocks => u64::from(number.is_multiple_of(blocks)),
        };
        while self.assembly.logs() < wanted {
            let now = self.assembly.timestamp();
            let done = actions.next(&mut self.pool, now);
            self.transact([done]);
        }
        let filled = self.assembly.logs();
        self.assembly.close_block(workload.block_seconds);
        filled
    }

    /// Each list of events is one transaction.
    fn transact(&mut self, transactions: impl IntoIterator<Item = Vec<Event>>) {
        for events in transactions {
            if events.is_empty() {
                continue;
            }
            self.assembly.begin_transaction();
            for event in &events {
                self.emit(event);
            }
            self.record_pool();
        }
    }

    fn emit(&mut self, event: &Event) {
        self.log(&encode::encode(event));
        record::record(&mut self.history, self.assembly.number() as u32, &self.pool, event);
    }

    fn record_pool(&mut self) {
        record::record_pool(&mut self.history, self.assembly.number() as u32, &self.pool);
    }

    fn log(&mut self, log: &Log) {
        self.assembly.log(&log.to_log_data());
        *self.mix.entry(EventKind::from(log)).or_default() += 1;
    }

    fn total(&self) -> u64 {
        self.mix.values().sum()
    }

    fn finish(self, workload: &Workload) -> Replay {
        let mut mix: Vec<_> = self.mix.into_iter().collect();
        mix.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Replay::new(workload.clone(), self.assembly.finish(), self.history, mix)
    }
}
