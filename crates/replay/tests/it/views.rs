use alloy::{
    primitives::{Address, B256, U256, hex},
    sol_types::SolCall,
};
use linkpool_contracts::{decode, pool};
use linkpool_replay::{Behaviour, chain::POOL};
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
