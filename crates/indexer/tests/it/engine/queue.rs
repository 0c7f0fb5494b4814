//! What waits for the writer has a bound in bytes, whatever comes in which order and however long the writer takes.

use linkpool_indexer::engine::{Ask, AskId, Effect, Fetched, Hashes, Input, Outcome};

use super::fixture::*;

const MAX_BYTES: usize = 1_000;
const FINAL: u64 = 200;

/// The ranges that are open, taken out of what is to be done.
fn ranges(fixture: &mut EngineFixture) -> Vec<(AskId, u64, u64)> {
    let mut open = Vec::new();
    while let Some((id, ask)) = fixture.asked(|ask| matches!(ask, Ask::Range { .. })) {
        let Ask::Range { from, to } = ask else { unreachable!() };
        open.push((id, from, to));
    }
    open
}

fn answer(fixture: &mut EngineFixture, (id, from, to): (AskId, u64, u64), bytes: usize) {
    let payload = TestPayload { bytes, ..TestPayload::default() };
    fixture.put(Input::Fetched(id, Fetched { payload, ..blocks(from, to, 1) }));
    let waiting = fixture.engine.waiting_bytes();
    assert!(waiting <= MAX_BYTES.max(bytes), "{waiting} bytes wait");
}

fn is_written(fixture: &mut EngineFixture) -> bool {
    let Some(index) = fixture.effects.iter().position(|effect| matches!(effect, Effect::Write(_))) else { return false };
    let Effect::Write(write) = fixture.effects.remove(index) else { unreachable!() };
    fixture.cursor = write.to.number;
    fixture.put(Input::Written(Outcome::Written));
    true
}

/// Ranges of ten blocks, because the first is refused until then.
fn short_ranges(max_bytes: usize) -> (EngineFixture, Vec<(AskId, u64, u64)>) {
    let mut fixture = EngineFixture::holding(10, 1, max_bytes);
    fixture.heads(block(FINAL + 20, 1), FINAL);
    for _ in 0..20 {
        let open = ranges(&mut fixture);
        if open.iter().all(|(_, from, to)| to - from < 12) && open.len() > 2 {
            return (fixture, open);
        }
        for (id, ..) in open {
            fixture.put(Input::Failed(id, linkpool_indexer::engine::Fault::TooLarge { hint: Some(10) }, "too many".into()));
        }
        fixture.wait(1_000);
        fixture.heads_if_asked(block(FINAL + 20, 1), FINAL);
    }
    panic!("the ranges stay long");
}

#[test]
fn while_a_write_hangs_no_more_is_asked_for_than_may_wait() {
    let (mut fixture, mut open) = short_ranges(MAX_BYTES);
    let mut asked = open.len();
    for _ in 0..50 {
        for range in open {
            answer(&mut fixture, range, 300);
        }
        open = ranges(&mut fixture);
        asked += open.len();
        fixture.wait(100);
        fixture.heads_if_asked(block(FINAL + 20, 1), FINAL);
    }
    // The first is being written; three fit in, and one or two did not and are to be asked for once there is room.
    assert!((4..=8).contains(&asked), "{asked} ranges were asked for while the first was being written");
    assert!(is_written(&mut fixture));
}

#[test]
fn answers_that_come_before_their_turn_give_way_to_the_one_that_is_missing() {
    let (mut fixture, open) = short_ranges(MAX_BYTES);
    let (first, later) = open.split_first().unwrap();
    for range in later.iter().rev() {
        answer(&mut fixture, *range, 450);
    }
    answer(&mut fixture, *first, 450);
    // Whatever had to give way is asked for again, and nothing is left out.
    for _ in 0..100 {
        while is_written(&mut fixture) {}
        for range in ranges(&mut fixture) {
            answer(&mut fixture, range, 450);
        }
        fixture.wait(100);
        fixture.heads_if_asked(block(FINAL + 20, 1), FINAL);
    }
    assert_eq!(fixture.cursor, FINAL);
}

#[test]
fn an_answer_larger_than_the_whole_queue_is_written_all_the_same() {
    let (mut fixture, mut open) = short_ranges(MAX_BYTES);
    for _ in 0..100 {
        for range in open {
            answer(&mut fixture, range, 5_000);
        }
        while is_written(&mut fixture) {}
        fixture.wait(100);
        fixture.heads_if_asked(block(FINAL + 20, 1), FINAL);
        open = ranges(&mut fixture);
    }
    assert_eq!(fixture.cursor, FINAL);
}

/// Questions are given up while blocks are being written: what is asked for next goes on behind those.
#[test]
fn what_is_asked_for_after_a_doubt_goes_on_behind_the_write_that_was_under_way() {
    let mut fixture = EngineFixture::at(12, 2);
    fixture.heads(block(15, 1), 10);
    let (tail, _) = fixture.asked(|ask| matches!(ask, Ask::Blocks { from: 13, to: 15, .. })).expect("the tip is asked for");
    // What is final is told in two answers.
    for _ in 0..2 {
        fixture.wait(1_000);
        fixture.heads(block(15, 1), 12);
    }
    let (recheck, _) =
        fixture.asked(|ask| matches!(ask, Ask::Range { from: 11, to: 12 })).expect("what became final is compared");
    fixture.put(Input::Fetched(tail, blocks(13, 15, 1)));
    assert!(fixture.effects.iter().any(|effect| matches!(effect, Effect::Write(_))), "the tip is being written");
    let more = Fetched { endpoint: name("b"), payload: TestPayload::logs(&[11]), ..blocks(11, 12, 1) };
    fixture.put(Input::Fetched(recheck, more));
    fixture.effects.retain(|effect| !matches!(effect, Effect::Write(_)));
    fixture.cursor = 15;
    fixture.put(Input::Written(Outcome::Written));
    let (anchor, _) = fixture.asked(|ask| matches!(ask, Ask::Hashes(_))).expect("the doubt is looked into");
    // Meanwhile what comes next becomes final, and so is read as ranges.
    for _ in 0..2 {
        fixture.wait(1_000);
        fixture.heads(block(40, 1), 30);
    }
    fixture.put(Input::Hashes(anchor, Hashes { endpoint: name("b"), blocks: vec![(10, None)] }));
    for _ in 0..3 {
        fixture.wait(1_000);
        fixture.serve(40, 30, |_, _| ("a", TestPayload::default()));
    }
    assert_eq!(fixture.cursor, 40);
}
