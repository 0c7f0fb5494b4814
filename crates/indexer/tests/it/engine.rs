//! The engine's answers to single situations, input by input.

use std::sync::Arc;

use linkpool_indexer::engine::{
    Ask, AskId, Condition, Effect, EndpointName, Engine, Fault, Fetched, Gap, Hashes, Header, Heads, Input, Outcome, Payload,
    Place, Settings, Snapshot,
};
use linkpool_primitives::{B256, BlockRef};

const STALLED_AFTER_MS: u64 = 60_000;

/// Nothing at all, of any range.
#[derive(Debug, Default)]
struct Empty;

impl Payload for Empty {
    type Ledger = ();

    fn places(&self) -> impl Iterator<Item = Place> {
        std::iter::empty()
    }

    fn bytes(&self) -> usize {
        0
    }

    fn follow(&self, (): &mut (), _: bool) -> Result<(), Gap> {
        Ok(())
    }
}

fn block(number: u64, branch: u8) -> BlockRef {
    BlockRef { number, hash: B256::left_padding_from(&[branch, number as u8]), timestamp: number }
}

struct Stage {
    engine: Engine<Empty>,
    now: u64,
    effects: Vec<Effect<Empty>>,
}

impl Stage {
    /// Leading, with the cursor at `cursor` of branch 1, everything below 10 final.
    fn at(cursor: u64, endpoints: usize) -> Self {
        let settings = Settings { most_blocks: 100, poll_ms: 1_000, stalled_after_ms: STALLED_AFTER_MS, endpoints };
        let mut stage = Self { engine: Engine::new(settings), now: 0, effects: Vec::new() };
        stage.put(Input::LeaseGained);
        let kept = |number| linkpool_indexer::engine::Kept { number, hash: block(number, 1).hash, logs: 0 };
        stage.put(Input::Loaded(Snapshot {
            cursor: block(cursor, 1),
            finalized: 10.min(cursor),
            state: "ok".into(),
            headers: (10.min(cursor)..=cursor).map(kept).collect(),
            start: (1, block(1, 1).hash),
            ledger: (),
        }));
        stage
    }

    fn put(&mut self, input: Input<Empty>) {
        self.effects.extend(self.engine.step(self.now, input));
    }

    fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.put(Input::Tick);
    }

    /// The open question that `wanted` is about.
    fn asked(&mut self, wanted: impl Fn(&Ask) -> bool) -> Option<(AskId, Ask)> {
        let index = self.effects.iter().position(|effect| matches!(effect, Effect::Ask(_, ask) if wanted(ask)))?;
        match self.effects.remove(index) {
            Effect::Ask(id, ask) => Some((id, ask)),
            _ => None,
        }
    }

    fn heads(&mut self, head: BlockRef, finalized: u64) {
        let (id, _) = self.asked(|ask| *ask == Ask::Heads).expect("the heads are asked for");
        self.put(Input::Heads(id, name("a"), Heads { head, safe: finalized, finalized, finalized_hash: None }));
    }

    fn said(&self) -> Vec<&Condition> {
        self.effects
            .iter()
            .filter_map(|effect| if let Effect::Say(condition, _) = effect { Some(condition) } else { None })
            .collect()
    }
}

fn name(name: &str) -> EndpointName {
    Arc::from(name)
}

fn blocks(from: u64, to: u64, branch: u8) -> Fetched<Empty> {
    let header = |number| Header { block: block(number, branch), parent_hash: block(number - 1, branch).hash };
    Fetched {
        endpoint: name("a"),
        first_parent: block(from - 1, branch).hash,
        headers: (from..=to).map(header).collect(),
        payload: Empty,
        answer_bytes: 0,
    }
}

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
    assert_eq!(ask, Ask::Blocks { from: 18, to: 19 });
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
    assert_eq!(refuse(&mut stage, &|ask| matches!(ask, Ask::Blocks { .. })), Ask::Blocks { from: 11, to: 11 });
    assert_eq!(stage.said(), [&Condition::BlockTooLarge]);
    stage.wait(20_000);
    let (id, _) = stage.asked(|ask| matches!(ask, Ask::Blocks { from: 11, to: 11 })).expect("it is tried again");
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
        Effect::Say(Condition::Stalled, Some(why)) => Some(why.clone()),
        _ => None,
    });
    let said = said.expect("it is said");
    assert!(said.contains("no block after 20") && said.contains("block 25") && said.contains("on fire"), "{said}");
    let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("it is tried on");
    assert_eq!(ask, Ask::Blocks { from: 21, to: 25 });
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
        stage.put(Input::NewHead(block(20, 2)));
        let (id, ask) = stage.asked(|ask| matches!(ask, Ask::Hashes(_))).expect("hashes are asked for");
        let Ask::Hashes(heights) = ask else { unreachable!() };
        let answer = heights.iter().map(|number| (*number, Some(block(*number, 2)))).collect();
        stage.put(Input::Hashes(id, Hashes { endpoint: name(endpoint), blocks: answer }));
        let stopped = stage.effects.iter().any(|effect| matches!(effect, Effect::Stop { .. }));
        assert_eq!(stopped, ends, "after {endpoint}");
    }
}
