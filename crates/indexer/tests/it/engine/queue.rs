//! What waits for the writer has a bound in bytes, whatever comes in which order and however long the writer takes.

use linkpool_indexer::engine::{Ask, AskId, Effect, Fetched, Input, Outcome};

use super::stage::*;

const MOST_BYTES: usize = 1_000;
const FINAL: u64 = 200;

/// The ranges that are open, taken out of what is to be done.
fn ranges(stage: &mut Stage) -> Vec<(AskId, u64, u64)> {
    let mut open = Vec::new();
    while let Some((id, ask)) = stage.asked(|ask| matches!(ask, Ask::Range { .. })) {
        let Ask::Range { from, to } = ask else { unreachable!() };
        open.push((id, from, to));
    }
    open
}

fn answer(stage: &mut Stage, (id, from, to): (AskId, u64, u64), bytes: usize) {
    let payload = Given { bytes, ..Given::default() };
    stage.put(Input::Fetched(id, Fetched { payload, ..blocks(from, to, 1) }));
    let waiting = stage.engine.waiting_bytes();
    assert!(waiting <= MOST_BYTES.max(bytes), "{waiting} bytes wait");
}

fn is_written(stage: &mut Stage) -> bool {
    let Some(index) = stage.effects.iter().position(|effect| matches!(effect, Effect::Write(_))) else { return false };
    let Effect::Write(write) = stage.effects.remove(index) else { unreachable!() };
    stage.cursor = write.to.number;
    stage.put(Input::Written(Outcome::Written));
    true
}

/// Ranges of ten blocks, because the first is refused until then.
fn short_ranges(most_bytes: usize) -> (Stage, Vec<(AskId, u64, u64)>) {
    let mut stage = Stage::holding(10, 1, most_bytes);
    stage.heads(block(FINAL + 20, 1), FINAL);
    for _ in 0..20 {
        let open = ranges(&mut stage);
        if open.iter().all(|(_, from, to)| to - from < 12) && open.len() > 2 {
            return (stage, open);
        }
        for (id, ..) in open {
            stage.put(Input::Failed(id, linkpool_indexer::engine::Fault::TooLarge { hint: Some(10) }, "too many".into()));
        }
        stage.wait(1_000);
        stage.heads_if_asked(block(FINAL + 20, 1), FINAL);
    }
    panic!("the ranges stay long");
}

#[test]
fn while_a_write_hangs_no_more_is_asked_for_than_may_wait() {
    let (mut stage, mut open) = short_ranges(MOST_BYTES);
    let mut asked = open.len();
    for _ in 0..50 {
        for range in open {
            answer(&mut stage, range, 300);
        }
        open = ranges(&mut stage);
        asked += open.len();
        stage.wait(100);
        stage.heads_if_asked(block(FINAL + 20, 1), FINAL);
    }
    // The first is being written; three fit in, and one or two did not and are to be asked for once there is room.
    assert!((4..=8).contains(&asked), "{asked} ranges were asked for while the first was being written");
    assert!(is_written(&mut stage));
}

#[test]
fn answers_that_come_before_their_turn_give_way_to_the_one_that_is_missing() {
    let (mut stage, open) = short_ranges(MOST_BYTES);
    let (first, later) = open.split_first().unwrap();
    for range in later.iter().rev() {
        answer(&mut stage, *range, 450);
    }
    answer(&mut stage, *first, 450);
    // Whatever had to give way is asked for again, and nothing is left out.
    for _ in 0..100 {
        while is_written(&mut stage) {}
        for range in ranges(&mut stage) {
            answer(&mut stage, range, 450);
        }
        stage.wait(100);
        stage.heads_if_asked(block(FINAL + 20, 1), FINAL);
    }
    assert_eq!(stage.cursor, FINAL);
}

#[test]
fn an_answer_larger_than_the_whole_queue_is_written_all_the_same() {
    let (mut stage, mut open) = short_ranges(MOST_BYTES);
    for _ in 0..100 {
        for range in open {
            answer(&mut stage, range, 5_000);
        }
        while is_written(&mut stage) {}
        stage.wait(100);
        stage.heads_if_asked(block(FINAL + 20, 1), FINAL);
        open = ranges(&mut stage);
    }
    assert_eq!(stage.cursor, FINAL);
}
