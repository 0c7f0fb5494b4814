//! What the seeds met.

use std::ops::AddAssign;

use super::super::rpc::Met;

/// What the seeds met.
#[derive(Debug, Default, Clone, Copy)]
pub struct Totals {
    pub blocks: u64,
    pub reorgs: u64,
    pub crashes: u64,
    pub swaps: u64,
    pub writes: u64,
    pub fenced: u64,
    pub reports: u64,
    pub short_writes: u64,
    pub hung_writes: u64,
    pub met: Met,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.reorgs += other.reorgs;
        self.crashes += other.crashes;
        self.swaps += other.swaps;
        self.writes += other.writes;
        self.fenced += other.fenced;
        self.reports += other.reports;
        self.short_writes += other.short_writes;
        self.hung_writes += other.hung_writes;
        self.met += other.met;
    }
}

impl Totals {
    /// Everything that many seeds of faults that end must meet.
    pub fn all(&self) -> [(&'static str, u64); 14] {
        [
            ("a reorg", self.reorgs),
            ("a crash", self.crashes),
            ("a swap", self.swaps),
            ("a write that was fenced off", self.fenced),
            ("an accusation", self.reports),
            ("a block written short", self.short_writes),
            ("a write that hung", self.hung_writes),
            ("a refusal in unknown words", self.met.refusals),
            ("a time-out", self.met.time_outs),
            ("a false head", self.met.false_heads),
            ("a false bloom", self.met.false_blooms),
            ("a wrong time", self.met.wrong_times),
            ("a hash of another chain", self.met.mixtures),
            ("a refusal for good", self.met.finals),
        ]
    }

    /// Where faults never end nothing is left out, so nothing is written short, and no bloom is false.
    pub fn of_faults_that_last(&self) -> Vec<(&'static str, u64)> {
        let never = ["a block written short", "a false bloom"];
        self.all().into_iter().filter(|(what, _)| !never.contains(what)).collect()
    }

    /// Where no endpoint is of any use nothing is written.
    pub fn of_no_use(&self) -> Vec<(&'static str, u64)> {
        self.all()
            .into_iter()
            .filter(|(what, _)| ["a reorg", "a refusal in unknown words", "a time-out", "a refusal for good"].contains(what))
            .collect()
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { blocks, reorgs, crashes, swaps, writes, fenced, reports, short_writes, hung_writes, met } = self;
        let Met { refusals, time_outs, false_heads, false_blooms, wrong_times, mixtures, finals } = met;
        write!(
            f,
            "{blocks} blocks, {reorgs} reorgs, {crashes} crashes, {writes} writes, {swaps} of them swaps, {fenced} fenced off, \
             {short_writes} blocks written short and mended, {reports} accusations, {refusals} refusals in unknown words, \
             {time_outs} time-outs, {false_heads} false heads, {false_blooms} answers without logs by false blooms, {wrong_times} \
             wrong times, {mixtures} hashes of another chain, {finals} refusals for good, {hung_writes} writes that hung"
        )
    }
}
