//! How the endpoints misbehave.

use linkpool_replay::random::Random;

use super::super::Mode;

/// In percent of its answers where nothing else is said.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    pub silent: u64,
    pub limited: u64,
    pub shuffled: u64,
    pub removed: u64,
    pub double_hash: u64,
    /// What will not go away: another chain, no such method.
    pub fatal: u64,
    /// Leaves out logs, without an error.
    pub drops: u64,
    /// Gives no log at all, as a lagging backend behind a good one does.
    pub empty: u64,
    /// Gives a log that never was, in a block that is not final: what is final is compared, and there alone it can show.
    pub invents: u64,
    /// Most logs in an answer, and whether it suggests a range.
    pub cap: Option<(usize, bool)>,
    /// Most blocks in an answer; more are refused in words that nobody knows.
    pub max_blocks: Option<u64>,
    /// Most blocks whose headers and logs are asked for by hash at once, likewise.
    pub max_calls: Option<u64>,
    /// What a block takes; nobody waits longer than [`PATIENCE_MS`].
    pub ms_per_block: u64,
    /// Its blooms deny every log.
    pub false_blooms: bool,
    /// Gives a block's time as 0.
    pub wrong_time: u64,
    /// Tells of a head, and of a final block, far beyond the chain.
    pub false_head: u64,
    /// Gives the end of a range, or the final block's hash, from a backend of another chain.
    pub mixes: u64,
    /// Its newest block lies this far back.
    pub lag: u64,
    pub slow_ms: u64,
}

/// A question that takes longer is given up.
pub const PATIENCE_MS: u64 = 2_000;

impl Behaviour {
    /// Those of one to three endpoints.
    pub fn of_all(random: &mut Random, has_finality: bool, mode: Mode) -> Vec<Self> {
        let count = random.between(1, 3) as usize;
        match mode {
            Mode::Ending => Self::that_end(random, count, has_finality),
            Mode::Permanent => {
                let honest = random.index(count);
                let one = |index, random: &mut Random| if index == honest { Self::least(random) } else { Self::useless(random) };
                (0..count).map(|index| one(index, random).without_blooms()).collect()
            }
            Mode::Hopeless => (0..count).map(|_| Self::hopeless(random).without_blooms()).collect(),
        }
    }

    /// At most one leaves out what nobody but the others can tell.
    fn that_end(random: &mut Random, count: usize, has_finality: bool) -> Vec<Self> {
        let liar = (count > 1 && random.chance(40)).then(|| random.index(count));
        let one = |index, random: &mut Random| {
            let mut behaviour = Self::any(random, count > 1);
            if liar == Some(index) {
                behaviour.drops = random.between(5, 60);
                behaviour.empty = random.between(0, 20);
            }
            if has_finality && random.chance(20) {
                behaviour.invents = random.between(1, 20);
            }
            if liar.is_none() && count == 1 && has_finality && random.chance(15) {
                behaviour.drops = 3;
            }
            behaviour
        };
        (0..count).map(|index| one(index, random)).collect()
    }

    /// What a filled-in bloom denied shows when the block is final, and the newest never are where faults last: the chain stops. An
    /// empty one denies nothing, which is the affair of crates/chain.
    fn without_blooms(self) -> Self {
        Self { false_blooms: false, ..self }
    }

    /// Those of an endpoint that is met in passing.
    fn any(random: &mut Random, others: bool) -> Self {
        let sometimes = |random: &mut Random, most: u64| if random.chance(30) { random.between(1, most) } else { 0 };
        Self {
            silent: sometimes(random, 30),
            limited: sometimes(random, 20),
            shuffled: sometimes(random, 20),
            removed: sometimes(random, 20),
            double_hash: sometimes(random, 20),
            fatal: if others { sometimes(random, 5) } else { 0 },
            cap: random.chance(30).then(|| (random.between(8, 40) as usize, random.chance(50))),
            lag: if random.chance(25) { random.between(1, 6) } else { 0 },
            slow_ms: sometimes(random, 500),
            ..Self::limits(random)
        }
    }

    /// What may be in force for ever beside anything else.
    fn limits(random: &mut Random) -> Self {
        let limit = |random: &mut Random, most: u64| random.chance(20).then(|| random.between(1, most));
        Self {
            max_blocks: limit(random, 20),
            max_calls: limit(random, 10),
            ms_per_block: if random.chance(20) { random.between(10, 700) } else { 0 },
            false_blooms: random.chance(15),
            wrong_time: if random.chance(15) { random.between(1, 30) } else { 0 },
            false_head: if random.chance(15) { random.between(1, 10) } else { 0 },
            mixes: if random.chance(15) { random.between(1, 30) } else { 0 },
            ..Self::default()
        }
    }

    /// Honest, and able to do no more than answer single calls for single blocks.
    fn least(random: &mut Random) -> Self {
        Self { max_blocks: Some(1), max_calls: Some(1), ms_per_block: random.between(0, 200), ..Self::default() }
    }

    /// Of no use beside one that is: it leaves out nothing that would not show.
    fn useless(random: &mut Random) -> Self {
        let mut behaviour = Self::any(random, true);
        match random.between(0, 5) {
            0 => behaviour.silent = 100,
            1 => behaviour.max_blocks = Some(0),
            2 => behaviour.ms_per_block = PATIENCE_MS + 1,
            3 => behaviour.limited = 100,
            4 => behaviour.fatal = 100,
            _ => {}
        }
        // Heads are compared where the endpoints are chosen, which is not simulated: an endpoint that stays behind is passed over.
        behaviour.lag = 0;
        behaviour
    }

    /// It answers what the heads are, and nothing else that could be written.
    fn hopeless(random: &mut Random) -> Self {
        let none = Self::default();
        match random.between(0, 5) {
            0 => Self { max_blocks: Some(0), ..none },
            1 => Self { ms_per_block: PATIENCE_MS + 1, ..none },
            2 => Self { removed: 100, ..none },
            3 => Self { silent: 100, ..none },
            4 => Self { fatal: 100, ..none },
            _ => Self { limited: 100, ..none },
        }
    }
}
