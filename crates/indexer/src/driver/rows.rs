//! A range's logs as rows, and whether they continue what is written.

use linkpool_db::{
    columns::{Fields, PoolFields},
    contract_event::ContractEvent,
    dead_letter::DeadLetter,
    event::EventRow,
    events::Events,
    ingest::{Last, LastValues},
};
use linkpool_primitives::{Address, B256, EventKind, checksum};

use crate::engine::{Gap, LogPosition, Payload};

/// Memory of an event of another contract, roughly: most of it is JSON.
const CONTRACT_EVENT_BYTES: usize = 2_048;

/// Rows of a range, in the order of the chain.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub events: Events,
    /// Logs of the same blocks that this version can't read.
    pub dead_letters: Vec<DeadLetter>,
    /// Of the contracts beside the pool.
    pub contract_events: Vec<ContractEvent>,
    /// Whether one of the logs that can't be read is of the pool.
    pub has_unread: bool,
    /// Whether the pool passes to another owner, whose logs are asked for from then on.
    pub changes_owner: bool,
    /// Which set of contracts was asked for.
    pub version: Option<u64>,
}

impl Payload for Rows {
    type Ledger = LastValues;

    fn log_positions(&self) -> impl Iterator<Item = LogPosition> {
        let letters = self.dead_letters.iter().map(dead_letter_position);
        let mut others: Vec<LogPosition> = letters.chain(self.contract_events.iter().map(contract_event_position)).collect();
        others.sort_unstable_by_key(|position| (position.number, position.index));
        let (mut events, mut others) = (self.events.positions().map(event_position).peekable(), others.into_iter().peekable());
        std::iter::from_fn(move || match (events.peek(), others.peek()) {
            (Some(event), Some(other)) if (other.number, other.index) < (event.number, event.index) => others.next(),
            (Some(_), _) => events.next(),
            (None, _) => others.next(),
        })
    }

    fn bytes(&self) -> usize {
        let letters = self.dead_letters.iter().map(|letter| letter.data.len() + 256).sum::<usize>();
        self.events.bytes() + letters + self.contract_events.len() * CONTRACT_EVENT_BYTES
    }

    fn follow(&self, ledger: &mut LastValues, forgive: bool) -> Result<(), Gap> {
        // What an unread log of the pool changed is not known, so nothing can be said about what continues it.
        let forgive = forgive || self.has_unread;
        if ledger.accounted.is_none() && !forgive {
            creation(&self.events)?;
        }
        self.events.iter().try_for_each(|event| follow(&event, ledger, forgive))
    }
}

/// The first events of all are those of the pool's creation, which set every field of it: no row can be made of fewer.
fn creation(events: &Events) -> Result<(), Gap> {
    let Some(first) = events.iter().next() else { return Ok(()) };
    let mut pool = PoolFields::default();
    events.iter().for_each(|event| pool.merge(&event.after_pool));
    pool.missing().map_or(Ok(()), |name| {
        let at = first.block_number.unsigned_abs();
        let what = format!("the pool's creation at block {at} is incomplete, `{name}` is never set: a log is missing");
        Err(Gap { since: 0, at, what })
    })
}

fn event_position((number, hash, index): (i64, B256, i32)) -> LogPosition {
    LogPosition { number: number.unsigned_abs(), hash, index: index.unsigned_abs() }
}

fn contract_event_position(event: &ContractEvent) -> LogPosition {
    LogPosition { number: event.block_number, hash: event.block_hash, index: event.log_index }
}

fn dead_letter_position(letter: &DeadLetter) -> LogPosition {
    LogPosition { number: letter.block_number, hash: letter.block_hash, index: letter.log_index }
}

fn follow(event: &EventRow, ledger: &mut LastValues, forgive: bool) -> Result<(), Gap> {
    let moves = event.kind.moves();
    let at = event.block_number.unsigned_abs();
    let field = |last: &mut Option<Last>, after: Option<u128>, by: Option<u128>, sign: i8, what: &dyn Fn() -> String| {
        let Some(after) = after else { return Ok(()) };
        let before = match (sign, by) {
            (1, Some(by)) => after.checked_sub(by),
            (-1, Some(by)) => after.checked_add(by),
            // An event that sets a field outright continues anything.
            _ => last.map(|last| last.value),
        };
        let gap = last.filter(|last| !forgive && Some(last.value) != before);
        if let Some(last) = gap {
            let what = format!(
                "the event {} of block {at} does not continue {} of block {}: a log in between is missing",
                event.kind,
                what(),
                last.since
            );
            return Err(Gap { since: last.since, at, what });
        }
        *last = Some(Last { value: after, since: at });
        Ok(())
    };
    if ledger.accounted.is_none() && moves.accounted != 0 && !forgive {
        let what = format!("block {at} has a transfer of a pool whose creation is missing");
        return Err(Gap { since: 0, at, what });
    }
    field(&mut ledger.accounted, event.after_pool.accounted, event.amount, moves.accounted, &|| "the pool's LINK".into())?;
    let Some(address) = event.node else { return Ok(()) };
    let after = &event.after_node;
    if after.assets.is_none() && after.total_shares.is_none() && after.active_shares.is_none() {
        return Ok(());
    }
    let is_known = event.kind == EventKind::NodeRegistered || ledger.nodes.contains_key(&address);
    if !is_known && !forgive {
        let what = format!("block {at} has an event of node {}, whose registration is missing", checksum(&address));
        return Err(Gap { since: 0, at, what });
    }
    let node = ledger.nodes.entry(address).or_default();
    let name = |field: &str, address: &Address| format!("the {field} of node {}", checksum(address));
    field(&mut node.assets, after.assets, event.amount, moves.assets, &|| name("assets", &address))?;
    field(&mut node.total_shares, after.total_shares, event.shares, moves.total_shares, &|| name("shares", &address))?;
    field(&mut node.active_shares, after.active_shares, event.shares, moves.active_shares, &|| name("active shares", &address))
}
