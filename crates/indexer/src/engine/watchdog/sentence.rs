//! What is said to people about what does not come to an end.
#![deny(clippy::wildcard_enum_match_arm)]

use linkpool_primitives::IndexerState;

use super::Watchdog;
use crate::engine::{Heads, Millis, Settings};

/// Where a leader stands.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Position {
    pub cursor: u64,
    /// Everything up to here is final, and was compared.
    pub checked: u64,
    pub heads: Option<Heads>,
    /// Whether something was fetched again because events do not continue each other.
    pub has_gap: bool,
}

impl Watchdog {
    pub(super) fn sentence(&self, state: IndexerState, settings: &Settings, now: Millis, leader: Option<Position>) -> String {
        let because = |problem: &Option<String>| problem.as_ref().map_or_else(String::new, |problem| format!(": {problem}"));
        let seconds = |since: Option<Millis>| now.saturating_sub(since.unwrap_or(now)) / 1_000;
        let reason = because(&self.problem);
        match state {
            IndexerState::CannotLoad => format!("the database can't be read for {} s{reason}", seconds(self.loads)),
            IndexerState::CannotWrite => format!("the database can't be written for {} s{reason}", seconds(self.writes)),
            IndexerState::CannotRecheck => {
                let Some(Position { checked, .. }) = leader else { return String::new() };
                let (since, reason) = (seconds(self.rechecks), because(&self.recheck_problem));
                format!("blocks after {checked} are final and could not be compared with the chain for {since} s{reason}")
            }
            IndexerState::CannotServe => {
                let who = if settings.endpoints == 1 { "this endpoint" } else { "no endpoint" };
                let can = if settings.endpoints == 1 { "can't" } else { "can" };
                let tries = self.unusable;
                format!(
                    "{who} {can} serve the index, because of {tries} answers none was of use, the last{reason}; give another endpoint, \
                     one that offers what docs/indexer.md asks for"
                )
            }
            IndexerState::Stalled
            | IndexerState::Ok
            | IndexerState::Backfilling
            | IndexerState::BlockTooLarge
            | IndexerState::ReorgBelowFinality => leader.map_or_else(String::new, |leader| self.stall(now, leader, &reason)),
        }
    }

    fn stall(&self, now: Millis, leader: Position, reason: &str) -> String {
        // While blocks are written again the cursor is lower than it was.
        let cursor = leader.cursor.max(self.highest);
        let seconds = (now - self.last_progress) / 1_000;
        let behind = match leader.heads {
            Some(heads) if heads.head.number > cursor => format!("the chain is at block {}", heads.head.number),
            Some(heads) => format!("the endpoint's newest block is {}", heads.head.number),
            None => "no endpoint says where the chain is".into(),
        };
        let gap = if leader.has_gap {
            "; should every endpoint leave it out, the index goes on without it, and `linkpool verify --repair` looks for it"
        } else {
            ""
        };
        format!("no block after {cursor} for {seconds} s, while {behind}{reason}{gap}")
    }
}
