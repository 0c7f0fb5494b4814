//! Blocks that are written again before they are final, because of what was left out of one below them: who gave them first is judged
//! when they are final, by what they are then.

use std::collections::BTreeSet;

use linkpool_indexer::engine::{Ask, Effect, Fetched, Hashes, Header, Input, Kept, LogPosition, Outcome, Snapshot};
use linkpool_primitives::IndexerState;

use super::fixture::*;

/// Up to block 13, where "a" left a log out of block 11, and "b" gave block 13 without one.
fn one_block_above_the_final_ones() -> EngineFixture {
    let mut fixture = EngineFixture::at(10, 3);
    fixture.heads(block(12, 1), 10);
    fixture.write_tail(11, 12, "a", TestPayload::default());
    fixture.wait(1_000);
    fixture.heads(block(13, 1), 10);
    fixture.write_tail(13, 13, "b", TestPayload::default());
    fixture
}

/// 12 are final, and "c" gave everything above block 10 once more, with a log in block 13, too.
fn written_again() -> EngineFixture {
    let mut fixture = one_block_above_the_final_ones();
    follow(&mut fixture, 12);
    fixture
}

/// Goes on until everything that is final is compared.
fn follow(fixture: &mut EngineFixture, finalized: u64) {
    for _ in 0..4 {
        fixture.serve(13, finalized, |from, to| {
            let logs: Vec<u64> = [11, 13].into_iter().filter(|block| (from..=to).contains(block)).collect();
            ("c", TestPayload::logs(&logs))
        });
        fixture.wait(6_000);
    }
}

fn reported_faulty(fixture: &EngineFixture) -> BTreeSet<&str> {
    fixture.reported_faulty().into_iter().collect()
}

/// Blocks of which 13 and those above it are of branch 2, with a log in block 13.
fn other_branch(from: u64, to: u64) -> Fetched<TestPayload> {
    let branch = |number| if number > 12 { 2 } else { 1 };
    let header =
        |number| Header { block: block(number, branch(number)), parent_hash: block(number - 1, branch(number - 1)).hash };
    let log_positions = [11, 13].into_iter().filter(|number| (from..=to).contains(number));
    let place = |number| LogPosition { number, hash: block(number, branch(number)).hash, index: 0 };
    Fetched {
        first_parent: header(from).parent_hash,
        headers: (from..=to).map(header).collect(),
        payload: TestPayload { log_positions: log_positions.map(place).collect(), ..TestPayload::default() },
        ..blocks(from, to, 1)
    }
}

/// What replaces the blocks above 10, or above 12, is written; everything up to `to` of branch 2 becomes final, and is compared.
fn branch_becomes_final(fixture: &mut EngineFixture, to: u64) {
    assert!(fixture.effects.iter().any(|effect| matches!(effect, Effect::Write(_))), "it is written");
    fixture.put(Input::Written(Outcome::Written));
    let kept = |number, branch, logs| Kept { number, hash: block(number, branch).hash, logs };
    let headers = [kept(12, 1, 0), kept(13, 2, 1), kept(14, 2, 0)];
    fixture.put(Input::Loaded(Snapshot {
        cursor: block(to, 2),
        finalized: 12,
        state: IndexerState::Ok,
        headers: headers.into_iter().filter(|kept| kept.number <= to).collect(),
        start: (1, block(1, 1).hash),
        ledger: (),
    }));
    for _ in 0..2 {
        fixture.wait(1_000);
        fixture.heads(block(to, 2), to);
    }
    let (id, _) = fixture.asked(is_about_blocks).expect("what is final is compared");
    fixture.put(Input::Fetched(id, other_branch(13, to)));
    fixture.wait(6_000);
    fixture.heads(block(to, 2), to);
    assert!(fixture.asked(is_about_blocks).is_none(), "it is equal");
}

fn is_about_blocks(ask: &Ask) -> bool {
    matches!(ask, Ask::Range { .. } | Ask::Blocks { .. })
}

#[test]
fn who_left_out_logs_of_a_block_that_is_written_again_before_it_is_final_is_named_when_it_is() {
    let mut fixture = written_again();
    assert_eq!(reported_faulty(&fixture), ["a"].into(), "what is said of block 13 may be made up");
    follow(&mut fixture, 13);
    assert_eq!(reported_faulty(&fixture), ["a", "b"].into());
}

#[test]
fn who_gave_a_block_of_a_branch_that_is_gone_is_not_judged_by_what_became_final() {
    let mut fixture = written_again();
    fixture.heads(block(14, 2), 12);
    let (id, _) = fixture.asked(is_about_blocks).expect("the tip is asked for");
    fixture.put(Input::Fetched(id, other_branch(14, 14)));
    let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Hashes(_))).expect("hashes are asked for");
    let Ask::Hashes(heights) = ask else { unreachable!() };
    let theirs = heights.iter().map(|number| (*number, Some(block(*number, if *number > 12 { 2 } else { 1 })))).collect();
    fixture.put(Input::Hashes(id, Hashes { endpoint: name("c"), blocks: theirs }));
    let (id, _) = fixture.asked(is_about_blocks).expect("the branch is asked for");
    fixture.put(Input::Fetched(id, other_branch(13, 14)));
    fixture.put(Input::Ledger(12, ()));
    branch_becomes_final(&mut fixture, 14);
    assert_eq!(reported_faulty(&fixture), ["a"].into());
}

#[test]
fn who_gave_a_block_is_not_judged_where_the_branch_changes_as_it_is_written_again() {
    let mut fixture = one_block_above_the_final_ones();
    for _ in 0..2 {
        fixture.wait(1_000);
        fixture.heads(block(13, 1), 12);
    }
    let (id, _) = fixture.asked(is_about_blocks).expect("what is final is compared");
    fixture.put(Input::Fetched(id, Fetched { payload: TestPayload::logs(&[11]), ..blocks(11, 12, 1) }));
    let (id, _) = fixture.asked(|ask| *ask == Ask::Hashes(vec![10])).expect("the block below is asked for");
    fixture.put(Input::Hashes(id, Hashes { endpoint: name("c"), blocks: vec![(10, Some(block(10, 1)))] }));
    let (id, ask) = fixture.asked(is_about_blocks).expect("they are asked for again");
    assert_eq!(ask, Ask::Blocks { from: 11, to: 13, ignore_bloom: true });
    fixture.put(Input::Fetched(id, other_branch(11, 13)));
    fixture.put(Input::Ledger(10, ()));
    branch_becomes_final(&mut fixture, 13);
    assert_eq!(reported_faulty(&fixture), ["a"].into());
}
