//! `linkpool penalty list`

use anyhow::Result;
use linkpool_primitives::{Juels, checksum, rfc3339};
use serde_json::{Value, json};

use super::pending::{self, Pending, Window};
use crate::{commands::connect, config::Config, duration::describe_duration, flags::Json, output::answer};

pub async fn run(config: &Config, options: &Json) -> Result<()> {
    let chain = connect::chain(config).await?;
    let pool = connect::pool_on(config, Some(&chain)).await?;
    let (block, mut pending) = pending::read(&chain, pool).await?;
    if config.has_database() {
        pending::explain(&connect::database(config).await?, &mut pending).await?;
    }
    if options.json {
        let shown: Vec<Value> = pending.iter().map(|pending| value(pending, block.timestamp)).collect();
        answer!("{}", json!({ "block_number": block.number, "block_hash": block.hash, "penalties": shown }));
        return Ok(());
    }
    if pending.is_empty() {
        answer!("no penalty is pending at block {}", block.number);
    }
    for pending in &pending {
        print(pending, block.timestamp);
    }
    Ok(())
}

fn value(pending: &Pending, now: u64) -> Value {
    let window = match pending.window(now) {
        Window::Veto => "veto",
        Window::Execution => "execution",
    };
    json!({
        "node": checksum(&pending.node), "bps": pending.bps, "window": window,
        "requested_at": pending.requested_at, "executable_at": pending.executable_at, "lapses_at": pending.lapses_at,
        "amount_juels": pending.amount_juels.to_string(), "evidence": pending.evidence, "fault_at": pending.fault_at,
    })
}

fn print(pending: &Pending, now: u64) {
    let time = |seconds: u64| rfc3339(seconds).unwrap_or_else(|| seconds.to_string());
    let amount = Juels(pending.amount_juels).to_link();
    answer!("{}  {} of its stake, {amount} LINK now", checksum(&pending.node), percent(pending.bps));
    answer!("  requested  {}", time(pending.requested_at));
    if let (Some(evidence), Some(fault_at)) = (pending.evidence, pending.fault_at) {
        answer!("  fault      {}, evidence {evidence}", time(fault_at));
    }
    let left = match pending.window(now) {
        Window::Veto => format!("can be vetoed now, and executed in {}", describe_duration(pending.executable_at - now)),
        Window::Execution => format!("can be executed, or vetoed, for {}", describe_duration(pending.lapses_at - now)),
    };
    answer!("  execution  from {} to {}: {left}", time(pending.executable_at), time(pending.lapses_at));
}

/// Basis points as people say them: 250 are 2.5 %.
fn percent(bps: u16) -> String {
    let (whole, fraction) = (bps / 100, bps % 100);
    if fraction == 0 { format!("{whole} %") } else { format!("{whole}.{} %", format!("{fraction:02}").trim_end_matches('0')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basis_points_are_shown_without_a_float() {
        assert_eq!(
            [percent(1), percent(10), percent(100), percent(250), percent(1_000)],
            ["0.01 %", "0.1 %", "1 %", "2.5 %", "10 %"]
        );
    }
}
