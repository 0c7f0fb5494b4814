//! The engine's answers to single situations, input by input.

mod faults;
mod fixture;
mod mixed;
mod queue;
mod replaced;

use linkpool_indexer::engine::{Ask, Effect, Fault, Hashes, Heads, Input, Outcome, Snapshot};
use linkpool_primitives::IndexerState;

use fixture::*;

#[test]
fn a_lower_head_of_our_own_chain_starts_nothing() {
    let mut fixture = EngineFixture::at(20, 1);
    fixture.heads(block(15, 1), 10);
    for _ in 0..30 {
        fixture.wait(1_000);
        fixture.heads(block(15, 1), 10);
    }
    assert!(fixture.asked(|ask| *ask != Ask::Heads).is_none(), "{:?}", fixture.effects);
    assert!(!fixture.effects.iter().any(|effect| matches!(effect, Effect::Write(_) | Effect::Stop { .. })));
}

#[test]
fn another_hash_at_a_known_height_is_followed_down_to_what_both_branches_share() {
    let mut fixture = EngineFixture::at(20, 1);
    fixture.heads(block(19, 2), 10);
    let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Hashes(_))).expect("hashes are asked for");
    let Ask::Hashes(heights) = ask else { unreachable!() };
    let theirs = |number: u64| (number < 20).then(|| block(number, if number > 17 { 2 } else { 1 }));
    let answer = heights.iter().map(|number| (*number, theirs(*number))).collect();
    fixture.put(Input::Hashes(id, Hashes { endpoint: name("a"), blocks: answer }));
    let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("the branch is asked for");
    assert_eq!(ask, Ask::Blocks { from: 18, to: 19, ignore_bloom: false });
    let mut branch = blocks(18, 19, 2);
    branch.first_parent = block(17, 1).hash;
    branch.headers[0].parent_hash = branch.first_parent;
    fixture.put(Input::Fetched(id, branch));
    assert!(!fixture.effects.iter().any(|effect| matches!(effect, Effect::Write(_))), "the ledger below it is not here yet");
    fixture.put(Input::Ledger(17, ()));
    let write = fixture.effects.iter().find_map(|effect| if let Effect::Write(write) = effect { Some(write) } else { None });
    let write = write.expect("the branch is swapped");
    assert_eq!((write.expected, write.ancestor, write.to), (block(20, 1), Some(block(17, 1)), block(19, 2)));
}

#[test]
fn a_block_too_large_even_by_its_hash_is_a_condition_and_ends_by_itself() {
    let mut fixture = EngineFixture::at(10, 1);
    fixture.heads(block(40, 1), 11);
    let refuse = |fixture: &mut EngineFixture, wanted: &dyn Fn(&Ask) -> bool| {
        let (id, ask) = fixture.asked(wanted).expect("the block is asked for");
        fixture.put(Input::Failed(id, Fault::TooLarge { hint: Some(1) }, "too many results".into()));
        ask
    };
    assert_eq!(refuse(&mut fixture, &|ask| matches!(ask, Ask::Range { .. })), Ask::Range { from: 11, to: 11 });
    assert!(fixture.said().is_empty());
    assert_eq!(
        refuse(&mut fixture, &|ask| matches!(ask, Ask::Blocks { .. })),
        Ask::Blocks { from: 11, to: 11, ignore_bloom: true }
    );
    assert_eq!(fixture.said(), [IndexerState::BlockTooLarge]);
    fixture.wait(20_000);
    let (id, _) = fixture.asked(|ask| matches!(ask, Ask::Blocks { from: 11, to: 11, .. })).expect("it is tried again");
    fixture.put(Input::Fetched(id, blocks(11, 11, 1)));
    assert!(fixture.effects.iter().any(|effect| matches!(effect, Effect::Write(_))));
}

#[test]
fn no_progress_while_the_chain_moves_is_said_with_its_reason_and_taken_back() {
    let mut fixture = EngineFixture::at(20, 1);
    fixture.heads(block(25, 1), 10);
    for _ in 0..14 {
        if let Some((id, _)) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })) {
            fixture.put(Input::Failed(id, Fault::Transient, "the endpoint is on fire".into()));
        }
        if let Some((id, _)) = fixture.asked(|ask| *ask == Ask::Heads) {
            fixture.put(Input::Failed(id, Fault::Transient, "the endpoint is on fire".into()));
        }
        fixture.wait(5_000);
    }
    let said = fixture.effects.iter().find_map(|effect| match effect {
        Effect::SetState(IndexerState::Stalled, Some(why)) => Some(why.clone()),
        _ => None,
    });
    let said = said.expect("it is said");
    assert!(said.contains("no block after 20") && said.contains("block 25") && said.contains("on fire"), "{said}");
    let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("it is tried on");
    assert_eq!(ask, Ask::Blocks { from: 21, to: 25, ignore_bloom: false });
    fixture.put(Input::Fetched(id, blocks(21, 25, 1)));
    fixture.put(Input::Written(Outcome::Written));
    assert_eq!(fixture.engine.progress(), Some((25, 25)));
    fixture.effects.clear();
    fixture.wait(STALLED_AFTER_MS - 1_000);
    assert!(fixture.said().is_empty(), "the clock starts again");
}

#[test]
fn a_final_block_is_gone_only_when_every_endpoint_says_so() {
    let mut fixture = EngineFixture::at(20, 2);
    fixture.heads(block(20, 2), 10);
    for (endpoint, ends) in [("a", false), ("a", false), ("b", true)] {
        fixture.wait(6_000);
        fixture.heads_if_asked(block(20, 2), 10);
        let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Hashes(_))).expect("hashes are asked for");
        let Ask::Hashes(heights) = ask else { unreachable!() };
        let answer = heights.iter().map(|number| (*number, Some(block(*number, 2)))).collect();
        fixture.put(Input::Hashes(id, Hashes { endpoint: name(endpoint), blocks: answer }));
        let stopped = fixture.effects.iter().any(|effect| matches!(effect, Effect::Stop { .. }));
        assert_eq!(stopped, ends, "after {endpoint}");
    }
}

#[test]
fn a_log_that_every_endpoint_leaves_out_of_an_answer_with_its_neighbours_is_passed_over_and_said() {
    let mut fixture = EngineFixture::at(20, 1);
    let mut answers = 0;
    while fixture.cursor == 20 {
        assert!(answers <= 64, "it is asked for for ever");
        fixture.serve(25, 10, |_, _| {
            answers += 1;
            ("a", TestPayload::with_gap(22, 24))
        });
        fixture.wait(5_000);
    }
    assert!(answers >= 8, "only after it was asked for often, not {answers} times");
    fixture.serve(25, 10, |_, _| ("a", TestPayload::default()));
    let details = fixture.details(IndexerState::Ok);
    assert!(matches!(&details[..], [detail] if detail.contains("linkpool verify --repair")), "{details:?}");
    assert_eq!(fixture.reported_faulty(), [] as [&str; 0]);
}

#[test]
fn a_log_that_a_new_branch_lacks_at_every_endpoint_does_not_hold_up_the_swap() {
    let mut fixture = EngineFixture::at(20, 1);
    for tries in 0.. {
        assert!(tries <= 64, "it is asked for for ever");
        fixture.wait(6_000);
        fixture.heads_if_asked(block(19, 2), 10);
        let Some((id, Ask::Hashes(heights))) = fixture.asked(|ask| matches!(ask, Ask::Hashes(_))) else {
            panic!("the ancestor is looked for")
        };
        let theirs = |number: u64| (number < 20).then(|| block(number, if number > 15 { 2 } else { 1 }));
        let answer = heights.iter().map(|number| (*number, theirs(*number))).collect();
        fixture.put(Input::Hashes(id, Hashes { endpoint: name("a"), blocks: answer }));
        // A value of the new branch that the database knows nothing of.
        let Some((id, ask)) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })) else { continue };
        assert_eq!(ask, Ask::Blocks { from: 16, to: 19, ignore_bloom: false });
        let mut branch = blocks(16, 19, 2);
        branch.first_parent = block(15, 1).hash;
        branch.headers[0].parent_hash = branch.first_parent;
        branch.payload = TestPayload::with_gap(21, 22);
        fixture.put(Input::Fetched(id, branch));
        fixture.put(Input::Ledger(15, ()));
        if fixture.effects.iter().any(|effect| matches!(effect, Effect::Write(_))) {
            return;
        }
    }
}

#[test]
fn blocks_that_are_written_again_and_again_are_no_progress() {
    let mut fixture = EngineFixture::at(20, 1);
    let mut rewrites = 0;
    while fixture.details(IndexerState::Stalled).is_empty() {
        assert!(fixture.now < 3 * STALLED_AFTER_MS, "it is never said: {rewrites} writes");
        let writes = fixture.serve(30, 10, |from, to| {
            ("a", if to > 20 && from > 15 { TestPayload::with_gap(15, 22) } else { TestPayload::default() })
        });
        rewrites += writes.iter().filter(|(ancestor, _)| ancestor.is_some()).count();
        fixture.wait(1_000);
    }
    assert!(rewrites > 1);
    let details = fixture.details(IndexerState::Stalled);
    assert!(details[0].contains("no block after 20") && details[0].contains("verify --repair"), "{details:?}");
}

#[test]
fn a_gap_that_lies_deep_is_given_up_sooner() {
    let mut fixture = EngineFixture::at(200_000, 2);
    let mut rewrites = 0;
    while fixture.cursor <= 200_000 {
        assert!(rewrites <= 4, "everything above is written again for ever");
        let payload =
            |from, to| ("a", if to > 200_000 && from > 15 { TestPayload::with_gap(15, 200_001) } else { TestPayload::default() });
        let writes = fixture.serve(200_002, 199_999, payload);
        rewrites += writes.iter().filter(|(ancestor, _)| ancestor.is_some()).count();
        // What lies between the rewritten blocks and the cursor is read again, too, but that is not what is tested.
        if fixture.cursor < 200_000 {
            fixture.cursor = 200_000;
            fixture.put(Input::LeaseLost);
            fixture.put(Input::LeaseGained);
        }
        fixture.wait(5_000);
    }
    assert_eq!(rewrites, 4, "two for each endpoint");
}

#[test]
fn a_write_that_always_fails_has_a_state_of_its_own() {
    let mut fixture = EngineFixture::at(20, 1);
    while fixture.said().is_empty() {
        assert!(fixture.now < 3 * STALLED_AFTER_MS, "it is never said");
        fixture.heads_if_asked(block(25, 1), 10);
        if let Some((id, _)) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })) {
            fixture.put(Input::Fetched(id, blocks(21, 25, 1)));
            fixture.put(Input::Written(Outcome::Failed("a column is null".into())));
        }
        fixture.wait(1_000);
        if let Some(index) = fixture.effects.iter().position(|effect| matches!(effect, Effect::Load)) {
            fixture.effects.remove(index);
            fixture.load(10);
        }
    }
    assert_eq!(fixture.said(), [IndexerState::CannotWrite]);
    assert!(fixture.details(IndexerState::CannotWrite)[0].contains("a column is null"));
}

#[test]
fn pauses_grow_while_the_logs_fail_although_the_heads_are_answered() {
    let mut fixture = EngineFixture::at(20, 1);
    let mut asked = 0;
    while fixture.now < 20_000 {
        fixture.heads_if_asked(block(25, 1), 10);
        if let Some((id, _)) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })) {
            asked += 1;
            fixture.put(Input::Failed(id, Fault::Transient, "HTTP 500".into()));
        }
        fixture.wait(50);
    }
    assert!((5..=15).contains(&asked), "{asked} questions in 20 s");
}

#[test]
fn a_head_that_nobody_has_neither_holds_up_what_there_is_nor_goes_unnamed() {
    let mut fixture = EngineFixture::at(20, 2);
    for next in 21..24 {
        fixture.wait(6_000);
        fixture.heads_if_asked(block(1_000, 9), 10);
        let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("the tip is asked for");
        assert!(matches!(ask, Ask::Blocks { from, to, .. } if from == next && to > next), "{ask:?}");
        fixture.put(Input::Failed(id, Fault::Lagging, "nobody has block 1000".into()));
        assert_eq!(fixture.reported_faulty(), [] as [&str; 0]);
        fixture.wait(6_000);
        fixture.heads_if_asked(block(1_000, 9), 10);
        fixture.write_tail(next, next, "b", TestPayload::default());
    }
    assert_eq!(fixture.reported_faulty(), ["a"]);
}

#[test]
fn what_was_read_as_the_tip_is_compared_although_it_became_final_on_the_way() {
    let mut fixture = EngineFixture::at(10, 1);
    fixture.heads(block(12, 1), 10);
    let (id, _) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("the tip is asked for");
    for _ in 0..2 {
        fixture.wait(1_000);
        fixture.heads(block(60, 1), 30);
    }
    fixture.put(Input::Fetched(id, blocks(11, 12, 1)));
    let write = fixture.effects.iter().find_map(|effect| if let Effect::Write(write) = effect { Some(write) } else { None });
    assert_eq!(write.expect("it is written").heads.finalized, 10);
    fixture.put(Input::Written(Outcome::Written));
    assert!(fixture.asked(|ask| *ask == Ask::Range { from: 11, to: 12 }).is_some(), "{:?}", fixture.effects);
}

/// At block 12, all of it final and read again, where `writer` gave a log in block 11.
fn one_log_written_by(writer: &str, endpoints: usize) -> EngineFixture {
    let mut fixture = EngineFixture::at(10, endpoints);
    fixture.heads(block(12, 1), 10);
    fixture.write_tail(11, 12, writer, TestPayload::logs(&[11]));
    fixture.wait(1_000);
    fixture
}

/// What the endpoints say of blocks 11 and 12, one after the other, until they are asked no more.
fn reread(fixture: &mut EngineFixture, answers: &[(&'static str, &[u64])]) -> Vec<(Option<u64>, u64)> {
    let mut writes = Vec::new();
    let mut answers = answers.iter();
    for _ in 0..20 {
        writes.extend(fixture.serve(12, 12, |_, _| {
            let (endpoint, logs) = answers.next().expect("it is asked once more");
            (endpoint, TestPayload::logs(logs))
        }));
        fixture.wait(6_000);
    }
    assert_eq!(answers.next(), None, "it is asked less often");
    writes
}

#[test]
fn a_log_that_two_endpoints_lack_is_removed_and_who_gave_it_is_named() {
    let mut fixture = one_log_written_by("a", 2);
    // Two to agree, one by hash to write, and one to compare what was written.
    let writes = reread(&mut fixture, &[("b", &[]), ("a", &[]), ("b", &[]), ("b", &[])]);
    assert_eq!(writes, [(Some(10), 12)]);
    assert_eq!(fixture.reported_faulty(), ["a"]);
}

#[test]
fn a_log_that_the_only_endpoint_lacks_is_removed_after_a_second_answer() {
    let mut fixture = one_log_written_by("a", 1);
    let writes = reread(&mut fixture, &[("a", &[]), ("a", &[]), ("a", &[]), ("a", &[])]);
    assert_eq!(writes, [(Some(10), 12)]);
}

#[test]
fn a_row_that_nobody_gave_is_removed_and_nobody_is_named() {
    let mut fixture = EngineFixture::at(10, 1);
    fixture.heads(block(12, 1), 10);
    fixture.write_tail(11, 12, "a", TestPayload::default());
    fixture.put(Input::LeaseLost);
    fixture.put(Input::LeaseGained);
    let kept = |number, logs| linkpool_indexer::engine::Kept { number, hash: block(number, 1).hash, logs };
    fixture.put(Input::Loaded(Snapshot {
        cursor: block(12, 1),
        finalized: 10,
        state: IndexerState::Ok,
        headers: vec![kept(10, 0), kept(11, 1), kept(12, 0)],
        start: (1, block(1, 1).hash),
        ledger: (),
    }));
    fixture.effects.retain(|effect| !matches!(effect, Effect::Load));
    let writes = reread(&mut fixture, &[("a", &[]), ("a", &[]), ("a", &[]), ("a", &[])]);
    assert_eq!((writes, fixture.reported_faulty()), (vec![(Some(10), 12)], vec![]));
}

#[test]
fn one_endpoint_that_lacks_a_log_again_and_again_removes_nothing() {
    let mut fixture = one_log_written_by("b", 2);
    let writes = reread(&mut fixture, &[("a", &[]), ("a", &[]), ("a", &[]), ("b", &[11])]);
    assert_eq!((writes, fixture.reported_faulty()), (vec![], vec![]), "one says so, one says otherwise");
}

#[test]
fn an_endpoint_that_lacks_a_log_which_two_others_have_is_named() {
    let mut fixture = one_log_written_by("b", 3);
    let writes = reread(&mut fixture, &[("a", &[]), ("c", &[11])]);
    assert_eq!((writes, fixture.reported_faulty()), (vec![], vec!["a"]));
}

#[test]
fn an_answer_by_hash_that_has_the_doubted_log_removes_nothing() {
    let mut fixture = one_log_written_by("b", 3);
    let writes = reread(&mut fixture, &[("a", &[]), ("c", &[]), ("b", &[11]), ("b", &[11])]);
    assert_eq!((writes, fixture.reported_faulty()), (vec![], vec![]));
}

#[test]
fn a_block_too_large_at_one_endpoint_is_asked_of_each_before_it_is_said() {
    let mut fixture = EngineFixture::at(10, 3);
    fixture.heads(block(40, 1), 11);
    for _ in 0..3 {
        let (id, _) = fixture.asked(|ask| !matches!(ask, Ask::Heads)).expect("the block is asked for");
        assert!(fixture.said().is_empty());
        fixture.put(Input::Failed(id, Fault::TooLarge { hint: None }, "too many results".into()));
    }
    let (id, _) = fixture.asked(|ask| matches!(ask, Ask::Blocks { from: 11, to: 11, .. })).expect("it is asked for by hash");
    fixture.put(Input::Failed(id, Fault::TooLarge { hint: None }, "too many results".into()));
    assert_eq!(fixture.said(), [IndexerState::BlockTooLarge]);
}

#[test]
fn heads_that_are_too_large_an_answer_say_nothing_about_blocks() {
    let mut fixture = EngineFixture::at(20, 1);
    for _ in 0..5 {
        let (id, _) = fixture.asked(|ask| *ask == Ask::Heads).expect("the heads are asked for");
        fixture.put(Input::Failed(id, Fault::TooLarge { hint: None }, "HTTP 413".into()));
        fixture.wait(6_000);
    }
    assert!(fixture.said().is_empty());
    fixture.heads(block(25, 1), 10);
    assert_eq!(
        fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })).unwrap().1,
        Ask::Blocks { from: 21, to: 25, ignore_bloom: false }
    );
}

#[test]
fn a_final_block_above_every_other_head_is_not_believed_for_ever() {
    let mut fixture = EngineFixture::at(12, 2);
    fixture.heads(block(30, 1), 20);
    fixture.serve(30, 20, |_, _| ("a", TestPayload::default()));
    fixture.wait(1_000);
    let (id, _) = fixture.asked(|ask| *ask == Ask::Heads).expect("the heads are asked for");
    let (head, last) = (block(60, 9), block(50, 9));
    let heads = Heads { head, safe: last.number, finalized: last.number, finalized_hash: Some(last.hash) };
    fixture.put(Input::Heads(id, name("b"), heads));
    while let Some((id, _)) = fixture.asked(|ask| *ask != Ask::Heads) {
        fixture.put(Input::Failed(id, Fault::Lagging, "nobody else has them".into()));
    }
    fixture.wait(5_000);
    fixture.serve(31, 21, |_, _| ("a", TestPayload::default()));
    assert_eq!(fixture.cursor, 31);
    assert!(fixture.reported_faulty().is_empty(), "{:?}", fixture.reported_faulty());
}
