//! Which of the nameless faults were met.

use std::ops::AddAssign;

#[derive(Debug, Default, Clone, Copy)]
pub struct Met {
    pub refusals: u64,
    pub time_outs: u64,
    pub false_heads: u64,
    pub false_blooms: u64,
    pub wrong_times: u64,
    pub mixtures: u64,
    /// Refusals for good: of another chain, or of a method.
    pub finals: u64,
}

impl AddAssign for Met {
    fn add_assign(&mut self, other: Self) {
        self.refusals += other.refusals;
        self.time_outs += other.time_outs;
        self.false_heads += other.false_heads;
        self.false_blooms += other.false_blooms;
        self.wrong_times += other.wrong_times;
        self.mixtures += other.mixtures;
        self.finals += other.finals;
    }
}
