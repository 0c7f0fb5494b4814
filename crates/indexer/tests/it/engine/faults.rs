//! Faults that nobody names: refusals in words that are not known, time-outs, false heads, things that never end.

use linkpool_indexer::engine::{Ask, AskId, Effect, Fault, Hashes, Heads, Input, Outcome};
use linkpool_primitives::IndexerState;

use super::stage::*;

const UNKNOWN: &str = "the gremlins are on strike";

/// What of blocks is open, as number and range.
fn open(stage: &mut Stage) -> Option<(AskId, u64, u64)> {
    let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Range { .. } | Ask::Blocks { .. }))?;
    match ask {
        Ask::Range { from, to } | Ask::Blocks { from, to, .. } => Some((id, from, to)),
        _ => None,
    }
}

/// Fails everything that spans more than `most` blocks until `until` is reached; returns the lengths that were asked for.
fn follow(stage: &mut Stage, head: u64, finalized: u64, most: u64, fault: Fault) -> Vec<u64> {
    let mut lengths = Vec::new();
    for _ in 0..2_000 {
        if stage.cursor >= head {
            return lengths;
        }
        stage.heads_if_asked(block(head, 1), finalized);
        while let Some((id, from, to)) = open(stage) {
            lengths.push(to - from + 1);
            if to - from + 1 > most {
                stage.put(Input::Failed(id, fault, UNKNOWN.into()));
            } else {
                stage.put(Input::Fetched(id, blocks(from, to, 1)));
            }
        }
        if let Some(index) = stage.effects.iter().position(|effect| matches!(effect, Effect::Write(_))) {
            let Effect::Write(write) = stage.effects.remove(index) else { unreachable!() };
            stage.cursor = write.to.number;
            stage.put(Input::Written(Outcome::Written));
        }
        stage.wait(500);
    }
    panic!("it stays at {} with {lengths:?}", stage.cursor);
}

#[test]
fn a_range_refused_in_unknown_words_is_halved_while_the_heads_are_answered() {
    let mut stage = Stage::at(10, 1);
    let lengths = follow(&mut stage, 200, 200, 3, Fault::Refused);
    assert_eq!(lengths[0], 100);
    assert!(
        lengths.iter().filter(|length| **length == 100).count() <= 4,
        "the length that was refused is asked for on: {lengths:?}"
    );
    assert!(lengths.iter().any(|length| *length <= 3), "{lengths:?}");
}

#[test]
fn blocks_at_the_tip_that_time_out_are_asked_for_in_shorter_runs() {
    let mut stage = Stage::at(20, 1);
    let lengths = follow(&mut stage, 100, 10, 5, Fault::TimedOut);
    assert!(lengths[0] > 50 && lengths.iter().any(|length| *length <= 5), "{lengths:?}");
}

#[test]
fn a_range_that_outlives_its_time_is_halved_and_lanes_are_closed() {
    let mut stage = Stage::at(10, 1);
    stage.heads(block(2_000, 1), 1_000);
    let mut first = 0;
    while let Some((id, ..)) = open(&mut stage) {
        first += 1;
        stage.put(Input::Failed(id, Fault::TimedOut, "no answer in time".into()));
    }
    stage.wait(3_000);
    stage.heads_if_asked(block(2_000, 1), 1_000);
    let mut second = Vec::new();
    while let Some((id, from, to)) = open(&mut stage) {
        second.push(to - from + 1);
        stage.put(Input::Failed(id, Fault::TimedOut, "no answer in time".into()));
    }
    assert_eq!((first, second.as_slice()), (4, [100].as_slice()), "one lane, and nothing is known yet");
    stage.wait(3_000);
    let (_, from, to) = open(&mut stage).expect("it is asked again");
    assert_eq!(to - from + 1, 50);
}

#[test]
fn an_outage_of_everything_shortens_no_range() {
    let mut stage = Stage::at(10, 1);
    stage.heads(block(2_000, 1), 1_000);
    for _ in 0..10 {
        while let Some((id, from, to)) = open(&mut stage) {
            assert_eq!(to - from + 1, 100);
            stage.put(Input::Failed(id, Fault::Transient, "HTTP 502".into()));
        }
        if let Some((id, _)) = stage.asked(|ask| *ask == Ask::Heads) {
            stage.put(Input::Failed(id, Fault::Transient, "HTTP 502".into()));
        }
        stage.wait(3_000);
    }
}

#[test]
fn one_false_head_on_a_chain_without_finality_leaves_nothing_behind() {
    let mut stage = Stage::at(20, 1);
    let heads = |stage: &mut Stage, number| {
        let (id, _) = stage.asked(|ask| *ask == Ask::Heads).expect("the heads are asked for");
        let heads = Heads { head: block(number, 1), safe: 0, finalized: 0, finalized_hash: None };
        stage.put(Input::Heads(id, name("a"), heads));
    };
    // Two running may be false, if there is no luck at all.
    heads(&mut stage, 10_100);
    heads(&mut stage, 10_100);
    for _ in 0..20 {
        while let Some((id, from, to)) = open(&mut stage) {
            if from > 100 {
                stage.put(Input::Failed(id, Fault::Lagging, "there is no such block".into()));
            } else {
                stage.put(Input::Fetched(id, blocks(from, to.min(100), 1)));
            }
            if let Some(index) = stage.effects.iter().position(|effect| matches!(effect, Effect::Write(_))) {
                let Effect::Write(write) = stage.effects.remove(index) else { unreachable!() };
                stage.cursor = write.to.number;
                stage.put(Input::Written(Outcome::Written));
            }
        }
        stage.wait(3_000);
        if stage.effects.iter().any(|effect| matches!(effect, Effect::Ask(_, Ask::Heads))) {
            heads(&mut stage, 100);
        }
    }
    assert_eq!(stage.cursor, 100, "the tail waits for blocks that nobody has");
}

/// Tells of a head on a chain that finalizes nothing, and how many ranges that are deep enough below one were asked for since the last
/// time; nobody has any of them.
fn ranges_asked(stage: &mut Stage, head: u64) -> usize {
    stage.wait(3_000);
    stage.tell(Heads { head: block(head, 1), safe: 0, finalized: 0, finalized_hash: None });
    let mut ranges = 0;
    while let Some((id, ask)) = stage.asked(|ask| matches!(ask, Ask::Range { .. } | Ask::Blocks { .. })) {
        ranges += usize::from(matches!(ask, Ask::Range { .. }));
        stage.put(Input::Failed(id, Fault::Lagging, "there is no such block".into()));
    }
    ranges
}

#[test]
fn a_head_that_was_false_and_fell_is_not_believed_at_once_when_it_is_told_again() {
    let mut stage = Stage::at(20, 1);
    let asked = [20, 20, 10_100, 10_100, 20, 20, 10_100, 20].map(|head| ranges_asked(&mut stage, head));
    // Two answers running are believed, as soon as the pause after the failure is over. One is not, and what fell is forgotten.
    assert!(asked[4] > 0, "{asked:?}");
    assert_eq!(asked.iter().sum::<usize>(), asked[4], "{asked:?}");
}

#[test]
fn what_is_called_safe_lies_between_the_final_block_and_the_head_whatever_is_told() {
    let mut stage = Stage::at(30, 1);
    stage.heads(block(30, 1), 10);
    stage.effects.clear();
    stage.wait(1_000);
    // A backend that is behind in finality alone.
    stage.tell(Heads { head: block(30, 1), safe: 6, finalized: 5, finalized_hash: None });
    let seen = stage.effects.iter().find_map(|effect| if let Effect::Seen(heads) = effect { Some(*heads) } else { None });
    let seen = seen.expect("the database is told");
    assert!(seen.finalized == 10 && (10..=30).contains(&seen.safe), "{seen:?}");
}

#[test]
fn the_very_first_answer_about_the_heads_counts_for_nothing_before_the_second() {
    let mut stage = Stage::at(10, 1);
    let heads = |head, finalized| Heads { head: block(head, 1), safe: finalized, finalized, finalized_hash: None };
    stage.tell(heads(10_000, 5_000));
    assert!(open(&mut stage).is_none(), "blocks are asked for on one word");
    // It is asked again at once.
    stage.tell(heads(100, 50));
    let mut asked = Vec::new();
    while let Some((_, from, to)) = open(&mut stage) {
        asked.push((from, to));
    }
    assert_eq!(asked, [(11, 50)]);
}

#[test]
fn who_has_the_final_block_says_nothing_of_those_above_it() {
    let mut stage = Stage::at(64, 2);
    let heads = |head, finalized| Heads {
        head: block(head, 1),
        safe: finalized,
        finalized,
        finalized_hash: Some(block(finalized, 1).hash),
    };
    stage.tell(heads(83, 65));
    stage.tell(heads(83, 65));
    // Whether block 64 is the one below the final block is asked.
    stage.wait(1_000);
    let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Hashes(_))).expect("it is asked");
    assert_eq!(ask, Ask::Hashes(vec![64, 65]));
    // Nobody answers, and before it is asked again, somebody tells of a chain that ends there, and is final below.
    stage.tell(heads(64, 62));
    stage.put(Input::Failed(id, Fault::Transient, "HTTP 502".into()));
    stage.wait(200);
    let is_about = |ask: &Ask| matches!(ask, Ask::Hashes(heights) if heights.contains(&64));
    assert!(stage.asked(is_about).is_none(), "{:?}", stage.effects);
}

#[test]
fn a_block_that_is_older_than_its_parent_is_not_written() {
    let mut stage = Stage::at(20, 1);
    stage.heads(block(25, 1), 10);
    let (id, from, to) = open(&mut stage).expect("the tip is asked for");
    let mut answer = blocks(from, to, 1);
    answer.headers.last_mut().unwrap().block.timestamp = 0;
    stage.put(Input::Fetched(id, answer));
    assert_eq!(stage.accused(), ["a"]);
    assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Write(_))));
}

#[test]
fn a_false_final_block_lives_no_longer_than_its_answer() {
    let mut stage = Stage::at(30, 1);
    stage.heads(block(30, 1), 10);
    stage.wait(1_000);
    stage.heads(block(30, 1), 30);
    assert!(stage.asked(|ask| matches!(ask, Ask::Range { .. })).is_none(), "blocks are compared as final on one word");
    stage.wait(1_000);
    stage.heads(block(30, 1), 10);
    stage.wait(1_000);
    stage.heads(block(31, 1), 11);
    stage.wait(1_000);
    stage.heads(block(31, 1), 11);
    let (_, ask) = stage.asked(|ask| matches!(ask, Ask::Blocks { whole: true, .. })).expect("what is final is compared");
    assert_eq!(ask, Ask::Blocks { from: 11, to: 11, whole: true });
}

#[test]
fn announcements_only_wake_and_a_flood_of_them_asks_twenty_times_a_second_at_most() {
    let mut stage = Stage::at(20, 1);
    stage.heads(block(20, 1), 10);
    let mut asked = 0;
    for _ in 0..1_000 {
        stage.now += 1;
        stage.put(Input::Woken);
        if stage.effects.iter().any(|effect| matches!(effect, Effect::Ask(_, Ask::Heads))) {
            asked += 1;
            stage.heads(block(20, 1), 10);
        }
    }
    assert!((15..=21).contains(&asked), "{asked} questions in a second");
}

/// Everything at the tip works, and what is final can't be read again.
fn recheck_fails(stage: &mut Stage, seconds: u64) -> u32 {
    let mut rechecks = 0;
    for second in 0..seconds {
        stage.heads_if_asked(block(21 + second, 1), 15);
        while let Some((id, from, to)) = open(stage) {
            if to <= 15 {
                rechecks += 1;
                stage.put(Input::Failed(id, Fault::Transient, "the archive is closed".into()));
            } else {
                stage.put(Input::Fetched(id, blocks(from, to, 1)));
                stage.put(Input::Written(Outcome::Written));
            }
        }
        stage.wait(1_000);
    }
    rechecks
}

#[test]
fn final_blocks_that_cannot_be_compared_are_a_state_of_their_own_and_cost_little() {
    let mut stage = Stage::at(20, 1);
    let rechecks = recheck_fails(&mut stage, 70);
    assert_eq!(stage.said(), [IndexerState::CannotRecheck], "{:?}", stage.engine);
    let detail = &stage.details(IndexerState::CannotRecheck)[0];
    assert!(detail.contains("blocks after 10") && detail.contains("the archive is closed"), "{detail}");
    assert!((10..=25).contains(&rechecks), "{rechecks} in 70 s");
    // It ends with the comparison, and no sooner.
    stage.effects.retain(|effect| !matches!(effect, Effect::Say(..)));
    for _ in 0..10 {
        stage.heads_if_asked(block(91, 1), 15);
        while let Some((id, from, to)) = open(&mut stage) {
            stage.put(Input::Fetched(id, blocks(from, to, 1)));
        }
        stage.put(Input::Written(Outcome::Written));
        stage.wait(1_000);
    }
    stage.heads_if_asked(block(91, 1), 15);
    assert_eq!(stage.said(), [IndexerState::Ok]);
}

#[test]
fn a_database_that_cannot_be_read_is_told_and_a_state_of_its_own() {
    let mut stage = Stage::at(20, 1);
    stage.put(Input::LeaseLost);
    stage.put(Input::LeaseGained);
    stage.effects.clear();
    for _ in 0..70 {
        stage.put(Input::LoadFailed("the disk is gone".into()));
        stage.wait(1_000);
    }
    let notes = stage.effects.iter().filter(|effect| matches!(effect, Effect::Note(note) if note.contains("the disk is gone")));
    assert_eq!(notes.count(), 2, "at once and once a minute");
    assert_eq!(stage.said(), [IndexerState::CannotLoad]);
    assert!(stage.details(IndexerState::CannotLoad)[0].contains("the disk is gone"));
}

#[test]
fn a_write_that_does_not_end_is_a_state_of_its_own() {
    let mut stage = Stage::at(20, 1);
    stage.heads(block(25, 1), 10);
    let (id, from, to) = open(&mut stage).expect("the tip is asked for");
    stage.put(Input::Fetched(id, blocks(from, to, 1)));
    for _ in 0..70 {
        stage.heads_if_asked(block(25, 1), 10);
        stage.wait(1_000);
    }
    assert_eq!(stage.said(), [IndexerState::CannotWrite]);
    stage.put(Input::Written(Outcome::Written));
    stage.heads_if_asked(block(25, 1), 10);
    assert_eq!(stage.engine.progress(), Some((25, 25)));
}

#[test]
fn an_only_endpoint_that_is_of_no_use_is_told_after_bounded_tries_and_then_asked_seldom() {
    for fault in [Fault::Refused, Fault::Inconsistent] {
        let mut stage = Stage::at(20, 1);
        let mut asked = [0, 0];
        for second in 0..600 {
            stage.heads_if_asked(block(25, 1), 10);
            while let Some((id, ..)) = open(&mut stage) {
                asked[usize::from(second >= 60)] += 1;
                stage.put(Input::Failed(id, fault, UNKNOWN.into()));
            }
            stage.wait(1_000);
        }
        assert_eq!(stage.said(), [IndexerState::CannotServe], "{fault:?}");
        let detail = &stage.details(IndexerState::CannotServe)[0];
        assert!(detail.contains("this endpoint can't serve") && detail.contains(UNKNOWN), "{detail}");
        assert!(asked[0] <= 40 && asked[1] <= 50, "{asked:?} questions in the first minute and the nine after it");
    }
}

#[test]
fn what_one_endpoint_will_never_do_keeps_nobody_from_asking_another() {
    let longest_pause = |fault, endpoints| {
        let mut stage = Stage::at(20, endpoints);
        stage.heads(block(25, 1), 10);
        let (mut asked_at, mut longest) = (0, 0);
        while stage.now < 120_000 {
            while let Some((id, _)) = stage.asked(|_| true) {
                longest = longest.max(stage.now - std::mem::replace(&mut asked_at, stage.now));
                stage.put(Input::Failed(id, fault, UNKNOWN.into()));
            }
            stage.wait(100);
        }
        longest
    };
    for fault in [Fault::Fatal, Fault::RateLimited { wait: Some(60_000) }] {
        assert_eq!(longest_pause(fault, 1), 15_000, "{fault:?} of the only endpoint");
        assert_eq!(longest_pause(fault, 3), 2_500, "{fault:?} of one of three: it is avoided for 5 s");
    }
}

#[test]
fn an_only_endpoint_that_contradicts_itself_is_not_accused_for_ever() {
    let mut stage = Stage::at(20, 1);
    for _ in 0..600 {
        stage.heads_if_asked(block(25, 1), 10);
        while let Some((id, from, to)) = open(&mut stage) {
            let mut answer = blocks(from, to, 1);
            answer.headers.reverse();
            stage.put(Input::Fetched(id, answer));
        }
        stage.wait(1_000);
    }
    assert_eq!(stage.said(), [IndexerState::CannotServe]);
    assert!(stage.accused().len() < 30, "{} accusations", stage.accused().len());
}

#[test]
fn what_is_fetched_because_something_is_missing_ignores_blooms() {
    let mut stage = Stage::at(20, 1);
    stage.heads(block(25, 1), 10);
    let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("the tip is asked for");
    assert_eq!(ask, Ask::Blocks { from: 21, to: 25, whole: false });
    stage.effects.clear();
    let mut answer = blocks(21, 25, 1);
    answer.payload = Given::with_gap(15, 22);
    stage.put(Input::Fetched(id, answer));
    for _ in 0..20 {
        stage.wait(3_000);
        stage.heads_if_asked(block(25, 1), 10);
        if let Some((id, ask)) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })) {
            let Ask::Blocks { from, to, whole } = ask else { unreachable!() };
            if from < 21 {
                assert!(whole, "a bloom may be why the log is missing");
                return;
            }
            let mut answer = blocks(from, to, 1);
            answer.payload = Given::with_gap(15, 22);
            stage.put(Input::Fetched(id, answer));
        }
        if let Some((id, ask)) = stage.asked(|ask| matches!(ask, Ask::Hashes(_))) {
            let Ask::Hashes(heights) = ask else { unreachable!() };
            let blocks = heights.iter().map(|number| (*number, Some(block(*number, 1)))).collect();
            stage.put(Input::Hashes(id, Hashes { endpoint: name("a"), blocks }));
        }
    }
    panic!("it is never fetched again");
}
