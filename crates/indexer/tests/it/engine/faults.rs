//! Faults that nobody names: refusals in words that are not known, time-outs, false heads, things that never end.

use linkpool_indexer::engine::{Ask, AskId, Effect, Fault, Hashes, Heads, Input, Outcome};
use linkpool_primitives::IndexerState;

use super::fixture::*;

const UNKNOWN: &str = "the gremlins are on strike";

/// What of blocks is open, as number and range.
fn open(fixture: &mut EngineFixture) -> Option<(AskId, u64, u64)> {
    let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Range { .. } | Ask::Blocks { .. }))?;
    match ask {
        Ask::Range { from, to } | Ask::Blocks { from, to, .. } => Some((id, from, to)),
        _ => None,
    }
}

/// Fails everything that spans more than `most` blocks until `until` is reached; returns the lengths that were asked for.
fn follow(fixture: &mut EngineFixture, head: u64, finalized: u64, most: u64, fault: Fault) -> Vec<u64> {
    let mut lengths = Vec::new();
    for _ in 0..2_000 {
        if fixture.cursor >= head {
            return lengths;
        }
        fixture.heads_if_asked(block(head, 1), finalized);
        while let Some((id, from, to)) = open(fixture) {
            lengths.push(to - from + 1);
            if to - from + 1 > most {
                fixture.put(Input::Failed(id, fault, UNKNOWN.into()));
            } else {
                fixture.put(Input::Fetched(id, blocks(from, to, 1)));
            }
        }
        if let Some(index) = fixture.effects.iter().position(|effect| matches!(effect, Effect::Write(_))) {
            let Effect::Write(write) = fixture.effects.remove(index) else { unreachable!() };
            fixture.cursor = write.to.number;
            fixture.put(Input::Written(Outcome::Written));
        }
        fixture.wait(500);
    }
    panic!("it stays at {} with {lengths:?}", fixture.cursor);
}

#[test]
fn a_range_refused_in_unknown_words_is_halved_while_the_heads_are_answered() {
    let mut fixture = EngineFixture::at(10, 1);
    let lengths = follow(&mut fixture, 200, 200, 3, Fault::Refused);
    assert_eq!(lengths[0], 100);
    assert!(
        lengths.iter().filter(|length| **length == 100).count() <= 4,
        "the length that was refused is asked for on: {lengths:?}"
    );
    assert!(lengths.iter().any(|length| *length <= 3), "{lengths:?}");
}

#[test]
fn blocks_at_the_tip_that_time_out_are_asked_for_in_shorter_runs() {
    let mut fixture = EngineFixture::at(20, 1);
    let lengths = follow(&mut fixture, 100, 10, 5, Fault::TimedOut);
    assert!(lengths[0] > 50 && lengths.iter().any(|length| *length <= 5), "{lengths:?}");
}

#[test]
fn a_range_that_outlives_its_time_is_halved_and_lanes_are_closed() {
    let mut fixture = EngineFixture::at(10, 1);
    fixture.heads(block(2_000, 1), 1_000);
    let mut first = 0;
    while let Some((id, ..)) = open(&mut fixture) {
        first += 1;
        fixture.put(Input::Failed(id, Fault::TimedOut, "no answer in time".into()));
    }
    fixture.wait(3_000);
    fixture.heads_if_asked(block(2_000, 1), 1_000);
    let mut second = Vec::new();
    while let Some((id, from, to)) = open(&mut fixture) {
        second.push(to - from + 1);
        fixture.put(Input::Failed(id, Fault::TimedOut, "no answer in time".into()));
    }
    assert_eq!((first, second.as_slice()), (4, [100].as_slice()), "one lane, and nothing is known yet");
    fixture.wait(3_000);
    let (_, from, to) = open(&mut fixture).expect("it is asked again");
    assert_eq!(to - from + 1, 50);
}

#[test]
fn an_outage_of_everything_shortens_no_range() {
    let mut fixture = EngineFixture::at(10, 1);
    fixture.heads(block(2_000, 1), 1_000);
    for _ in 0..10 {
        while let Some((id, from, to)) = open(&mut fixture) {
            assert_eq!(to - from + 1, 100);
            fixture.put(Input::Failed(id, Fault::Transient, "HTTP 502".into()));
        }
        if let Some((id, _)) = fixture.asked(|ask| *ask == Ask::Heads) {
            fixture.put(Input::Failed(id, Fault::Transient, "HTTP 502".into()));
        }
        fixture.wait(3_000);
    }
}

#[test]
fn one_false_head_on_a_chain_without_finality_leaves_nothing_behind() {
    let mut fixture = EngineFixture::at(20, 1);
    let heads = |fixture: &mut EngineFixture, number| {
        let (id, _) = fixture.asked(|ask| *ask == Ask::Heads).expect("the heads are asked for");
        let heads = Heads { head: block(number, 1), safe: 0, finalized: 0, finalized_hash: None };
        fixture.put(Input::Heads(id, name("a"), heads));
    };
    // Two running may be false, if there is no luck at all.
    heads(&mut fixture, 10_100);
    heads(&mut fixture, 10_100);
    for _ in 0..20 {
        while let Some((id, from, to)) = open(&mut fixture) {
            if from > 100 {
                fixture.put(Input::Failed(id, Fault::Lagging, "there is no such block".into()));
            } else {
                fixture.put(Input::Fetched(id, blocks(from, to.min(100), 1)));
            }
            if let Some(index) = fixture.effects.iter().position(|effect| matches!(effect, Effect::Write(_))) {
                let Effect::Write(write) = fixture.effects.remove(index) else { unreachable!() };
                fixture.cursor = write.to.number;
                fixture.put(Input::Written(Outcome::Written));
            }
        }
        fixture.wait(3_000);
        if fixture.effects.iter().any(|effect| matches!(effect, Effect::Ask(_, Ask::Heads))) {
            heads(&mut fixture, 100);
        }
    }
    assert_eq!(fixture.cursor, 100, "the tail waits for blocks that nobody has");
}

/// Tells of a head on a chain that finalizes nothing, and how many ranges that are deep enough below one were asked for since the last
/// time; nobody has any of them.
fn ranges_asked(fixture: &mut EngineFixture, head: u64) -> usize {
    fixture.wait(3_000);
    fixture.tell(Heads { head: block(head, 1), safe: 0, finalized: 0, finalized_hash: None });
    let mut ranges = 0;
    while let Some((id, ask)) = fixture.asked(|ask| matches!(ask, Ask::Range { .. } | Ask::Blocks { .. })) {
        ranges += usize::from(matches!(ask, Ask::Range { .. }));
        fixture.put(Input::Failed(id, Fault::Lagging, "there is no such block".into()));
    }
    ranges
}

#[test]
fn a_head_that_was_false_and_fell_is_not_believed_at_once_when_it_is_told_again() {
    let mut fixture = EngineFixture::at(20, 1);
    let asked = [20, 20, 10_100, 10_100, 20, 20, 10_100, 20].map(|head| ranges_asked(&mut fixture, head));
    // Two answers running are believed, as soon as the pause after the failure is over. One is not, and what fell is forgotten.
    assert!(asked[4] > 0, "{asked:?}");
    assert_eq!(asked.iter().sum::<usize>(), asked[4], "{asked:?}");
}

#[test]
fn what_is_called_safe_lies_between_the_final_block_and_the_head_whatever_is_told() {
    let mut fixture = EngineFixture::at(30, 1);
    fixture.heads(block(30, 1), 10);
    fixture.effects.clear();
    fixture.wait(1_000);
    // A backend that is behind in finality alone.
    fixture.tell(Heads { head: block(30, 1), safe: 6, finalized: 5, finalized_hash: None });
    let seen = fixture.effects.iter().find_map(|effect| if let Effect::Seen(heads) = effect { Some(*heads) } else { None });
    let seen = seen.expect("the database is told");
    assert!(seen.finalized == 10 && (10..=30).contains(&seen.safe), "{seen:?}");
}

#[test]
fn the_very_first_answer_about_the_heads_counts_for_nothing_before_the_second() {
    let mut fixture = EngineFixture::at(10, 1);
    let heads = |head, finalized| Heads { head: block(head, 1), safe: finalized, finalized, finalized_hash: None };
    fixture.tell(heads(10_000, 5_000));
    assert!(open(&mut fixture).is_none(), "blocks are asked for on one word");
    // It is asked again at once.
    fixture.tell(heads(100, 50));
    let mut asked = Vec::new();
    while let Some((_, from, to)) = open(&mut fixture) {
        asked.push((from, to));
    }
    assert_eq!(asked, [(11, 50)]);
}

#[test]
fn who_has_the_final_block_says_nothing_of_those_above_it() {
    let mut fixture = EngineFixture::at(64, 2);
    let heads = |head, finalized| Heads {
        head: block(head, 1),
        safe: finalized,
        finalized,
        finalized_hash: Some(block(finalized, 1).hash),
    };
    fixture.tell(heads(83, 65));
    fixture.tell(heads(83, 65));
    // Whether block 64 is the one below the final block is asked.
    fixture.wait(1_000);
    let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Links { .. })).expect("it is asked");
    assert_eq!(ask, Ask::Links { from: 34, to: 65 });
    // Nobody answers, and before it is asked again, somebody tells of a chain that ends there, and is final below.
    fixture.tell(heads(64, 62));
    fixture.put(Input::Failed(id, Fault::Transient, "HTTP 502".into()));
    fixture.wait(200);
    assert!(fixture.asked(|ask| matches!(ask, Ask::Links { .. })).is_none(), "{:?}", fixture.effects);
}

#[test]
fn a_block_that_is_older_than_its_parent_is_not_written() {
    let mut fixture = EngineFixture::at(20, 1);
    fixture.heads(block(25, 1), 10);
    let (id, from, to) = open(&mut fixture).expect("the tip is asked for");
    let mut answer = blocks(from, to, 1);
    answer.headers.last_mut().unwrap().block.timestamp = 0;
    fixture.put(Input::Fetched(id, answer));
    assert_eq!(fixture.reported_faulty(), ["a"]);
    assert!(!fixture.effects.iter().any(|effect| matches!(effect, Effect::Write(_))));
}

#[test]
fn a_false_final_block_lives_no_longer_than_its_answer() {
    let mut fixture = EngineFixture::at(30, 1);
    fixture.heads(block(30, 1), 10);
    fixture.wait(1_000);
    fixture.heads(block(30, 1), 30);
    assert!(fixture.asked(|ask| matches!(ask, Ask::Range { .. })).is_none(), "blocks are compared as final on one word");
    fixture.wait(1_000);
    fixture.heads(block(30, 1), 10);
    fixture.wait(1_000);
    fixture.heads(block(31, 1), 11);
    fixture.wait(1_000);
    fixture.heads(block(31, 1), 11);
    let (_, ask) = fixture.asked(|ask| matches!(ask, Ask::Blocks { ignore_bloom: true, .. })).expect("what is final is compared");
    assert_eq!(ask, Ask::Blocks { from: 11, to: 11, ignore_bloom: true });
}

#[test]
fn announcements_only_wake_and_a_flood_of_them_asks_twenty_times_a_second_at_most() {
    let mut fixture = EngineFixture::at(20, 1);
    fixture.heads(block(20, 1), 10);
    let mut asked = 0;
    for _ in 0..1_000 {
        fixture.now += 1;
        fixture.put(Input::Woken);
        if fixture.effects.iter().any(|effect| matches!(effect, Effect::Ask(_, Ask::Heads))) {
            asked += 1;
            fixture.heads(block(20, 1), 10);
        }
    }
    assert!((15..=21).contains(&asked), "{asked} questions in a second");
}

/// Everything at the tip works, and what is final can't be read again.
fn recheck_fails(fixture: &mut EngineFixture, seconds: u64) -> u32 {
    let mut rechecks = 0;
    for second in 0..seconds {
        fixture.heads_if_asked(block(21 + second, 1), 15);
        while let Some((id, from, to)) = open(fixture) {
            if to <= 15 {
                rechecks += 1;
                fixture.put(Input::Failed(id, Fault::Transient, "the archive is closed".into()));
            } else {
                fixture.put(Input::Fetched(id, blocks(from, to, 1)));
                fixture.put(Input::Written(Outcome::Written));
            }
        }
        fixture.wait(1_000);
    }
    rechecks
}

#[test]
fn final_blocks_that_cannot_be_compared_are_a_state_of_their_own_and_cost_little() {
    let mut fixture = EngineFixture::at(20, 1);
    let rechecks = recheck_fails(&mut fixture, 70);
    assert_eq!(fixture.said(), [IndexerState::CannotRecheck], "{:?}", fixture.engine);
    let detail = &fixture.details(IndexerState::CannotRecheck)[0];
    assert!(detail.contains("blocks after 10") && detail.contains("the archive is closed"), "{detail}");
    assert!((10..=25).contains(&rechecks), "{rechecks} in 70 s");
    // It ends with the comparison, and no sooner.
    fixture.effects.retain(|effect| !matches!(effect, Effect::SetState(..)));
    for _ in 0..10 {
        fixture.heads_if_asked(block(91, 1), 15);
        while let Some((id, from, to)) = open(&mut fixture) {
            fixture.put(Input::Fetched(id, blocks(from, to, 1)));
        }
        fixture.put(Input::Written(Outcome::Written));
        fixture.wait(1_000);
    }
    fixture.heads_if_asked(block(91, 1), 15);
    assert_eq!(fixture.said(), [IndexerState::Ok]);
}

#[test]
fn a_database_that_cannot_be_read_is_told_and_a_state_of_its_own() {
    let mut fixture = EngineFixture::at(20, 1);
    fixture.put(Input::LeaseLost);
    fixture.put(Input::LeaseGained);
    fixture.effects.clear();
    for _ in 0..70 {
        fixture.put(Input::LoadFailed("the disk is gone".into()));
        fixture.wait(1_000);
    }
    let notes = fixture.effects.iter().filter(|effect| matches!(effect, Effect::Log(note) if note.contains("the disk is gone")));
    assert_eq!(notes.count(), 2, "at once and once a minute");
    assert_eq!(fixture.said(), [IndexerState::CannotLoad]);
    assert!(fixture.details(IndexerState::CannotLoad)[0].contains("the disk is gone"));
}

#[test]
fn a_write_that_does_not_end_is_a_state_of_its_own() {
    let mut fixture = EngineFixture::at(20, 1);
    fixture.heads(block(25, 1), 10);
    let (id, from, to) = open(&mut fixture).expect("the tip is asked for");
    fixture.put(Input::Fetched(id, blocks(from, to, 1)));
    for _ in 0..70 {
        fixture.heads_if_asked(block(25, 1), 10);
        fixture.wait(1_000);
    }
    assert_eq!(fixture.said(), [IndexerState::CannotWrite]);
    fixture.put(Input::Written(Outcome::Written));
    fixture.heads_if_asked(block(25, 1), 10);
    assert_eq!(fixture.engine.progress(), Some((25, 25)));
}

#[test]
fn an_only_endpoint_that_is_of_no_use_is_told_after_bounded_tries_and_then_asked_seldom() {
    for fault in [Fault::Refused, Fault::Inconsistent] {
        let mut fixture = EngineFixture::at(20, 1);
        let mut asked = [0, 0];
        for second in 0..600 {
            fixture.heads_if_asked(block(25, 1), 10);
            while let Some((id, ..)) = open(&mut fixture) {
                asked[usize::from(second >= 60)] += 1;
                fixture.put(Input::Failed(id, fault, UNKNOWN.into()));
            }
            fixture.wait(1_000);
        }
        assert_eq!(fixture.said(), [IndexerState::CannotServe], "{fault:?}");
        let detail = &fixture.details(IndexerState::CannotServe)[0];
        assert!(detail.contains("this endpoint can't serve") && detail.contains(UNKNOWN), "{detail}");
        assert!(asked[0] <= 40 && asked[1] <= 50, "{asked:?} questions in the first minute and the nine after it");
    }
}

#[test]
fn what_one_endpoint_will_never_do_keeps_nobody_from_asking_another() {
    let longest_pause = |fault, endpoints| {
        let mut fixture = EngineFixture::at(20, endpoints);
        fixture.heads(block(25, 1), 10);
        let (mut asked_at, mut longest) = (0, 0);
        while fixture.now < 120_000 {
            while let Some((id, _)) = fixture.asked(|_| true) {
                longest = longest.max(fixture.now - std::mem::replace(&mut asked_at, fixture.now));
                fixture.put(Input::Failed(id, fault, UNKNOWN.into()));
            }
            fixture.wait(100);
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
    let mut fixture = EngineFixture::at(20, 1);
    for _ in 0..600 {
        fixture.heads_if_asked(block(25, 1), 10);
        while let Some((id, from, to)) = open(&mut fixture) {
            let mut answer = blocks(from, to, 1);
            answer.headers.reverse();
            fixture.put(Input::Fetched(id, answer));
        }
        fixture.wait(1_000);
    }
    assert_eq!(fixture.said(), [IndexerState::CannotServe]);
    assert!(fixture.reported_faulty().len() < 30, "{} accusations", fixture.reported_faulty().len());
}

#[test]
fn what_is_fetched_because_something_is_missing_ignores_blooms() {
    let mut fixture = EngineFixture::at(20, 1);
    fixture.heads(block(25, 1), 10);
    let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("the tip is asked for");
    assert_eq!(ask, Ask::Blocks { from: 21, to: 25, ignore_bloom: false });
    fixture.effects.clear();
    let mut answer = blocks(21, 25, 1);
    answer.payload = TestPayload::with_gap(15, 22);
    fixture.put(Input::Fetched(id, answer));
    for _ in 0..20 {
        fixture.wait(3_000);
        fixture.heads_if_asked(block(25, 1), 10);
        if let Some((id, ask)) = fixture.asked(|ask| matches!(ask, Ask::Blocks { .. })) {
            let Ask::Blocks { from, to, ignore_bloom } = ask else { unreachable!() };
            if from < 21 {
                assert!(ignore_bloom, "a bloom may be why the log is missing");
                return;
            }
            let mut answer = blocks(from, to, 1);
            answer.payload = TestPayload::with_gap(15, 22);
            fixture.put(Input::Fetched(id, answer));
        }
        if let Some((id, ask)) = fixture.asked(|ask| matches!(ask, Ask::Hashes(_))) {
            let Ask::Hashes(heights) = ask else { unreachable!() };
            let blocks = heights.iter().map(|number| (*number, Some(block(*number, 1)))).collect();
            fixture.put(Input::Hashes(id, Hashes { endpoint: name("a"), blocks }));
        }
    }
    panic!("it is never fetched again");
}
