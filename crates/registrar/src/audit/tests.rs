use linkpool_db::fleet::{PairHealth, ProofMode, Source};

use super::*;

fn node(number: u8, phase: Phase) -> FleetNode {
    FleetNode {
        id: format!("{number:012x}"),
        operation_id: Default::default(),
        created_at: Default::default(),
        generation: 1,
        replica_count: 2,
        phase,
        phase_since: Default::default(),
        is_final: true,
        health: PairHealth::Healthy,
        wallet: Some(Address::repeat_byte(number)),
        proof: None,
        registered_block: (phase == Phase::Open).then_some(5),
        attempts: 0,
        retry_at: None,
        last_error: None,
        waiting_for: None,
        source: Source::Fleet,
        listed_name: None,
        proof_mode: ProofMode::Signature,
        operator: None,
        release_number: None,
        version: None,
        public_name: None,
        ending: None,
    }
}

fn check(on_chain: &[(u8, NodeStatus)], known: &[FleetNode], expect: &[(&str, u8)]) {
    let on_chain = on_chain.iter().map(|(number, status)| (Address::repeat_byte(*number), *status)).collect();
    let block = BlockRef { number: 10, hash: B256::ZERO, timestamp: 0 };
    let found = compare(&on_chain, known, &block);
    let found: Vec<(&str, Address)> = found.iter().map(|finding| (finding.kind.as_str(), finding.wallet)).collect();
    let expect: Vec<(&str, Address)> = expect.iter().map(|(kind, number)| (*kind, Address::repeat_byte(*number))).collect();
    assert_eq!(found, expect);
}

#[test]
fn sides_that_agree_have_no_findings() {
    check(&[(1, NodeStatus::Active)], &[node(1, Phase::Open)], &[]);
    // On its way: the contract may have it or not.
    check(&[], &[node(1, Phase::Registering)], &[]);
    check(&[(1, NodeStatus::Active)], &[node(1, Phase::Registering)], &[]);
}

#[test]
fn each_difference_is_found_whichever_side_it_is_on() {
    check(&[(1, NodeStatus::Active), (2, NodeStatus::Active)], &[node(1, Phase::Open)], &[("unknown", 2)]);
    check(&[], &[node(1, Phase::Open)], &[("missing", 1)]);
    check(
        &[(1, NodeStatus::Closed), (2, NodeStatus::Retired)],
        &[node(1, Phase::Open), node(2, Phase::Open)],
        &[("closed", 1), ("retired", 2)],
    );
    check(&[(1, NodeStatus::Active)], &[node(1, Phase::Quarantined)], &[("quarantined", 1)]);
}

#[test]
fn a_retired_node_that_nobody_knows_is_history() {
    check(&[(1, NodeStatus::Retired)], &[], &[]);
}

#[test]
fn a_node_that_opened_after_the_compared_block_is_not_missing() {
    check(&[], &[FleetNode { registered_block: Some(11), ..node(1, Phase::Open) }], &[]);
}
