//! Nothing is sent twice: what the role's account has mined, against what it was handed in to send.

use alloy::{
    primitives::{Address, B256, U256, hex},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use linkpool_contracts::{
    earnings::{collectCall, takeCall},
    earnings_factory::{createCall, pushCall},
    link::balanceOfCall,
    operator::withdrawableCall,
};
use linkpool_primitives::JUELS_PER_LINK;
use serde_json::{Value, json};

use super::{row, world::World};

/// Whether everything that was handed in is final, and less than the least amount waits at each place of the nodes that have not retired.
pub async fn is_settled(world: &World) -> bool {
    let open = "select count(*) from transaction_request i join nonce_reservation n using (transaction_request_id) where n.state <> 'final'";
    let queued = "select count(*) from transaction_request where state in ('queued', 'assigned')";
    let none = |statement: &str| world.sql(statement) == ["0"];
    if !none(open) || !none(queued) {
        return false;
    }
    let chain = &world.fixture.chain;
    for node in world.nodes.iter().skip(1) {
        let plain = chain.call(world.contracts.link, &balanceOfCall { _owner: node.contract }).await.unwrap();
        let held = chain.call(node.operator, &withdrawableCall {}).await.unwrap();
        if plain.max(held) >= U256::from(JUELS_PER_LINK) {
            return false;
        }
    }
    true
}

/// What one transaction of the account came to.
struct Sent {
    nonce: u64,
    selector: [u8; 4],
    /// The node's wallet or its own contract, whichever the call names.
    of: Address,
    succeeded: bool,
    /// Juels that it has moved.
    moved: u128,
}

async fn sent(world: &World) -> Vec<Sent> {
    let (chain, account) = (&world.fixture.chain, world.account);
    let head = chain.heads().await.unwrap().head.number;
    let mut sent = Vec::new();
    for number in 0..=head {
        let block = chain.forward("eth_getBlockByNumber".into(), json!([format!("{number:#x}"), true])).await.unwrap();
        let of_account = |transaction: &&Value| {
            let from = transaction["from"].as_str().and_then(|text| text.parse::<Address>().ok());
            from == Some(account)
        };
        for transaction in block["transactions"].as_array().unwrap().iter().filter(of_account) {
            let receipt = chain.forward("eth_getTransactionReceipt".into(), json!([transaction["hash"]])).await.unwrap();
            let receipt: TransactionReceipt = serde_json::from_value(receipt).unwrap();
            let moved = |log: &alloy::rpc::types::Log| {
                let is_links = log.address() == world.contracts.link && log.topic0() == Some(&transfer());
                is_links.then(|| U256::from_be_slice(&log.data().data[..32]).to::<u128>())
            };
            let input = hex::decode(transaction["input"].as_str().unwrap()).unwrap();
            sent.push(Sent {
                nonce: serde_json::from_value::<U256>(transaction["nonce"].clone()).unwrap().to(),
                selector: input[..4].try_into().unwrap(),
                // Of the factory's calls it is what they are given.
                of: match input[..4] == pushCall::SELECTOR {
                    true => Address::from_slice(&input[16..36]),
                    false => receipt.to.unwrap_or_default(),
                },
                succeeded: receipt.status(),
                moved: receipt.logs().iter().filter_map(moved).sum(),
            });
        }
    }
    sent
}

/// ERC-20's; the token logs another one with data beside it.
fn transfer() -> B256 {
    alloy::primitives::keccak256("Transfer(address,address,uint256)")
}

pub async fn check(world: &World) {
    let sent = sent(world).await;
    let of = |selectors: &[[u8; 4]]| sent.iter().filter(|it| selectors.contains(&it.selector)).collect::<Vec<_>>();
    let passes = of(&[pushCall::SELECTOR, collectCall::SELECTOR]);
    // Where a node has retired a stranger passes on as well, and may come before one that was signed when it had not.
    let retired = [world.nodes[0].wallet, world.nodes[0].contract];
    let moved_nothing = passes.iter().copied().filter(|it| it.moved == 0);
    let (overtaken, in_vain): (Vec<&Sent>, Vec<&Sent>) = moved_nothing.partition(|it| retired.contains(&it.of));
    let in_vain = in_vain.len();
    let reverted = sent.iter().filter(|it| !it.succeeded).count();
    row("creations", of(&[createCall::SELECTOR]).len());
    let takes = of(&[takeCall::SELECTOR]).len();
    row("takes", takes);
    row("passes", passes.len());
    row("passes_in_vain", in_vain);
    row("passes_overtaken", overtaken.len());
    row("reverted", reverted);
    let account = hex::encode(world.account);
    let handed_in = |state: &str| {
        let statement = format!("select count(*) from transaction_request where signer = '\\x{account}' and state {state}");
        world.sql(&statement).concat().parse::<usize>().unwrap()
    };
    let done = handed_in("= 'done'");
    assert_eq!(sent.len() - reverted, done, "something was sent twice, or not at all");
    assert_eq!(handed_in("in ('queued', 'assigned', 'cancelled')"), 0);
    assert!(sent.iter().zip(0..).all(|(it, nonce)| it.nonce == nonce), "a nonce was left out");
    let topped_up = world.sql("select count(*) from transaction_request where kind = 'top_up' and state = 'done'").concat();
    row("top_ups", topped_up);
    assert!(takes <= world.nodes.len(), "an Operator was taken over twice");
    assert_eq!((in_vain, reverted), (0, 0), "gas was spent on nothing");
}
