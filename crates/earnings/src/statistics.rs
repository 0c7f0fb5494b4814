//! What the role shows of itself: how much waits, and how many places somebody has to look at.

use std::collections::HashSet;

use linkpool_db::earnings::SourceKind;
use metrics::{counter, gauge};

use crate::{
    Plan, Price, Rules,
    source::{Step, Wrong},
};

/// There before the first: an alert on a series that is not there never fires.
pub(crate) fn begin() {
    for step in [Step::Create, Step::Take, Step::Pass, Step::Make] {
        counter!("linkpool_earnings_transactions_total", "step" => step.word()).increment(0);
    }
    for gauge in ["linkpool_earnings_overdue", "linkpool_earnings_silent_nodes", "linkpool_earnings_unowned_sources"] {
        gauge!(gauge).set(0.0);
    }
    gauge!("linkpool_earnings_second_senders").set(0.0);
    gauge!("linkpool_earnings_price_missing").set(0.0);
}

pub(crate) fn handed_in(step: Step) {
    counter!("linkpool_earnings_transactions_total", "step" => step.word()).increment(1);
}

/// After each look.
pub(crate) fn show(plan: &Plan, rules: &Rules) {
    let now = plan.block.timestamp;
    for kind in SourceKind::ALL {
        let waiting: u128 =
            plan.sightings.iter().filter(|sighting| sighting.kind == *kind).map(|sighting| sighting.waiting).sum();
        gauge!("linkpool_earnings_waiting_juels", "kind" => kind.as_str()).set(waiting as f64);
    }
    let older = |since: Option<u64>, seconds: u64| since.is_some_and(|since| now.saturating_sub(since) >= seconds);
    let overdue = plan.rows.iter().filter(|row| older(row.waiting_since, rules.overdue_after.as_secs())).count();
    let silent: HashSet<_> =
        plan.rows.iter().filter(|row| older(row.silent_since, rules.silent_after.as_secs())).map(|row| row.wallet).collect();
    let wrong = |what: Wrong| {
        plan.sightings.iter().filter(|sighting| sighting.trouble.as_ref().is_some_and(|it| it.what == what)).count()
    };
    gauge!("linkpool_earnings_overdue").set(overdue as f64);
    gauge!("linkpool_earnings_silent_nodes").set(silent.len() as f64);
    gauge!("linkpool_earnings_unowned_sources").set(wrong(Wrong::NotTheNodes) as f64);
    gauge!("linkpool_earnings_second_senders").set(wrong(Wrong::SecondSender) as f64);
    gauge!("linkpool_earnings_price_missing").set(f64::from(u8::from(matches!(plan.price, Price::Unknown(_)))));
}
