use std::{collections::BTreeSet, path::Path};

use linkpool_testkit::{Anvil, AnvilOptions, SavedState, Tools};
use rustix::process::Signal;
use serde_json::json;

/// More than anvil keeps in memory.
const MANY_BLOCKS: &str = "0x258";

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

/// The names of what lies in the folder's folders.
fn files(folder: &Path) -> BTreeSet<String> {
    let within = |folder: &Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let files = within(folder).into_iter().flat_map(|folder| within(&folder));
    files.map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn the_states_of_old_blocks_lie_in_the_chains_own_folder_and_go_with_it_or_when_the_next_begins() {
    let tools = Tools::find().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = AnvilOptions { data_dir: Some(folder.path().to_owned()), ..Default::default() };
    let old_states = folder.path().join("old-states");
    let chain = Anvil::start(&tools, &options).await.unwrap();
    chain.request("anvil_mine", json!([MANY_BLOCKS])).await.unwrap();
    let left = files(&old_states);
    let block = chain.request("eth_getBlockByNumber", json!(["0x1", false])).await.unwrap();
    let hash = block["hash"].as_str().unwrap().trim_start_matches("0x");
    assert!(left.iter().any(|file| file.contains(hash)), "block 1 is {hash}, and there are {left:?}");
    chain.process().signal(Signal::KILL);
    chain.process().wait().await;
    drop(chain);
    assert_eq!(files(&old_states), left, "anvil tidies up when it is killed: nobody else need do so");

    let chain = Anvil::start(&tools, &options).await.unwrap();
    assert_eq!(files(&old_states), BTreeSet::new());
    chain.request("anvil_mine", json!([MANY_BLOCKS])).await.unwrap();
    assert!(!files(&old_states).is_empty());
    chain.stop().await;
    assert!(!old_states.exists());
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
