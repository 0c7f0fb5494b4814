//! When a tick is worth its calls. Most of the time nothing is to be done, and only the chain's next block could change that;
//! what the database asks for is told by the database.

use std::time::{Duration, Instant};

use linkpool_chain::{Heads, Looks};
use linkpool_db::tx::Work;

/// Looks at the chain, in times of the interval at which it is looked at while a transaction is under way, where nobody knows when
/// the next block comes: of who waits for finality, and of who waits for nothing.
const SETTLING: u32 = 4;
const IDLE: u32 = 24;
/// How long a tick that has nothing to do may go without the account's nonce on chain, which tells it no more than whether somebody
/// else sends from the account. Before a nonce is given out it is asked for in any case.
const IDLE_NONCE_INTERVAL: Duration = Duration::from_secs(60);
/// Ticks on one and the same head while something on it is not understood yet.
const AGAIN: u32 = 20;

/// What whoever has a tick made knows beside the transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Urgency {
    /// The database has told of something.
    pub woken: bool,
    /// Something waits for the next block.
    pub hurry: bool,
    /// Something waits for finality.
    pub settling: bool,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// A look at the head, and a tick if it is another.
    Look,
    Tick,
}

/// What the last tick worked with.
#[derive(Debug)]
pub(super) struct Pace {
    /// What there was to do. Unknown before the first turn, and after one that failed: then the next is due.
    met: Option<(Work, bool)>,
    head: Option<Heads>,
    ticked: Instant,
    look_at: Instant,
    nonce_at: Instant,
    again: u32,
}

impl Pace {
    pub fn new() -> Self {
        let now = Instant::now();
        Self { met: None, head: None, ticked: now, look_at: now, nonce_at: now, again: 0 }
    }

    pub fn forget(&mut self) {
        self.met = None;
    }

    /// What is due, where the database has this to do. At each of `clocks` something is due that no block brings.
    pub fn due(&self, work: Work, urgency: Urgency, now: Instant, mut clocks: impl Iterator<Item = Instant>) -> Due {
        let waits = work.waits() || urgency.hurry;
        let is_news = self.met != Some((work, urgency.hurry)) || (urgency.woken && waits);
        if is_news || (1..AGAIN).contains(&self.again) || clocks.any(|at| self.ticked < at && at <= now) {
            Due::Tick
        } else if now >= self.look_at {
            Due::Look
        } else {
            Due::Nothing
        }
    }

    /// Whether the last tick saw these heads.
    pub fn knows(&self, heads: &Heads) -> bool {
        self.head.is_some_and(|known| (known.head.hash, known.finalized) == (heads.head.hash, heads.finalized))
    }

    /// Whether these heads, which are new, are worth no look at the account: nothing is under way, and the chain has grown.
    pub fn rests(&self, heads: &Heads, work: Work, urgency: Urgency, now: Instant) -> bool {
        let is_calm = !(work.waits() || work.mined > 0 || urgency.hurry || urgency.settling) && self.again == 0;
        // A chain that has become shorter may have lost what was settled.
        let has_grown =
            self.head.is_some_and(|known| known.head.number < heads.head.number && known.finalized <= heads.finalized);
        is_calm && has_grown && now.duration_since(self.nonce_at) < IDLE_NONCE_INTERVAL
    }

    /// The account's nonce was asked for.
    pub fn saw_nonce(&mut self) {
        self.nonce_at = Instant::now();
    }

    /// A tick has ended that had this to do. `is_puzzled`: something on this head is not understood yet.
    pub fn ticked(&mut self, heads: &Heads, work: Work, urgency: Urgency, is_puzzled: bool) {
        let is_same = self.knows(heads);
        self.again = if is_puzzled { if is_same { self.again + 1 } else { 1 } } else { 0 };
        (self.met, self.ticked) = (Some((work, urgency.hurry)), Instant::now());
        self.head = Some(*heads);
    }

    /// The head was looked at, and is looked at again when that is worth it.
    pub fn looked(&mut self, looks: &Looks, (poll, idle): (Duration, Option<Duration>), work: Work, urgency: Urgency) {
        self.look_at = Instant::now() + wait((poll, idle), work, urgency, looks.pause(poll), looks.next_block());
    }
}

/// How long the next look at the head waits, given how long it would at the least and when the next block is likely there.
fn wait(
    (poll, idle): (Duration, Option<Duration>),
    work: Work,
    urgency: Urgency,
    least: Duration,
    next_block: Option<Duration>,
) -> Duration {
    let times = match (work.waits() || urgency.hurry, work.mined > 0 || urgency.settling, idle) {
        (true, ..) => return least,
        (false, true, _) => SETTLING,
        (false, false, Some(idle)) => return idle.max(poll),
        (false, false, None) => IDLE,
    };
    next_block.unwrap_or(poll * times).max(poll)
}

#[cfg(test)]
mod tests {
    use linkpool_primitives::{B256, BlockRef};

    use super::*;

    const POLL_INTERVAL: Duration = Duration::from_millis(500);
    const IDLE_WORK: Work = Work { due: 0, under_way: 0, mined: 0, asked: 0 };
    const SENT: Work = Work { under_way: 1, ..IDLE_WORK };
    const CALM: Urgency = Urgency { woken: false, hurry: false, settling: false };
    const WOKEN: Urgency = Urgency { woken: true, ..CALM };

    fn heads(hash: u8) -> Heads {
        Heads { head: BlockRef { number: 9, hash: B256::repeat_byte(hash), timestamp: 0 }, safe: 0, finalized: 0 }
    }

    /// After a tick that had `work` to do, with the next look in a minute.
    fn after(work: Work, is_puzzled: bool) -> Pace {
        let mut pace = Pace::new();
        pace.ticked(&heads(1), work, CALM, is_puzzled);
        pace.look_at = Instant::now() + Duration::from_secs(60);
        pace
    }

    fn due(pace: &Pace, work: Work, urgency: Urgency) -> Due {
        pace.due(work, urgency, Instant::now(), std::iter::empty())
    }

    #[test]
    fn the_first_turn_is_due_and_the_one_after_a_failure() {
        assert_eq!(due(&Pace::new(), IDLE_WORK, CALM), Due::Tick);
        let mut pace = after(IDLE_WORK, false);
        assert_eq!(due(&pace, IDLE_WORK, CALM), Due::Nothing);
        pace.forget();
        assert_eq!(due(&pace, IDLE_WORK, CALM), Due::Tick);
    }

    #[test]
    fn what_the_database_has_anew_is_due_at_once_and_a_notice_about_nothing_costs_nothing() {
        let pace = after(IDLE_WORK, false);
        assert_eq!(due(&pace, Work { due: 1, ..IDLE_WORK }, CALM), Due::Tick);
        assert_eq!(due(&pace, IDLE_WORK, Urgency { hurry: true, ..CALM }), Due::Tick);
        assert_eq!(due(&pace, IDLE_WORK, WOKEN), Due::Nothing);
        assert_eq!(due(&after(SENT, false), SENT, WOKEN), Due::Tick);
        assert_eq!(due(&after(SENT, false), SENT, CALM), Due::Nothing);
    }

    #[test]
    fn what_a_turn_has_changed_is_looked_at_by_the_next() {
        // It was sent, and mined at once.
        let mined = Work { mined: 1, ..IDLE_WORK };
        assert_eq!(due(&after(SENT, false), mined, CALM), Due::Tick);
        assert_eq!(due(&after(mined, false), mined, CALM), Due::Nothing);
    }

    #[test]
    fn a_clock_that_ran_out_since_the_last_turn_is_due_once() {
        let pace = after(SENT, false);
        let now = Instant::now() + Duration::from_secs(11);
        let with = |at: Instant| pace.due(SENT, CALM, now, std::iter::once(at));
        assert_eq!(with(now), Due::Tick);
        assert_eq!(with(now + POLL_INTERVAL), Due::Nothing);
        assert_eq!(with(pace.ticked), Due::Nothing);
    }

    #[test]
    fn a_head_that_puzzles_is_looked_at_again_and_not_for_ever() {
        let mut pace = after(SENT, true);
        let mut ticks = 0;
        while due(&pace, SENT, CALM) == Due::Tick {
            ticks += 1;
            pace.ticked(&heads(1), SENT, CALM, true);
        }
        assert_eq!(ticks, AGAIN - 1);
        pace.ticked(&heads(2), SENT, CALM, true);
        assert_eq!(due(&pace, SENT, CALM), Due::Tick);
    }

    #[test]
    fn a_chain_that_grows_while_nothing_is_under_way_is_worth_no_nonce_until_a_minute_is_over() {
        let longer = Heads { head: BlockRef { number: 10, ..heads(2).head }, ..heads(2) };
        let pace = after(IDLE_WORK, false);
        let rests = |heads, work, urgency| pace.rests(&heads, work, urgency, pace.nonce_at + Duration::from_secs(59));
        assert!(rests(longer, IDLE_WORK, CALM));
        // One that was replaced by another of its height, and one that is shorter.
        assert!(!rests(heads(2), IDLE_WORK, CALM));
        assert!(!rests(Heads { head: BlockRef { number: 8, ..longer.head }, ..longer }, IDLE_WORK, CALM));
        assert!(!rests(longer, SENT, CALM));
        assert!(!rests(longer, Work { mined: 1, ..IDLE_WORK }, CALM));
        assert!(!rests(longer, IDLE_WORK, Urgency { settling: true, ..CALM }));
        assert!(!pace.rests(&longer, IDLE_WORK, CALM, pace.nonce_at + IDLE_NONCE_INTERVAL));
        assert!(!Pace::new().rests(&longer, IDLE_WORK, CALM, Instant::now()), "nothing was looked at yet");
    }

    #[test]
    fn who_waits_looks_often_and_who_waits_for_nothing_once_a_block() {
        let mined = Work { mined: 1, ..IDLE_WORK };
        let slow = Some(Duration::from_secs(11));
        let wait = |work, next_block| wait((POLL_INTERVAL, None), work, CALM, POLL_INTERVAL, next_block).as_millis();
        assert_eq!((wait(SENT, None), wait(SENT, slow)), (500, 500));
        assert_eq!((wait(mined, None), wait(mined, slow)), (2_000, 11_000));
        assert_eq!((wait(IDLE_WORK, None), wait(IDLE_WORK, slow)), (12_000, 11_000));
    }

    #[test]
    fn who_may_rest_looks_at_no_block_meanwhile_unless_something_is_under_way() {
        let wait =
            |work| wait((POLL_INTERVAL, Some(Duration::from_secs(60))), work, CALM, POLL_INTERVAL, Some(Duration::from_secs(11)));
        let mined = Work { mined: 1, ..IDLE_WORK };
        assert_eq!([IDLE_WORK, mined, SENT].map(|work| wait(work).as_millis()), [60_000, 11_000, 500]);
    }
}
