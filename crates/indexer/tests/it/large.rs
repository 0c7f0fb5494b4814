//! Large answers must not hold up the threads on which leases are renewed and calls are served.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{ThreadId, current},
};

use linkpool_chain::{Chain, Endpoint};
use linkpool_primitives::Address;
use linkpool_testkit::{Anvil, AnvilOptions, Fault, Proxy, Tools};
use serde_json::json;

/// The threads on which another task goes on while the code of an account is asked for, on a runtime with one of its own.
async fn threads_beside_an_answer_of(bytes: usize) -> usize {
    let anvil = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
    let proxy = Proxy::start(anvil.port()).await.unwrap();
    let chain = Chain::connect(&Endpoint::new(proxy.http_url()).unwrap().patient(), None).await.unwrap();
    proxy.set(Fault::Answer(json!(format!("0x{}", "00".repeat(bytes)))).on("eth_getCode"));
    let (threads, is_over) = (Arc::new(Mutex::new(HashSet::<ThreadId>::new())), Arc::new(AtomicBool::new(false)));
    let (seen, over) = (threads.clone(), is_over.clone());
    let beside = tokio::spawn(async move {
        while !over.load(Ordering::Relaxed) {
            seen.lock().unwrap().insert(current().id());
            tokio::task::yield_now().await;
        }
    });
    // On the runtime's own thread, as every task of a role.
    let asked = tokio::spawn(async move { chain.code(Address::repeat_byte(7)).await });
    assert_eq!(asked.await.unwrap().unwrap().len(), bytes);
    is_over.store(true, Ordering::Relaxed);
    beside.await.unwrap();
    threads.lock().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_large_answer_is_parsed_beside_the_runtime_and_a_small_one_on_it() {
    assert_eq!(threads_beside_an_answer_of(1_000).await, 1);
    // The runtime gives its place to another thread for as long as the parsing takes.
    assert!(threads_beside_an_answer_of(400_000).await > 1, "whoever renews a lease waits for the parser");
}
