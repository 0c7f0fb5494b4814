use linkpool_testkit::{Anvil, AnvilOptions, SavedState, Tools};
use serde_json::json;

async fn block_number(chain: &Anvil) -> String {
    chain.request("eth_blockNumber", json!([])).await.unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn two_chains_run_side_by_side_on_ports_of_their_own() {
    let tools = Tools::find().unwrap();
    let options = AnvilOptions::default();
    let (first, second) = tokio::try_join!(Anvil::start(&tools, &options), Anvil::start(&tools, &options)).unwrap();
    assert_ne!(first.port(), second.port());
    first.request("anvil_mine", json!(["0x3"])).await.unwrap();
    assert_eq!(block_number(&first).await, "0x3");
    assert_eq!(block_number(&second).await, "0x0");
}

#[tokio::test]
async fn a_chain_continues_where_it_was_stopped() {
    let tools = Tools::find().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = AnvilOptions { data_dir: Some(folder.path().join("chain")), chain_id: 4242, ..Default::default() };
    let block = async |chain: &Anvil| chain.request("eth_getBlockByNumber", json!(["0x2", false])).await.unwrap()["hash"].clone();

    let chain = Anvil::start(&tools, &options).await.unwrap();
    assert_eq!(chain.saved_state(), SavedState::None);
    chain.request("anvil_mine", json!(["0x5"])).await.unwrap();
    let hash = block(&chain).await;
    chain.stop().await;

    let chain = Anvil::start(&tools, &options).await.unwrap();
    assert_eq!(chain.saved_state(), SavedState::Complete);
    assert_eq!(block_number(&chain).await, "0x5");
    assert_eq!(block(&chain).await, hash);
}

#[tokio::test]
async fn data_in_use_are_refused_with_the_process_that_uses_them() {
    let tools = Tools::find().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = AnvilOptions { data_dir: Some(folder.path().to_owned()), ..Default::default() };
    let _chain = Anvil::start(&tools, &options).await.unwrap();
    let refused = Anvil::start(&tools, &options).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("in use by process {}", std::process::id())), "{refused}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = AnvilOptions { port, ..Default::default() };
    let refused = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap_err().to_string();
    assert_eq!(refused, format!("port {port} is in use: choose another one, or 0 for a free one"));
}

#[tokio::test]
async fn a_chain_that_is_thrown_away_leaves_no_process() {
    let chain = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
    let pid = chain.process().pid();
    drop(chain);
    assert!(!crate::child::is_alive(pid));
}
