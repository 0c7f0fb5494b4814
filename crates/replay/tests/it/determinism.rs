use std::collections::HashSet;

use linkpool_contracts::decode;
use linkpool_primitives::EventKind;
use linkpool_replay::{Replay, Workload, generate};

use crate::fixture::replay;

#[test]
fn the_same_workload_is_the_same_chain_byte_for_byte() {
    let workload = Workload::small(2_000);
    let (one, two) = (generate(&workload), generate(&workload));
    assert_eq!(one.blocks.len(), two.blocks.len());
    for number in 0..one.blocks.len() as u64 {
        let logs = |replay: &Replay| replay.block(number).unwrap().logs.clone();
        assert_eq!((one.json(number), logs(&one)), (two.json(number), logs(&two)));
    }
    let other = generate(&Workload { seed: 1, ..workload });
    assert_ne!(one.blocks.last().map(|block| block.hash), other.blocks.last().map(|block| block.hash));
}

#[test]
fn every_log_decodes_and_every_action_of_a_holder_happens() {
    let replay = replay();
    let mut names = HashSet::new();
    for block in &replay.blocks {
        let text = [b"[".as_slice(), &block.logs, b"]"].concat();
        let logs: Vec<alloy::rpc::types::Log> = serde_json::from_slice(&text).unwrap();
        assert_eq!(logs.len(), block.events as usize);
        for (index, log) in logs.iter().enumerate() {
            let event = decode(&log.inner.data).unwrap();
            assert_eq!((log.log_index, log.block_hash), (Some(index as u64), Some(block.hash)));
            names.insert(std::mem::discriminant(&event));
        }
    }
    use EventKind::*;
    let happened = |kind: EventKind| replay.mix.iter().any(|(happened, count)| *happened == kind && *count > 0);
    let holders = [Staked, Unbonded, UnbondCancelled, Withdrawn, Restaked, RewardDeposited, RewardClaimed];
    let keepers = [PoolCreated, NodeRegistered, FeesPaid, NetworkReported, NodeClosed, PenaltyRequested];
    for kind in holders.into_iter().chain(keepers) {
        assert!(happened(kind), "{kind} is not among {:?}", replay.mix);
    }
    assert_eq!(names.len(), replay.mix.len());
}
