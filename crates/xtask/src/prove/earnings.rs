//! Earnings at full count: random kills while nodes earn, in pieces of forty on a pool of their own. A run that was ended goes on with the piece that was
//! not done.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{
    campaign::{self, Rows},
    ledger::Ledger,
    proof::Asked,
    report,
};
use crate::{dev, shell, test::package};

const PART: &str = "kills";
/// What the proof is about: it starts again where any of this changes.
const SOURCES: &[&str] =
    &["crates/earnings", "crates/tx-manager", "crates/db/src/tx", "abi/NodeEarnings.json", "abi/StakingPool.json"];
const TEST: &str = "earnings_campaign::whoever_is_killed_what_nodes_earn_is_passed_on_once_and_adds_up_at_every_verified_block";
const NODES: u64 = 20;
const REQUESTS: u64 = 10_000;
const KILLS: u64 = 200;
const PIECE: u64 = 40;
const SEED: u64 = 20_261_130;
/// Of what may be at most so much, the largest counts.
const ROWS: Rows = Rows { is_largest: |name| name.ends_with("_juels"), note };

pub fn parts() -> Vec<&'static str> {
    vec![PART]
}

/// `cargo xtask prove earnings [--kills N] [--seed N] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let goal = asked.number("--kills")?.unwrap_or(KILLS);
    let seed = asked.number("--seed")?.unwrap_or(SEED);
    let mut ledger = Ledger::open("earnings", [(PART, SOURCES)], asked.fresh)?;
    ledger.carry_out(PART, |done| kills(done, (goal, seed)), tell)?;
    println!("{} kills: docs/proofs/earnings.md", campaign::number(ledger.done(PART), "kills"));
    Ok(())
}

/// One more piece: `[{ "name", "value" }]`, with the sum or the largest of what all pieces have said.
fn kills(done: &Value, (goal, seed): (u64, u64)) -> Result<Option<Value>> {
    let so_far = campaign::number(done, "kills");
    if so_far >= goal {
        return Ok(None);
    }
    let (piece, seed) = (PIECE.min(goal - so_far), seed + campaign::number(done, "pieces"));
    let requests = (REQUESTS * piece).div_ceil(KILLS);
    println!("{piece} kills while {NODES} nodes answer {requests} requests; seed {seed}");
    let executable = dev::build()?;
    let program = package::program(&["linkpool-cli"], "it-", &[])?;
    let mut command = shell::command(&program.path);
    command.current_dir(&program.folder).args(["--exact", TEST, "--nocapture"]).env("LINKPOOL_BIN", &executable);
    command.env("LINKPOOL_EARNINGS_NODES", NODES.to_string()).env("LINKPOOL_EARNINGS_REQUESTS", requests.to_string());
    command.env("LINKPOOL_EARNINGS_KILLS", piece.to_string()).env("LINKPOOL_SEED", seed.to_string());
    let (count, said) = campaign::piece(&mut command)?;
    let again = format!(
        "LINKPOOL_SEED={seed} LINKPOOL_EARNINGS_NODES={NODES} LINKPOOL_EARNINGS_REQUESTS={requests} LINKPOOL_EARNINGS_KILLS={piece}"
    );
    ensure!(count.passed == 1 && count.failed == 0, "{TEST} failed: run it again with {again}");
    Ok(Some(ROWS.together(done, &said, seed)))
}

fn note(name: &str) -> &'static str {
    match name {
        "kills" => "kill -9 of a process, and another started in its stead",
        "kills_earnings" => "two of them run at once, of which one works",
        "requests" => "paid for in blocks that no reorg took",
        "refunded" => "never answered; the consumer took its payment back",
        "verified_blocks" => "the index equalled the contract, and all LINK was somewhere",
        "paid_link" => "LINK of requests, less what was taken back",
        "plain_link" => "LINK that somebody sent to the nodes' own contracts",
        "claimed_link" => "LINK that the stakers had in the end",
        "sink_link" => "LINK that came after a node's retirement, or had not vested at it and nobody was left",
        "waiting_link" => {
            "LINK, less than the least amount at each place; more where a node retired before its Operator was taken over"
        }
        "dust_max_juels" => "the most that nobody can claim, in the piece that had most",
        "dust_bound_juels" => "what it may be by then",
        "passes" => "transactions that passed something on",
        "passes_in_vain" => "transactions that moved nothing: aim 0",
        "passes_overtaken" => "… but for those of the node that has retired, where a stranger passes on as well and may be first",
        "reverted" => "aim: 0",
        "top_ups" => "times that the registrar filled up a wallet",
        _ => "",
    }
}

fn tell(ledger: &Ledger) -> Result<()> {
    let mut table =
        format!("Trees of {}: {}.\n\n| row | measured | |\n| --- | --: | --- |\n", SOURCES.join(", "), ledger.sources(PART));
    for row in ledger.done(PART).as_array().into_iter().flatten() {
        let [name, note] = ["name", "note"].map(|key| row[key].as_str().unwrap_or_default());
        let statistic = row["value"].as_f64().unwrap_or_default();
        let statistic = if statistic.fract() == 0.0 { format!("{statistic}") } else { format!("{statistic:.3}") };
        table += &format!("| {name} | {statistic} | {note} |\n");
    }
    report::write("earnings", None, &table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_dust_the_most_counts_and_a_goal_that_is_reached_is_done() {
        let said = |kills: f64, dust: f64| vec![("kills".to_owned(), kills), ("dust_max_juels".to_owned(), dust)];
        let both = ROWS.together(&ROWS.together(&Value::Null, &said(40.0, 7.0), 1), &said(41.0, 3.0), 2);
        assert_eq!((campaign::number(&both, "kills"), campaign::number(&both, "dust_max_juels")), (81, 7));
        assert_eq!(kills(&both, (80, 1)).unwrap(), None, "it is done");
    }
}
