use linkpool_db::tx::{Attempt, TransactionKind, TransactionRequest};
use linkpool_primitives::{Address, B256, BlockRef};
use proptest::prelude::*;

use super::*;

const PATIENCE: Patience = Patience {
    replace_after_blocks: 5,
    max_replacements: 4,
    used_elsewhere: Duration::from_secs(15),
    resend_after_blocks: 2,
    resend_after: Duration::from_secs(10),
};
const NONCE: u64 = 7;

fn reservation(state: NonceState, attempts: u8) -> NonceReservation {
    let request = TransactionRequest {
        id: 1,
        kind: TransactionKind::Register,
        node_id: None,
        recipient: Some(Address::ZERO),
        value_wei: 0,
        data: vec![],
        enough_wei: None,
        attempts: 0,
    };
    let attempt = |number: u8| Attempt {
        hash: B256::repeat_byte(number + 1),
        number: number.into(),
        raw: vec![number],
        gas_limit: 21_000,
        max_fee_wei: 1,
        tip_wei: 1,
        cancels: false,
        since_block: 100,
        sent_block: Some(100),
        sends: 1,
        last_answer: None,
    };
    NonceReservation {
        nonce: NONCE,
        state,
        gas_limit: 21_000,
        request,
        trouble: None,
        attempts: (0..attempts).map(attempt).collect(),
        receipt: None,
    }
}

fn heads(head: u64) -> Heads {
    Heads { head: BlockRef { number: head, hash: B256::ZERO, timestamp: 0 }, safe: 0, finalized: head.saturating_sub(64) }
}

fn receipt(attempt: u8, block: u64, branch: u8) -> Receipt {
    Receipt {
        transaction_hash: B256::repeat_byte(attempt + 1),
        block_number: block,
        block_hash: B256::repeat_byte(branch),
        succeeded: true,
        gas_used: 1,
    }
}

fn included_at(attempt: u8, block: u64, branch: u8) -> Receipt {
    let it = receipt(attempt, block, branch);
    Receipt {
        transaction_hash: it.transaction_hash,
        block_number: block,
        block_hash: it.block_hash,
        succeeded: true,
        gas_used: 1,
    }
}

/// The evidence of a quiet moment: sent just now, nothing mined.
fn quiet<'a>(heads: &'a Heads, receipts: &'a [Receipt]) -> Evidence<'a> {
    Evidence {
        heads,
        receipts,
        nonce: NONCE,
        final_nonce: 0,
        idle: Some(Duration::ZERO),
        underpriced: false,
        invalid: false,
        unknown_for: None,
        operator_request: None,
    }
}

fn check(reservation: &NonceReservation, head: u64, receipts: &[Receipt], change: impl Fn(&mut Evidence<'_>), expect: Step) {
    let heads = heads(head);
    let mut evidence = quiet(&heads, receipts);
    change(&mut evidence);
    assert_eq!(next_step(reservation, &evidence, &PATIENCE), expect, "{reservation:?} {evidence:?}");
}

#[test]
fn a_reserved_nonce_is_signed_and_a_sent_one_is_waited_for() {
    check(&reservation(NonceState::Reserved, 0), 100, &[], |_| {}, Step::Sign);
    check(&reservation(NonceState::Sent, 1), 101, &[], |_| {}, Step::Wait);
}

#[test]
fn bytes_that_may_be_lost_are_sent_again() {
    let sent = reservation(NonceState::Sent, 1);
    check(&sent, 102, &[], |_| {}, Step::Resend);
    // After a restart nobody knows whether the last send reached anybody.
    check(&sent, 100, &[], |evidence| evidence.idle = None, Step::Resend);
    check(&sent, 100, &[], |evidence| evidence.idle = Some(Duration::from_secs(10)), Step::Resend);
    // A chain that is shorter than when they were sent has lost them.
    check(&sent, 90, &[], |_| {}, Step::Resend);
}

#[test]
fn only_the_nonce_that_is_next_in_turn_pays_more_for_waiting() {
    check(&reservation(NonceState::Sent, 1), 105, &[], |_| {}, Step::Replace);
    check(&reservation(NonceState::Sent, 1), 105, &[], |evidence| evidence.nonce = NONCE - 1, Step::Resend);
    check(&reservation(NonceState::Sent, 1), 101, &[], |evidence| evidence.underpriced = true, Step::Replace);
}

#[test]
fn the_receipt_of_any_attempt_counts() {
    for attempt in 0..3 {
        let expect = Step::Record(included_at(attempt, 104, 1));
        check(&reservation(NonceState::Sent, 3), 105, &[receipt(attempt, 104, 1)], |evidence| evidence.nonce = NONCE + 1, expect);
    }
}

#[test]
fn a_recorded_block_is_waited_out_until_it_is_final() {
    let mined = NonceReservation { receipt: Some(included_at(0, 104, 1)), ..reservation(NonceState::Mined, 1) };
    check(&mined, 167, &[receipt(0, 104, 1)], |_| {}, Step::Wait);
    check(&mined, 168, &[receipt(0, 104, 1)], |_| {}, Step::Finish);
}

#[test]
fn a_reorg_moves_the_inclusion_or_takes_it_away() {
    let mined = NonceReservation { receipt: Some(included_at(0, 104, 1)), ..reservation(NonceState::Mined, 1) };
    check(&mined, 106, &[receipt(0, 105, 2)], |_| {}, Step::Record(included_at(0, 105, 2)));
    check(&mined, 106, &[receipt(0, 104, 2)], |_| {}, Step::Record(included_at(0, 104, 2)));
    check(&mined, 104, &[], |_| {}, Step::Reopen);
    check(&mined, 103, &[], |_| {}, Step::Wait);
}

#[test]
fn a_nonce_is_given_up_only_when_a_stranger_is_final() {
    let taken = |evidence: &mut Evidence<'_>| evidence.nonce = NONCE + 1;
    check(&reservation(NonceState::Sent, 2), 120, &[], taken, Step::Wait);
    check(&reservation(NonceState::Reserved, 0), 120, &[], taken, Step::Wait);
    let stranger = |seconds| {
        move |evidence: &mut Evidence<'_>| {
            (evidence.nonce, evidence.final_nonce) = (NONCE + 1, NONCE + 1);
            evidence.unknown_for = Some(Duration::from_secs(seconds));
        }
    };
    // An endpoint that lags behind another may lack the receipt for a while.
    check(&reservation(NonceState::Sent, 2), 120, &[], stranger(14), Step::Wait);
    check(&reservation(NonceState::Sent, 2), 120, &[], stranger(15), Step::GiveUp);
}

#[test]
fn after_so_many_replacements_nothing_new_is_signed_unless_a_person_asks() {
    check(&reservation(NonceState::Sent, 4), 105, &[], |_| {}, Step::Replace);
    check(&reservation(NonceState::Sent, 5), 105, &[], |_| {}, Step::ResendStuck);
    check(&reservation(NonceState::Sent, 5), 101, &[], |evidence| evidence.underpriced = true, Step::Wait);
    check(
        &reservation(NonceState::Sent, 5),
        105,
        &[],
        |evidence| evidence.operator_request = Some(NonceAction::Bump),
        Step::Replace,
    );
}

#[test]
fn an_operators_request_is_carried_out_while_the_nonce_is_open() {
    let asks = |action| move |evidence: &mut Evidence<'_>| evidence.operator_request = Some(action);
    let sent = reservation(NonceState::Sent, 1);
    check(&sent, 100, &[], asks(NonceAction::Bump), Step::Replace);
    check(&sent, 100, &[], asks(NonceAction::Resend), Step::Resend);
    check(&sent, 100, &[], asks(NonceAction::Cancel), Step::Cancel);
    check(&reservation(NonceState::Reserved, 0), 100, &[], asks(NonceAction::Cancel), Step::Cancel);
    let mut cancelled = reservation(NonceState::Sent, 2);
    cancelled.attempts[1].cancels = true;
    check(&cancelled, 100, &[], asks(NonceAction::Cancel), Step::Wait);
    // It has lost the race: what is mined counts.
    check(&sent, 105, &[receipt(0, 104, 1)], asks(NonceAction::Cancel), Step::Record(included_at(0, 104, 1)));
}

#[test]
fn bytes_that_nobody_will_ever_take_are_built_anew_a_bounded_number_of_times() {
    let invalid = |evidence: &mut Evidence<'_>| evidence.invalid = true;
    check(&reservation(NonceState::Sent, 1), 100, &[], invalid, Step::Rebuild);
    check(&reservation(NonceState::Sent, 5), 102, &[], invalid, Step::ResendStuck);
}

/// A chain that obeys: it mines whatever was sent, and may lose it again.
#[derive(Debug)]
struct World {
    reservation: NonceReservation,
    head: u64,
    pool: Vec<u8>,
    mined: Option<Receipt>,
    branch: u8,
    sent_just_now: bool,
}

impl World {
    fn step(&mut self) -> Step {
        let heads = heads(self.head);
        let receipts: Vec<Receipt> = self.mined.into_iter().collect();
        let final_nonce =
            if self.mined.is_some_and(|receipt| receipt.block_number <= heads.finalized) { NONCE + 1 } else { NONCE };
        let evidence = Evidence {
            nonce: NONCE + u64::from(self.mined.is_some()),
            final_nonce,
            idle: self.sent_just_now.then_some(Duration::ZERO),
            ..quiet(&heads, &receipts)
        };
        let step = next_step(&self.reservation, &evidence, &PATIENCE);
        match step {
            Step::Sign | Step::Replace => {
                let number = self.reservation.attempts.len() as u8;
                let mut attempt = reservation(NonceState::Sent, number + 1).attempts.remove(usize::from(number));
                (attempt.since_block, attempt.sent_block) = (self.head, Some(self.head));
                self.reservation.attempts.push(attempt);
                self.reservation.state = NonceState::Sent;
                self.pool = vec![number];
            }
            Step::Resend | Step::ResendStuck => {
                let last = self.reservation.attempts.last_mut().expect("resend without an attempt");
                last.sent_block = Some(self.head);
                self.pool = vec![last.number as u8];
            }
            Step::Record(receipt) => (self.reservation.state, self.reservation.receipt) = (NonceState::Mined, Some(receipt)),
            Step::Reopen => (self.reservation.state, self.reservation.receipt) = (NonceState::Sent, None),
            Step::Finish => self.reservation.state = NonceState::Final,
            Step::Wait => {}
            Step::GiveUp => panic!("gave up its own nonce: {self:?}"),
            Step::Rebuild | Step::Cancel => panic!("nobody asked for {step:?}: {self:?}"),
        }
        self.sent_just_now = matches!(step, Step::Sign | Step::Replace | Step::Resend | Step::ResendStuck);
        step
    }

    fn mine(&mut self) {
        self.head += 1;
        if let Some(attempt) = self.pool.pop() {
            self.mined = Some(receipt(attempt, self.head, self.branch));
        }
    }
}

proptest! {
    #[test]
    fn whatever_the_chain_does_the_nonce_ends_final(events in proptest::collection::vec(0..5u8, 0..60)) {
        let mut world = World { reservation: reservation(NonceState::Reserved, 0), head: 100, pool: vec![], mined: None, branch: 1, sent_just_now: false };
        for event in events {
            match event {
                0 => { world.step(); }
                1 => world.mine(),
                // The pool forgets.
                2 => world.pool.clear(),
                // A reorg of what is not final removes the transaction, and the pool does not get it back.
                3 => {
                    if world.mined.is_some_and(|receipt| receipt.block_number > world.head.saturating_sub(64)) {
                        world.mined = None;
                        world.branch += 1;
                    }
                }
                // The process restarts.
                _ => world.sent_just_now = false,
            }
            if world.reservation.state == NonceState::Final { break; }
        }
        for _ in 0..200 {
            if world.reservation.state == NonceState::Final { return Ok(()); }
            world.step();
            world.mine();
        }
        prop_assert!(false, "not final: {:?}", world);
    }
}
