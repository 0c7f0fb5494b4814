use alloy::{
    primitives::{Address, B256, U256, hex},
    sol,
    sol_types::SolCall,
};
use linkpool_contracts::{decode, pool};
use linkpool_replay::{
    Behaviour,
    chain::{DEPLOY_BLOCK, POOL},
};
use serde_json::json;

use crate::fixture::{Client, replay};

async fn view<C: SolCall>(client: &Client, call: &C, block: B256) -> C::Return {
    let asked = json!([{ "to": POOL, "input": hex::encode_prefixed(call.abi_encode()) }, { "blockHash": block }]);
    let answer = client.result("eth_call", asked).await;
    C::abi_decode_returns(&hex::decode(answer.as_str().unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn views_at_a_block_agree_with_the_last_event_until_then() {
    let client = Client::of(Behaviour::default(), 0).await;
    let replay = replay();
    let mut compared = 0;
    for number in (1..replay.last()).step_by(23) {
        let block = replay.block(number).unwrap();
        let logs = client.logs(json!({ "blockHash": block.hash })).await;
        let Some(log) = logs.last() else { continue };
        // Nothing follows the block's last event, so its values are the state after the block.
        let pool::Event::Staked(staked) = decode(&log.inner.data).unwrap() else { continue };
        let (node, staker) = (staked.node, staked.staker);
        let stored = view(&client, &pool::nodeOfCall { node }, block.hash).await;
        assert_eq!((stored.assets, stored.activeShares), (staked.assets, staked.activeShares));
        assert_eq!((stored.accPerShare, stored.vestEnd), (staked.stream.accPerShare, staked.stream.vestEnd));
        let position = view(&client, &pool::positionOfCall { node, staker }, block.hash).await;
        assert_eq!((position.shares, position.debt), (staked.positionShares, staked.positionDebt));
        assert_eq!(view(&client, &pool::totalsCall {}, block.hash).await.accounted, staked.accounted);
        compared += 1;
    }
    assert!(compared > 3, "only {compared} blocks end with a stake");
}

#[tokio::test]
async fn a_key_without_a_value_is_all_zeros_as_a_mapping_is() {
    let client = Client::of(Behaviour::default(), 0).await;
    let block = replay().block(replay().last()).unwrap().hash;
    let nobody = Address::repeat_byte(9);
    assert_eq!(view(&client, &pool::nodeOfCall { node: nobody }, block).await.status, 0);
    assert_eq!(view(&client, &pool::positionOfCall { node: nobody, staker: nobody }, block).await.debt, 0);
    assert_eq!(
        view(&client, &pool::ticketOfCall { node: nobody, staker: nobody, ticket: 3 }, block).await.readyAt.to::<u64>(),
        0
    );
    let count = view(&client, &pool::nodeCountCall {}, block).await;
    let entry = view(&client, &pool::nodeAtCall { index: count - U256::from(1) }, block).await;
    assert!(view(&client, &pool::nodeOfCall { node: entry.wallet }, block).await.capLink > 0);
}

sol! {
    function aggregate3((address, bool, bytes)[] calls) external payable returns ((bool, bytes)[] returnData);
}

/// Asks for the pool's terms at a block, directly and through Multicall3; the answers of both.
async fn terms_of(client: &Client, to: Address, number: u64) -> (String, (bool, String)) {
    const MULTICALL: &str = "0xca11bde05977b3631167028862be2a173976ca11";
    let block = json!({ "blockHash": replay().block(number).unwrap().hash });
    let call = pool::termsCall {}.abi_encode();
    let direct = client.result("eth_call", json!([{ "to": to, "input": hex::encode_prefixed(&call) }, block])).await;
    let many = aggregate3Call { calls: vec![(to, false, call.into())] }.abi_encode();
    let answer = client.result("eth_call", json!([{ "to": MULTICALL, "input": hex::encode_prefixed(many) }, block])).await;
    let answer = hex::decode(answer.as_str().unwrap()).unwrap();
    let (success, data) = aggregate3Call::abi_decode_returns(&answer).unwrap().remove(0);
    (direct.as_str().unwrap().to_owned(), (success, hex::encode_prefixed(data)))
}

#[tokio::test]
async fn an_address_without_code_answers_nothing_and_so_does_the_pool_before_it_is_deployed() {
    let client = Client::of(Behaviour::default(), 0).await;
    let nothing = || ("0x".to_owned(), (true, "0x".to_owned()));
    assert_eq!(terms_of(&client, POOL, DEPLOY_BLOCK - 1).await, nothing());
    assert_eq!(terms_of(&client, Address::repeat_byte(9), replay().last()).await, nothing());
    let (direct, inner) = terms_of(&client, POOL, DEPLOY_BLOCK).await;
    assert_eq!(inner, (true, direct.clone()));
    assert!(direct.len() > 2, "the deployed pool has terms");
}
