use linkpool_db::fleet::GuardNumbers;

use super::*;

const LINK: u128 = JUELS_PER_LINK;

/// A pool of ten full nodes in a network of 1,000.
fn reading() -> ScaleReading {
    ScaleReading {
        block: 100,
        last_decided_block: 99,
        is_fresh: true,
        available_juels: 0,
        stakable_nodes: 0,
        in_flight: 0,
        failed: 0,
        added_last_hour: 0,
        added_last_day: 0,
        guard: GuardNumbers {
            live_nodes: 10,
            in_flight: 0,
            reported: 1_000,
            ceiling: 25_000,
            reported_at: 1_000,
            now: 2_000,
            max_share_bps: Some(1_000),
            report_age_seconds: Some(604_800),
            default_cap_link: 100_000,
            paused_until: 0,
        },
        blocked_network: None,
        blocked_for: None,
        stopped_why: None,
        is_overridden: false,
    }
}

fn rules() -> AutoscaleRules {
    AutoscaleRules::new(ProofMode::Signature)
}

fn check(reading: &ScaleReading, kind: DecisionKind, count: u16, part: &str) {
    let decision = decide(reading, &rules());
    assert_eq!((decision.kind, decision.count), (kind, count), "{decision:?}");
    assert!(decision.why.contains(part), "{decision:?}");
}

fn guarded(live_nodes: u32, reported: u32) -> ScaleReading {
    let reading = reading();
    ScaleReading { guard: GuardNumbers { live_nodes, reported, ..reading.guard }, ..reading }
}

#[test]
fn where_a_nodes_database_could_not_be_kept_none_is_made() {
    let rules = AutoscaleRules { cannot_make: Some("set fleet.pg_dump".into()), ..rules() };
    let decision = decide(&reading(), &rules);
    assert_eq!((decision.kind, decision.why.as_str()), (DecisionKind::Hold, "no node is made: set fleet.pg_dump"));
}

#[test]
fn one_node_is_made_where_none_takes_stake_and_none_is_on_its_way() {
    check(&reading(), DecisionKind::Add, 1, "(10 registered + 0 on their way + 1 asked for)");
    check(&ScaleReading { in_flight: 1, ..reading() }, DecisionKind::Hold, 0, "1 on their way");
    check(&ScaleReading { stakable_nodes: 1, available_juels: LINK, ..reading() }, DecisionKind::Hold, 0, "enough");
}

#[test]
fn below_the_low_water_mark_as_many_are_made_as_fill_it_within_the_largest_step() {
    let with = |available: u128, in_flight: u32, max_step| {
        let rules = AutoscaleRules { low_water_juels: 250_000 * LINK, max_step, ..rules() };
        decide(&ScaleReading { available_juels: available * LINK, stakable_nodes: 1, in_flight, ..reading() }, &rules).count
    };
    assert_eq!([with(250_000, 0, 9), with(249_999, 0, 9), with(0, 0, 9), with(0, 0, 2), with(50_000, 1, 9)], [0, 1, 3, 2, 1]);
    assert_eq!(with(50_000, 2, 9), 0);
}

#[test]
fn what_is_not_known_holds() {
    let ScaleReading { guard, .. } = reading();
    let with = |guard: GuardNumbers| ScaleReading { guard, ..reading() };
    check(&ScaleReading { is_fresh: false, ..reading() }, DecisionKind::Hold, 0, "does not follow");
    check(&with(GuardNumbers { max_share_bps: None, report_age_seconds: None, ..guard.clone() }), DecisionKind::Hold, 0, "terms");
    check(&with(GuardNumbers { now: 700_000, ..guard.clone() }), DecisionKind::Hold, 0, "too long ago");
    check(&with(GuardNumbers { paused_until: 3_000, ..guard }), DecisionKind::Hold, 0, "paused");
}

#[test]
fn the_guard_blocks_at_the_contracts_own_edge_until_the_network_has_grown_and_time_has_passed() {
    check(&guarded(99, 1_000), DecisionKind::Add, 1, "1000000 <= 1000000");
    check(&guarded(100, 1_000), DecisionKind::Block, 0, "1010000 > 1000000");
    let blocked = |live_nodes, reported, minutes: u64| ScaleReading {
        blocked_network: Some(1_000),
        blocked_for: Some(Duration::from_secs(60 * minutes)),
        ..guarded(live_nodes, reported)
    };
    check(&blocked(90, 1_000, 120), DecisionKind::Hold, 0, "must have grown");
    check(&blocked(90, 900, 120), DecisionKind::Hold, 0, "must have grown");
    check(&blocked(100, 1_300, 59), DecisionKind::Hold, 0, "60 min at least");
    check(&blocked(100, 1_100, 120), DecisionKind::Hold, 0, "100 of 110 nodes are taken; it opens below 90 %");
    check(&blocked(100, 1_300, 60), DecisionKind::Add, 1, "101");
    assert!(decide(&blocked(100, 1_300, 60), &rules()).reopens);
}

#[test]
fn an_override_lifts_hysteresis_dwell_and_budgets_and_never_the_contracts_own_sum() {
    let lifted = |reading| ScaleReading { is_overridden: true, added_last_hour: 99, ..reading };
    let blocked = |reading| ScaleReading { blocked_network: Some(1_000), blocked_for: Some(Duration::ZERO), ..lifted(reading) };
    check(&lifted(reading()), DecisionKind::Add, 1, "");
    check(&blocked(guarded(99, 1_000)), DecisionKind::Add, 1, "");
    check(&blocked(guarded(100, 1_000)), DecisionKind::Block, 0, "1010000 > 1000000");
}

#[test]
fn budgets_are_over_time_and_three_failures_stop_it() {
    check(&ScaleReading { added_last_hour: 10, ..reading() }, DecisionKind::Hold, 0, "10 in this hour");
    check(&ScaleReading { added_last_hour: 1, added_last_day: 50, ..reading() }, DecisionKind::Hold, 0, "50 in this day");
    check(&ScaleReading { failed: 2, ..reading() }, DecisionKind::Add, 1, "");
    check(&ScaleReading { failed: 3, ..reading() }, DecisionKind::Stop, 0, "3 nodes did not open within 30 min");
    check(&ScaleReading { stopped_why: Some("x".into()), ..reading() }, DecisionKind::Hold, 0, "stopped: x");
}
