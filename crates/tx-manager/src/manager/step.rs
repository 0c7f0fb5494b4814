//! What to do next about one nonce. Pure: the same evidence gives the same step, in whatever order it came.

use std::time::Duration;

use linkpool_chain::{Heads, Receipt};
use linkpool_db::tx::{NonceAction, NonceReservation, NonceState};

/// Blocks, and time, after which the same bytes are sent again: pools forget, and sending again costs nothing.
pub(super) const RESEND_AFTER_BLOCKS: u64 = 2;
pub(super) const RESEND_DELAY: Duration = Duration::from_secs(10);

/// What is known about a reservation from outside the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'a> {
    pub heads: &'a Heads,
    /// Of the reservation's attempts, those that are in a block.
    pub receipts: &'a [Receipt],
    /// How many transactions of the signer are in the chain at the head, and at the finalized block.
    pub nonce: u64,
    pub final_nonce: u64,
    /// How long ago this process sent the last attempt; `None` if it has not.
    pub idle: Option<Duration>,
    /// The endpoint asked for a higher fee.
    pub underpriced: bool,
    /// An endpoint refuses the last attempt for what is in it: it never takes these bytes, or they revert.
    pub invalid: bool,
    /// For how long the nonce has looked like somebody else's.
    pub unknown_for: Option<Duration>,
    /// What an operator asked for.
    pub operator_request: Option<NonceAction>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub replace_after_blocks: u64,
    /// After so many attempts more than the first nothing new is signed.
    pub max_replacements: u32,
    pub used_elsewhere: Duration,
    pub resend_after_blocks: u64,
    pub resend_after: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Wait,
    /// Nothing is signed yet.
    Sign,
    /// Send the last attempt's bytes again.
    Resend,
    /// As [`Step::Resend`], and say that it is stuck: it was replaced as often as allowed.
    ResendStuck,
    /// Sign an attempt that pays more; where the caps forbid it, send the last again.
    Replace,
    /// Sign one with another gas limit, or one that does nothing if the transaction request can't succeed any more.
    Rebuild,
    /// Sign one that does nothing.
    Cancel,
    /// Record where it was mined.
    Record(Receipt),
    /// Its block is final.
    Finish,
    /// The chain has lost its block.
    Reopen,
    /// Somebody else used the nonce.
    GiveUp,
}

pub(super) fn next_step(reservation: &NonceReservation, evidence: &Evidence<'_>, patience: &Patience) -> Step {
    if let Some(receipt) = evidence.receipts.iter().max_by_key(|receipt| receipt.block_number) {
        return included(reservation, evidence, receipt);
    }
    if reservation.state == NonceState::Mined {
        let reached = reservation.receipt.is_none_or(|receipt| evidence.heads.head.number >= receipt.block_number);
        // An endpoint that lags behind the block is asked again; one that stays there is a matter for the watch over lost chains.
        return if reached { Step::Reopen } else { Step::Wait };
    }
    if evidence.final_nonce > reservation.nonce {
        let sure = evidence.unknown_for.is_some_and(|unknown_for| unknown_for >= patience.used_elsewhere);
        return if sure { Step::GiveUp } else { Step::Wait };
    }
    if evidence.nonce > reservation.nonce {
        // Something holds the nonce in a block; the next look shows the receipt, or finality shows that it is not ours.
        return Step::Wait;
    }
    let Some(last) = reservation.attempts.last() else {
        return if evidence.operator_request == Some(NonceAction::Cancel) { Step::Cancel } else { Step::Sign };
    };
    match evidence.operator_request {
        Some(NonceAction::Cancel) if !last.cancels => return Step::Cancel,
        Some(NonceAction::Bump) => return Step::Replace,
        Some(NonceAction::Resend) => return Step::Resend,
        Some(NonceAction::Cancel) | None => {}
    }
    let head = evidence.heads.head.number;
    let is_next_nonce = evidence.nonce == reservation.nonce;
    let overdue =
        evidence.underpriced || (is_next_nonce && head.saturating_sub(last.since_block) >= patience.replace_after_blocks);
    let replaced = reservation.attempts.len() as u64 > u64::from(patience.max_replacements);
    match (evidence.invalid, overdue, replaced) {
        (true, _, false) => return Step::Rebuild,
        (_, true, false) => return Step::Replace,
        _ => {}
    }
    let sent_lately =
        last.sent_block.is_some_and(|sent| head.saturating_sub(sent) < patience.resend_after_blocks && sent <= head)
            && evidence.idle.is_some_and(|idle| idle < patience.resend_after);
    match (sent_lately, replaced && (overdue || evidence.invalid)) {
        (true, _) => Step::Wait,
        (false, true) => Step::ResendStuck,
        (false, false) => Step::Resend,
    }
}

fn included(reservation: &NonceReservation, evidence: &Evidence<'_>, receipt: &Receipt) -> Step {
    let recorded = reservation.state == NonceState::Mined && reservation.receipt == Some(*receipt);
    match recorded {
        false => Step::Record(*receipt),
        true if receipt.block_number <= evidence.heads.finalized => Step::Finish,
        true => Step::Wait,
    }
}

#[cfg(test)]
mod tests;
