//! One name that stands for several backends: hashes of two branches in answers side by side, or in one.

use linkpool_indexer::engine::{Ask, AskId, Effect, Heads, Input};
use linkpool_primitives::{B256, BlockRef};

use super::fixture::*;

const HEAD: u64 = 80;
const FINAL: u64 = 60;

/// Far behind, beside another endpoint, on a chain whose final block is told to have this hash.
fn told_final(branch: u8) -> EngineFixture {
    let mut fixture = EngineFixture::at(10, 2);
    tell(&mut fixture, block(FINAL, branch).hash);
    tell(&mut fixture, block(FINAL, branch).hash);
    fixture
}

fn tell(fixture: &mut EngineFixture, hash: B256) {
    fixture.tell(Heads { head: block(HEAD, 1), safe: FINAL, finalized: FINAL, finalized_hash: Some(hash) });
}

fn range(fixture: &mut EngineFixture) -> AskId {
    let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Range { .. })).expect("what is final is asked for");
    assert_eq!(ask, Ask::Range { from: 11, to: FINAL });
    id
}

/// Blocks of branch 1 with an end of branch 2.
fn give_mixed(fixture: &mut EngineFixture) {
    let mut mixed = blocks(11, FINAL, 1);
    mixed.headers.last_mut().unwrap().block = block(FINAL, 2);
    let id = range(fixture);
    fixture.put(Input::Fetched(id, mixed));
}

/// The question for the run of parents below the final block.
fn run(fixture: &mut EngineFixture) -> Option<AskId> {
    let (id, ask) = fixture.asked(|ask| matches!(ask, Ask::Links { .. }))?;
    assert_eq!(ask, Ask::Links { from: FINAL - 31, to: FINAL });
    Some(id)
}

fn written(fixture: &EngineFixture) -> Option<BlockRef> {
    fixture.effects.iter().find_map(|effect| if let Effect::Write(write) = effect { Some(write.to) } else { None })
}

#[test]
fn a_range_that_ends_on_another_branch_is_not_written_and_is_asked_for_again() {
    let mut fixture = told_final(1);
    give_mixed(&mut fixture);
    assert_eq!(written(&fixture), None);
    let id = run(&mut fixture).expect("which of the two is final is asked");
    fixture.put(Input::Hashes(id, links(FINAL - 31, FINAL, 1)));
    assert_eq!(fixture.reported_faulty(), ["a"]);
    fixture.wait(6_000);
    let id = range(&mut fixture);
    fixture.put(Input::Fetched(id, blocks(11, FINAL, 1)));
    assert_eq!(written(&fixture), Some(block(FINAL, 1)));
}

#[test]
fn a_final_hash_of_another_branch_holds_nothing_up_and_accuses_nobody() {
    let mut fixture = told_final(2);
    let id = range(&mut fixture);
    fixture.put(Input::Fetched(id, blocks(11, FINAL, 1)));
    let id = run(&mut fixture).expect("which of the two is final is asked");
    fixture.put(Input::Hashes(id, links(FINAL - 31, FINAL, 1)));
    assert_eq!(written(&fixture), None, "one of two words is taken for the truth");
    fixture.wait(6_000);
    tell(&mut fixture, block(FINAL, 1).hash);
    let id = run(&mut fixture).expect("it is asked anew");
    fixture.put(Input::Hashes(id, links(FINAL - 31, FINAL, 1)));
    assert_eq!(written(&fixture), Some(block(FINAL, 1)));
    assert_eq!(fixture.reported_faulty(), [] as [&str; 0]);
}

#[test]
fn a_range_that_ends_in_the_block_that_was_told_is_not_written_before_a_run_leads_there() {
    // Of three answers the first two may both be of another chain.
    let mut fixture = told_final(2);
    give_mixed(&mut fixture);
    assert_eq!(written(&fixture), None);
    let id = run(&mut fixture).expect("which block is final is asked");
    fixture.put(Input::Hashes(id, links(FINAL - 31, FINAL, 1)));
    assert_eq!(written(&fixture), None);
}

#[test]
fn a_run_that_lacks_a_block_proves_nothing() {
    let mut fixture = told_final(1);
    give_mixed(&mut fixture);
    let id = run(&mut fixture).expect("which of the two is final is asked");
    let mut answer = links(FINAL - 31, FINAL, 2);
    answer.blocks[0].1 = None;
    fixture.put(Input::Hashes(id, answer));
    assert_eq!(written(&fixture), None);
    assert_eq!(fixture.reported_faulty(), [] as [&str; 0]);
}
