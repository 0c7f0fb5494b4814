//! The engine's answers to single situations, input by input.

mod faults;
mod queue;
mod replaced;
mod stage;

use linkpool_indexer::engine::{Ask, Effect, Fault, Hashes, Heads, Input, Outcome, Snapshot};
use linkpool_primitives::IndexerState;

use stage::*;

#[test]
fn a_lower_head_of_our_own_chain_starts_nothing() {
    let mut stage = Stage::at(20, 1);
    stage.heads(block(15, 1), 10);
    for _ in 0..30 {
        stage.wait(1_000);
        stage.heads(block(15, 1), 10);
    }
    assert!(stage.asked(|ask| *ask != Ask::Heads).is_none(), "{:?}", stage.effects);
    assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Write(_) | Effect::Stop { .. })));
}

#[test]
fn another_hash_at_a_known_height_is_followed_down_to_what_both_branches_share() {
    let mut stage = Stage::at(20, 1);
    stage.heads(block(19, 2), 10);
    let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Hashes(_))).expect("hashes are asked for");
    let Ask::Hashes(heights) = ask else { unreachable!() };
    let theirs = |number: u64| (number < 20).then(|| block(number, if number > 17 { 2 } else { 1 }));
    let answer = heights.iter().map(|number| (*number, theirs(*number))).collect();
    stage.put(Input::Hashes(id, Hashes { endpoint: name("a"), blocks: answer }));
    let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("the branch is asked for");
    assert_eq!(ask, Ask::Blocks { from: 18, to: 19, whole: false });
    let mut branch = blocks(18, 19, 2);
    branch.first_parent = block(17, 1).hash;
    branch.headers[0].parent_hash = branch.first_parent;
    stage.put(Input::Fetched(id, branch));
    assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Write(_))), "the ledger below it is not here yet");
    stage.put(Input::Ledger(17, ()));
    let write = stage.effects.iter().find_map(|effect| if let Effect::Write(write) = effect { Some(write) } else { None });
    let write = write.expect("the branch is swapped");
    assert_eq!((write.expected, write.ancestor, write.to), (block(20, 1), Some(block(17, 1)), block(19, 2)));
}

#[test]
fn a_block_too_large_even_by_its_hash_is_a_condition_and_ends_by_itself() {
    let mut stage = Stage::at(10, 1);
    stage.heads(block(40, 1), 11);
    let refuse = |stage: &mut Stage, wanted: &dyn Fn(&Ask) -> bool| {
        let (id, ask) = stage.asked(wanted).expect("the block is asked for");
        stage.put(Input::Failed(id, Fault::TooLarge { hint: Some(1) }, "too many results".into()));
        ask
    };
    assert_eq!(refuse(&mut stage, &|ask| matches!(ask, Ask::Range { .. })), Ask::Range { from: 11, to: 11 });
    assert!(stage.said().is_empty());
    assert_eq!(refuse(&mut stage, &|ask| matches!(ask, Ask::Blocks { .. })), Ask::Blocks { from: 11, to: 11, whole: true });
    assert_eq!(stage.said(), [IndexerState::BlockTooLarge]);
    stage.wait(20_000);
    let (id, _) = stage.asked(|ask| matches!(ask, Ask::Blocks { from: 11, to: 11, .. })).expect("it is tried again");
    stage.put(Input::Fetched(id, blocks(11, 11, 1)));
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::Write(_))));
}

#[test]
fn no_progress_while_the_chain_moves_is_said_with_its_reason_and_taken_back() {
    let mut stage = Stage::at(20, 1);
    stage.heads(block(25, 1), 10);
    for _ in 0..14 {
        if let Some((id, _)) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })) {
            stage.put(Input::Failed(id, Fault::Transient, "the endpoint is on fire".into()));
        }
        if let Some((id, _)) = stage.asked(|ask| *ask == Ask::Heads) {
            stage.put(Input::Failed(id, Fault::Transient, "the endpoint is on fire".into()));
        }
        stage.wait(5_000);
    }
    let said = stage.effects.iter().find_map(|effect| match effect {
        Effect::Say(IndexerState::Stalled, Some(why)) => Some(why.clone()),
        _ => None,
    });
    let said = said.expect("it is said");
    assert!(said.contains("no block after 20") && said.contains("block 25") && said.contains("on fire"), "{said}");
    let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("it is tried on");
    assert_eq!(ask, Ask::Blocks { from: 21, to: 25, whole: false });
    stage.put(Input::Fetched(id, blocks(21, 25, 1)));
    stage.put(Input::Written(Outcome::Written));
    assert_eq!(stage.engine.progress(), Some((25, 25)));
    stage.effects.clear();
    stage.wait(STALLED_AFTER_MS - 1_000);
    assert!(stage.said().is_empty(), "the clock starts again");
}

#[test]
fn a_final_block_is_gone_only_when_every_endpoint_says_so() {
    let mut stage = Stage::at(20, 2);
    stage.heads(block(20, 2), 10);
    for (endpoint, ends) in [("a", false), ("a", false), ("b", true)] {
        stage.wait(6_000);
        stage.heads_if_asked(block(20, 2), 10);
        let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Hashes(_))).expect("hashes are asked for");
        let Ask::Hashes(heights) = ask else { unreachable!() };
        let answer = heights.iter().map(|number| (*number, Some(block(*number, 2)))).collect();
        stage.put(Input::Hashes(id, Hashes { endpoint: name(endpoint), blocks: answer }));
        let stopped = stage.effects.iter().any(|effect| matches!(effect, Effect::Stop { .. }));
        assert_eq!(stopped, ends, "after {endpoint}");
    }
}

#[test]
fn a_log_that_every_endpoint_leaves_out_of_an_answer_with_its_neighbours_is_passed_over_and_said() {
    let mut stage = Stage::at(20, 1);
    let mut answers = 0;
    while stage.cursor == 20 {
        assert!(answers <= 64, "it is asked for for ever");
        stage.serve(25, 10, |_, _| {
            answers += 1;
            ("a", Given::with_gap(22, 24))
        });
        stage.wait(5_000);
    }
    assert!(answers >= 8, "only after it was asked for often, not {answers} times");
    stage.serve(25, 10, |_, _| ("a", Given::default()));
    let details = stage.details(IndexerState::Ok);
    assert!(matches!(&details[..], [detail] if detail.contains("linkpool verify --repair")), "{details:?}");
    assert_eq!(stage.accused(), [] as [&str; 0]);
}

#[test]
fn a_log_that_a_new_branch_lacks_at_every_endpoint_does_not_hold_up_the_swap() {
    let mut stage = Stage::at(20, 1);
    for tries in 0.. {
        assert!(tries <= 64, "it is asked for for ever");
        stage.wait(6_000);
        stage.heads_if_asked(block(19, 2), 10);
        let Some((id, Ask::Hashes(heights))) = stage.asked(|ask| matches!(ask, Ask::Hashes(_))) else {
            panic!("the ancestor is looked for")
        };
        let theirs = |number: u64| (number < 20).then(|| block(number, if number > 15 { 2 } else { 1 }));
        let answer = heights.iter().map(|number| (*number, theirs(*number))).collect();
        stage.put(Input::Hashes(id, Hashes { endpoint: name("a"), blocks: answer }));
        // A value of the new branch that the database knows nothing of.
        let Some((id, ask)) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })) else { continue };
        assert_eq!(ask, Ask::Blocks { from: 16, to: 19, whole: false });
        let mut branch = blocks(16, 19, 2);
        branch.first_parent = block(15, 1).hash;
        branch.headers[0].parent_hash = branch.first_parent;
        branch.payload = Given::with_gap(21, 22);
        stage.put(Input::Fetched(id, branch));
        stage.put(Input::Ledger(15, ()));
        if stage.effects.iter().any(|effect| matches!(effect, Effect::Write(_))) {
            return;
        }
    }
}

#[test]
fn blocks_that_are_written_again_and_again_are_no_progress() {
    let mut stage = Stage::at(20, 1);
    let mut rewrites = 0;
    while stage.details(IndexerState::Stalled).is_empty() {
        assert!(stage.now < 3 * STALLED_AFTER_MS, "it is never said: {rewrites} writes");
        let writes =
            stage.serve(30, 10, |from, to| ("a", if to > 20 && from > 15 { Given::with_gap(15, 22) } else { Given::default() }));
        rewrites += writes.iter().filter(|(ancestor, _)| ancestor.is_some()).count();
        stage.wait(1_000);
    }
    assert!(rewrites > 1);
    let details = stage.details(IndexerState::Stalled);
    assert!(details[0].contains("no block after 20") && details[0].contains("verify --repair"), "{details:?}");
}

#[test]
fn a_gap_that_lies_deep_is_given_up_sooner() {
    let mut stage = Stage::at(200_000, 2);
    let mut rewrites = 0;
    while stage.cursor <= 200_000 {
        assert!(rewrites <= 4, "everything above is written again for ever");
        let given = |from, to| ("a", if to > 200_000 && from > 15 { Given::with_gap(15, 200_001) } else { Given::default() });
        let writes = stage.serve(200_002, 199_999, given);
        rewrites += writes.iter().filter(|(ancestor, _)| ancestor.is_some()).count();
        // What lies between the rewritten blocks and the cursor is read again, too, but that is not what is tested.
        if stage.cursor < 200_000 {
            stage.cursor = 200_000;
            stage.put(Input::LeaseLost);
            stage.put(Input::LeaseGained);
        }
        stage.wait(5_000);
    }
    assert_eq!(rewrites, 4, "two for each endpoint");
}

#[test]
fn a_write_that_always_fails_has_a_state_of_its_own() {
    let mut stage = Stage::at(20, 1);
    while stage.said().is_empty() {
        assert!(stage.now < 3 * STALLED_AFTER_MS, "it is never said");
        stage.heads_if_asked(block(25, 1), 10);
        if let Some((id, _)) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })) {
            stage.put(Input::Fetched(id, blocks(21, 25, 1)));
            stage.put(Input::Written(Outcome::Failed("a column is null".into())));
        }
        stage.wait(1_000);
        if let Some(index) = stage.effects.iter().position(|effect| matches!(effect, Effect::Load)) {
            stage.effects.remove(index);
            stage.load(10);
        }
    }
    assert_eq!(stage.said(), [IndexerState::CannotWrite]);
    assert!(stage.details(IndexerState::CannotWrite)[0].contains("a column is null"));
}

#[test]
fn pauses_grow_while_the_logs_fail_although_the_heads_are_answered() {
    let mut stage = Stage::at(20, 1);
    let mut asked = 0;
    while stage.now < 20_000 {
        stage.heads_if_asked(block(25, 1), 10);
        if let Some((id, _)) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })) {
            asked += 1;
            stage.put(Input::Failed(id, Fault::Transient, "HTTP 500".into()));
        }
        stage.wait(50);
    }
    assert!((5..=15).contains(&asked), "{asked} questions in 20 s");
}

#[test]
fn a_head_that_nobody_has_neither_holds_up_what_there_is_nor_goes_unnamed() {
    let mut stage = Stage::at(20, 2);
    for next in 21..24 {
        stage.wait(6_000);
        stage.heads_if_asked(block(1_000, 9), 10);
        let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("the tip is asked for");
        assert!(matches!(ask, Ask::Blocks { from, to, .. } if from == next && to > next), "{ask:?}");
        stage.put(Input::Failed(id, Fault::Lagging, "nobody has block 1000".into()));
        assert_eq!(stage.accused(), [] as [&str; 0]);
        stage.wait(6_000);
        stage.heads_if_asked(block(1_000, 9), 10);
        stage.write_tail(next, next, "b", Given::default());
    }
    assert_eq!(stage.accused(), ["a"]);
}

#[test]
fn what_was_read_as_the_tip_is_compared_although_it_became_final_on_the_way() {
    let mut stage = Stage::at(10, 1);
    stage.heads(block(12, 1), 10);
    let (id, _) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("the tip is asked for");
    for _ in 0..2 {
        stage.wait(1_000);
        stage.heads(block(60, 1), 30);
    }
    stage.put(Input::Fetched(id, blocks(11, 12, 1)));
    let write = stage.effects.iter().find_map(|effect| if let Effect::Write(write) = effect { Some(write) } else { None });
    assert_eq!(write.expect("it is written").heads.finalized, 10);
    stage.put(Input::Written(Outcome::Written));
    assert!(stage.asked(|ask| *ask == Ask::Range { from: 11, to: 12 }).is_some(), "{:?}", stage.effects);
}

/// At block 12, all of it final and read again, where `writer` gave a log in block 11.
fn one_log_written_by(writer: &str, endpoints: usize) -> Stage {
    let mut stage = Stage::at(10, endpoints);
    stage.heads(block(12, 1), 10);
    stage.write_tail(11, 12, writer, Given::logs(&[11]));
    stage.wait(1_000);
    stage
}

/// What the endpoints say of blocks 11 and 12, one after the other, until they are asked no more.
fn reread(stage: &mut Stage, answers: &[(&'static str, &[u64])]) -> Vec<(Option<u64>, u64)> {
    let mut writes = Vec::new();
    let mut answers = answers.iter();
    for _ in 0..20 {
        writes.extend(stage.serve(12, 12, |_, _| {
            let (endpoint, logs) = answers.next().expect("it is asked once more");
            (endpoint, Given::logs(logs))
        }));
        stage.wait(6_000);
    }
    assert_eq!(answers.next(), None, "it is asked less often");
    writes
}

#[test]
fn a_log_that_two_endpoints_lack_is_removed_and_who_gave_it_is_named() {
    let mut stage = one_log_written_by("a", 2);
    // Two to agree, one by hash to write, and one to compare what was written.
    let writes = reread(&mut stage, &[("b", &[]), ("a", &[]), ("b", &[]), ("b", &[])]);
    assert_eq!(writes, [(Some(10), 12)]);
    assert_eq!(stage.accused(), ["a"]);
}

#[test]
fn a_log_that_the_only_endpoint_lacks_is_removed_after_a_second_answer() {
    let mut stage = one_log_written_by("a", 1);
    let writes = reread(&mut stage, &[("a", &[]), ("a", &[]), ("a", &[]), ("a", &[])]);
    assert_eq!(writes, [(Some(10), 12)]);
}

#[test]
fn a_row_that_nobody_gave_is_removed_and_nobody_is_named() {
    let mut stage = Stage::at(10, 1);
    stage.heads(block(12, 1), 10);
    stage.write_tail(11, 12, "a", Given::default());
    stage.put(Input::LeaseLost);
    stage.put(Input::LeaseGained);
    let kept = |number, logs| linkpool_indexer::engine::Kept { number, hash: block(number, 1).hash, logs };
    stage.put(Input::Loaded(Snapshot {
        cursor: block(12, 1),
        finalized: 10,
        state: IndexerState::Ok,
        headers: vec![kept(10, 0), kept(11, 1), kept(12, 0)],
        start: (1, block(1, 1).hash),
        ledger: (),
    }));
    stage.effects.retain(|effect| !matches!(effect, Effect::Load));
    let writes = reread(&mut stage, &[("a", &[]), ("a", &[]), ("a", &[]), ("a", &[])]);
    assert_eq!((writes, stage.accused()), (vec![(Some(10), 12)], vec![]));
}

#[test]
fn one_endpoint_that_lacks_a_log_again_and_again_removes_nothing() {
    let mut stage = one_log_written_by("b", 2);
    let writes = reread(&mut stage, &[("a", &[]), ("a", &[]), ("a", &[]), ("b", &[11])]);
    assert_eq!((writes, stage.accused()), (vec![], vec![]), "one says so, one says otherwise");
}

#[test]
fn an_endpoint_that_lacks_a_log_which_two_others_have_is_named() {
    let mut stage = one_log_written_by("b", 3);
    let writes = reread(&mut stage, &[("a", &[]), ("c", &[11])]);
    assert_eq!((writes, stage.accused()), (vec![], vec!["a"]));
}

#[test]
fn an_answer_by_hash_that_has_the_doubted_log_removes_nothing() {
    let mut stage = one_log_written_by("b", 3);
    let writes = reread(&mut stage, &[("a", &[]), ("c", &[]), ("b", &[11]), ("b", &[11])]);
    assert_eq!((writes, stage.accused()), (vec![], vec![]));
}

#[test]
fn a_block_too_large_at_one_endpoint_is_asked_of_each_before_it_is_said() {
    let mut stage = Stage::at(10, 3);
    stage.heads(block(40, 1), 11);
    for _ in 0..3 {
        let (id, _) = stage.asked(|ask| !matches!(ask, Ask::Heads)).expect("the block is asked for");
        assert!(stage.said().is_empty());
        stage.put(Input::Failed(id, Fault::TooLarge { hint: None }, "too many results".into()));
    }
    let (id, _) = stage.asked(|ask| matches!(ask, Ask::Blocks { from: 11, to: 11, .. })).expect("it is asked for by hash");
    stage.put(Input::Failed(id, Fault::TooLarge { hint: None }, "too many results".into()));
    assert_eq!(stage.said(), [IndexerState::BlockTooLarge]);
}

#[test]
fn heads_that_are_too_large_an_answer_say_nothing_about_blocks() {
    let mut stage = Stage::at(20, 1);
    for _ in 0..5 {
        let (id, _) = stage.asked(|ask| *ask == Ask::Heads).expect("the heads are asked for");
        stage.put(Input::Failed(id, Fault::TooLarge { hint: None }, "HTTP 413".into()));
        stage.wait(6_000);
    }
    assert!(stage.said().is_empty());
    stage.heads(block(25, 1), 10);
    assert_eq!(stage.asked(|ask| matches!(ask, Ask::Blocks { .. })).unwrap().1, Ask::Blocks { from: 21, to: 25, whole: false });
}

#[test]
fn a_final_block_above_every_other_head_is_not_believed_for_ever() {
    let mut stage = Stage::at(12, 2);
    stage.heads(block(30, 1), 20);
    stage.serve(30, 20, |_, _| ("a", Given::default()));
    stage.wait(1_000);
    let (id, _) = stage.asked(|ask| *ask == Ask::Heads).expect("the heads are asked for");
    let (head, last) = (block(60, 9), block(50, 9));
    let heads = Heads { head, safe: last.number, finalized: last.number, finalized_hash: Some(last.hash) };
    stage.put(Input::Heads(id, name("b"), heads));
    while let Some((id, _)) = stage.asked(|ask| *ask != Ask::Heads) {
        stage.put(Input::Failed(id, Fault::Lagging, "nobody else has them".into()));
    }
    stage.wait(5_000);
    stage.serve(31, 21, |_, _| ("a", Given::default()));
    assert_eq!(stage.cursor, 31);
    assert!(stage.accused().is_empty(), "{:?}", stage.accused());
}
