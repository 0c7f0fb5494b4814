//! Whose logs are asked for, and how a log of each is read.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use linkpool_chain::{Addresses, Log, LogPosition};
use linkpool_db::{
    contract_event::ContractEvent,
    dead_letter::DeadLetter,
    followed::{Followed, FollowedContract},
};
use linkpool_primitives::{Address, ContractKind, EventKind};

use super::rows::Rows;
use crate::{Error, apply};

/// The pool and the contracts beside it, as one version of the set has them.
#[derive(Debug)]
pub(crate) struct Watched {
    pub addresses: Addresses,
    pool: Address,
    /// `None` where they are read by themselves.
    version: Option<u64>,
    contracts: HashMap<Address, Contract>,
}

#[derive(Debug, Clone, Copy)]
struct Contract {
    kind: ContractKind,
    /// The logs up to here are read by a fill, and are not looked at beside the others'.
    filled_to: u64,
}

impl Watched {
    pub fn new(pool: Address, followed: &Followed) -> Self {
        let contract =
            |of: &FollowedContract| (of.contract, Contract { kind: of.kind, filled_to: of.fill.map_or(0, |fill| fill.end) });
        Self {
            addresses: Addresses::new(pool, followed.contracts.iter().map(|of| of.contract)),
            pool,
            version: Some(followed.version),
            contracts: followed.contracts.iter().map(contract).collect(),
        }
    }

    /// These contracts alone, and all of their logs. `None` for none.
    pub fn alone(pool: Address, contracts: &[FollowedContract]) -> Option<Self> {
        let mut addresses = contracts.iter().map(|of| of.contract);
        let first = addresses.next()?;
        Some(Self {
            addresses: Addresses::new(first, addresses),
            pool,
            version: None,
            contracts: contracts.iter().map(|of| (of.contract, Contract { kind: of.kind, filled_to: 0 })).collect(),
        })
    }

    /// Logs as rows. One that does not decode is kept whole instead: one of them must not hold up the rest.
    pub fn read(&self, logs: Vec<Log>, times: &HashMap<u64, u64>) -> Rows {
        let mut rows = Rows { version: self.version, ..Rows::default() };
        let (letters, others) = (&mut rows.dead_letters, &mut rows.contract_events);
        let (has_unread, changes_owner) = (&mut rows.has_unread, &mut rows.changes_owner);
        let read = |log: Log| {
            let position = log.position()?;
            let time = times.get(&position.number).copied().unwrap_or_default();
            // Nearly all are of the pool.
            let is_of_pool = log.address == self.pool;
            let unread = match is_of_pool {
                true => match apply::row(&log, time) {
                    Ok(row) => {
                        *changes_owner |= row.kind == EventKind::OwnershipTransferred;
                        return Some(row);
                    }
                    Err(error) => error,
                },
                false => match self.contract_event(&log, position, time) {
                    Ok(event) => {
                        others.extend(event);
                        return None;
                    }
                    Err(error) => error,
                },
            };
            *has_unread |= is_of_pool;
            letters.push(dead_letter(&log, position, time, unread.to_string()));
            None
        };
        rows.events = logs.into_iter().filter_map(read).collect();
        rows
    }

    /// What a log of another contract than the pool says; `None` where it says nothing that counts, or is not looked at here.
    ///
    /// # Errors
    /// [`Error::Decode`] where it can't be read.
    pub fn contract_event(&self, log: &Log, position: LogPosition, time: u64) -> Result<Option<ContractEvent>, Error> {
        match self.contracts.get(&log.address) {
            Some(contract) if position.number > contract.filled_to => apply::contract_event(contract.kind, self.pool, log, time),
            _ => Ok(None),
        }
    }
}

impl Watched {
    /// Whether it is this version of the set.
    pub fn is_of(&self, followed: &Followed) -> bool {
        self.version == Some(followed.version)
    }
}

/// For comparing rows with logs.
impl Watched {
    pub fn is_pool(&self, log: &Log) -> bool {
        log.address == self.pool
    }

    /// Whether a row is there by logs that are looked at here.
    pub fn looks_at(&self, event: &ContractEvent) -> bool {
        self.contracts.get(&event.contract).is_none_or(|contract| event.block_number > contract.filled_to)
    }
}

/// The set that is asked for now: whoever loads where the indexer stands says which.
#[derive(Debug)]
pub(super) struct Watch(RwLock<Arc<Watched>>);

impl Watch {
    pub fn new(pool: Address) -> Self {
        Self(RwLock::new(Arc::new(Watched::new(pool, &Followed::default()))))
    }

    pub fn now(&self) -> Arc<Watched> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, followed: &Followed) {
        let pool = self.now().pool;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Watched::new(pool, followed));
    }
}

fn dead_letter(log: &Log, position: LogPosition, block_time: u64, reason: String) -> DeadLetter {
    DeadLetter {
        block_number: position.number,
        log_index: u32::try_from(position.index).unwrap_or_default(),
        block_hash: position.hash,
        block_time,
        transaction_hash: log.transaction_hash(),
        contract: log.address,
        topics: log.topics.clone(),
        data: log.data.to_vec(),
        reason,
    }
}
