//! Several contracts asked for together: in one question, or in as many as the endpoint wants, and a promise of each is held to.

use alloy::primitives::address;
use linkpool_chain::{Addresses, Log, Policy};
use linkpool_primitives::Address;
use linkpool_testkit::{Fault, When};
use serde_json::json;

use crate::fixture::{EMITTER, EMITTER_CODE, Fixture, status};

const OTHER: Address = address!("00000000000000000000000000000000000000e2");

/// After the blocks of the fixture, one in which the other contract's log comes before the first's.
async fn both(endpoints: usize) -> Fixture {
    let fixture = Fixture::with(endpoints).await;
    fixture.anvil.request("anvil_setCode", json!([OTHER, EMITTER_CODE])).await.unwrap();
    let from = fixture.anvil.request("eth_accounts", json!([])).await.unwrap()[0].clone();
    for to in [OTHER, EMITTER] {
        let transaction = json!([{ "from": from, "to": to, "gas": "0x10000" }]);
        fixture.anvil.request("eth_sendTransaction", transaction).await.unwrap();
    }
    fixture.mine(1).await;
    fixture
}

fn addresses() -> Addresses {
    Addresses::new(EMITTER, [OTHER])
}

fn whose(logs: &[Log]) -> Vec<Address> {
    logs.iter().map(|log| log.address).collect()
}

#[tokio::test]
async fn logs_of_several_contracts_come_in_the_order_of_the_chain_however_they_are_asked_for() {
    let fixture = both(1).await;
    let chain = fixture.chain().await;
    let all = [[EMITTER; 6].as_slice(), &[OTHER, EMITTER]].concat();
    let asked = || fixture.proxies[0].calls("eth_getLogs");
    assert_eq!(whose(&chain.final_logs(addresses(), 1, 11).await.unwrap().logs), all);
    assert_eq!(asked(), 1, "one question for both");
    assert_eq!(whose(&chain.final_logs(OTHER, 1, 11).await.unwrap().logs), [OTHER]);
    // Geth's words for a list that is too long.
    let refused = Fault::Error { code: -32602, message: "exceed max addresses or topics per search position".into(), data: None };
    fixture.proxies[0].set(refused.on("eth_getLogs").when(When::First(1)));
    let before = asked();
    assert_eq!(whose(&chain.final_logs(addresses(), 1, 11).await.unwrap().logs), all);
    assert_eq!(asked() - before, 3, "refused, and one question for each");
    let before = asked();
    assert_eq!(whose(&chain.blocks_ignoring_bloom(addresses(), 11, 11).await.unwrap().logs), [OTHER, EMITTER]);
    assert_eq!(whose(&chain.blocks(addresses(), 4, 11).await.unwrap().logs), all);
    assert_eq!(asked() - before, 12, "two by hash and two by range; and two for each of the four blocks whose blooms say so");
}

#[tokio::test]
async fn a_log_of_the_second_contract_that_its_bloom_promises_is_missed_though_the_block_has_one_of_the_first() {
    let fixture = both(2).await;
    let chain = fixture.chain_with(Policy::default()).await;
    // The first log of a block's answer is the other contract's.
    fixture.proxies[0].set(Fault::LosesLogs { one_in: 1_000 }.on("eth_getLogs"));
    let blocks = chain.blocks(addresses(), 11, 11).await.unwrap();
    assert_eq!((whose(&blocks.logs), &*blocks.endpoint), (vec![OTHER, EMITTER], "beta"));
    assert_eq!(status(&chain, "alpha").contradictions, 1);
    // Whoever asks for the first alone misses nothing.
    fixture.proxies[0].clear();
    let chain = fixture.chain().await;
    assert_eq!(whose(&chain.blocks(EMITTER, 11, 11).await.unwrap().logs), [EMITTER]);
}
