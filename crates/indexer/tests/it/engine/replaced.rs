//! Blocks that are written again before they are final, because of what was left out of one below them: who gave them first is judged
//! when they are final, by what they are then.

use std::collections::BTreeSet;

use linkpool_indexer::engine::{Ask, Effect, Fetched, Hashes, Header, Input, Kept, Outcome, Place, Snapshot};
use linkpool_primitives::IndexerState;

use super::stage::*;

/// Up to block 13, where "a" left a log out of block 11, and "b" gave block 13 without one.
fn one_block_above_the_final_ones() -> Stage {
    let mut stage = Stage::at(10, 3);
    stage.heads(block(12, 1), 10);
    stage.write_tail(11, 12, "a", Given::default());
    stage.wait(1_000);
    stage.heads(block(13, 1), 10);
    stage.write_tail(13, 13, "b", Given::default());
    stage
}

/// 12 are final, and "c" gave everything above block 10 once more, with a log in block 13, too.
fn written_again() -> Stage {
    let mut stage = one_block_above_the_final_ones();
    follow(&mut stage, 12);
    stage
}

/// Goes on until everything that is final is compared.
fn follow(stage: &mut Stage, finalized: u64) {
    for _ in 0..4 {
        stage.serve(13, finalized, |from, to| {
            let logs: Vec<u64> = [11, 13].into_iter().filter(|block| (from..=to).contains(block)).collect();
            ("c", Given::logs(&logs))
        });
        stage.wait(6_000);
    }
}

fn accused(stage: &Stage) -> BTreeSet<&str> {
    stage.accused().into_iter().collect()
}

/// Blocks of which 13 and those above it are of branch 2, with a log in block 13.
fn other_branch(from: u64, to: u64) -> Fetched<Given> {
    let branch = |number| if number > 12 { 2 } else { 1 };
    let header =
        |number| Header { block: block(number, branch(number)), parent_hash: block(number - 1, branch(number - 1)).hash };
    let places = [11, 13].into_iter().filter(|number| (from..=to).contains(number));
    let place = |number| Place { number, hash: block(number, branch(number)).hash, index: 0 };
    Fetched {
        first_parent: header(from).parent_hash,
        headers: (from..=to).map(header).collect(),
        payload: Given { places: places.map(place).collect(), ..Given::default() },
        ..blocks(from, to, 1)
    }
}

/// What replaces the blocks above 10, or above 12, is written; everything up to `to` of branch 2 becomes final, and is compared.
fn branch_becomes_final(stage: &mut Stage, to: u64) {
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::Write(_))), "it is written");
    stage.put(Input::Written(Outcome::Written));
    let kept = |number, branch, logs| Kept { number, hash: block(number, branch).hash, logs };
    let headers = [kept(12, 1, 0), kept(13, 2, 1), kept(14, 2, 0)];
    stage.put(Input::Loaded(Snapshot {
        cursor: block(to, 2),
        finalized: 12,
        state: IndexerState::Ok,
        headers: headers.into_iter().filter(|kept| kept.number <= to).collect(),
        start: (1, block(1, 1).hash),
        ledger: (),
    }));
    for _ in 0..2 {
        stage.wait(1_000);
        stage.heads(block(to, 2), to);
    }
    let (id, _) = stage.asked(is_about_blocks).expect("what is final is compared");
    stage.put(Input::Fetched(id, other_branch(13, to)));
    stage.wait(6_000);
    stage.heads(block(to, 2), to);
    assert!(stage.asked(is_about_blocks).is_none(), "it is equal");
}

fn is_about_blocks(ask: &Ask) -> bool {
    matches!(ask, Ask::Range { .. } | Ask::Blocks { .. })
}

#[test]
fn who_left_out_logs_of_a_block_that_is_written_again_before_it_is_final_is_named_when_it_is() {
    let mut stage = written_again();
    assert_eq!(accused(&stage), ["a"].into(), "what is said of block 13 may be made up");
    follow(&mut stage, 13);
    assert_eq!(accused(&stage), ["a", "b"].into());
}

#[test]
fn who_gave_a_block_of_a_branch_that_is_gone_is_not_judged_by_what_became_final() {
    let mut stage = written_again();
    stage.heads(block(14, 2), 12);
    let (id, _) = stage.asked(is_about_blocks).expect("the tip is asked for");
    stage.put(Input::Fetched(id, other_branch(14, 14)));
    let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Hashes(_))).expect("hashes are asked for");
    let Ask::Hashes(heights) = ask else { unreachable!() };
    let theirs = heights.iter().map(|number| (*number, Some(block(*number, if *number > 12 { 2 } else { 1 })))).collect();
    stage.put(Input::Hashes(id, Hashes { endpoint: name("c"), blocks: theirs }));
    let (id, _) = stage.asked(is_about_blocks).expect("the branch is asked for");
    stage.put(Input::Fetched(id, other_branch(13, 14)));
    stage.put(Input::Ledger(12, ()));
    branch_becomes_final(&mut stage, 14);
    assert_eq!(accused(&stage), ["a"].into());
}

#[test]
fn who_gave_a_block_is_not_judged_where_the_branch_changes_as_it_is_written_again() {
    let mut stage = one_block_above_the_final_ones();
    for _ in 0..2 {
        stage.wait(1_000);
        stage.heads(block(13, 1), 12);
    }
    let (id, _) = stage.asked(is_about_blocks).expect("what is final is compared");
    stage.put(Input::Fetched(id, Fetched { payload: Given::logs(&[11]), ..blocks(11, 12, 1) }));
    let (id, _) = stage.asked(|ask| *ask == Ask::Hashes(vec![10])).expect("the block below is asked for");
    stage.put(Input::Hashes(id, Hashes { endpoint: name("c"), blocks: vec![(10, Some(block(10, 1)))] }));
    let (id, ask) = stage.asked(is_about_blocks).expect("they are asked for again");
    assert_eq!(ask, Ask::Blocks { from: 11, to: 13, whole: true });
    stage.put(Input::Fetched(id, other_branch(11, 13)));
    stage.put(Input::Ledger(10, ()));
    branch_becomes_final(&mut stage, 13);
    assert_eq!(accused(&stage), ["a"].into());
}
