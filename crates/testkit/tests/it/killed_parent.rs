use linkpool_testkit::{Anvil, Postgres, SavedState, Tools};
use serde_json::json;

use crate::child::{Parent, chain_options, database_options, is_alive, until};

#[tokio::test]
async fn kill_minus_nine_leaves_no_process_and_no_damage() {
    let tools = Tools::find().unwrap();
    let data = tempfile::tempdir().unwrap();
    for round in 1..=3_usize {
        let mut parent = Parent::start(&Parent::this_program(), data.path(), &tools, |_| {});
        let (anvil, postgres) = (parent.pid_of("anvil"), parent.pid_of("postgres"));
        parent.kill();

        // At once, while the children are still writing: the start has to wait for them.
        let chain = Anvil::start(&tools, &chain_options(data.path())).await.unwrap();
        assert!(!is_alive(anvil), "the old chain still writes");
        let database = Postgres::start(&tools, &database_options(data.path())).await.unwrap();
        assert!(!is_alive(postgres), "the old server still writes");

        assert_eq!(chain.saved_state(), SavedState::Complete);
        assert_eq!(chain.request("eth_blockNumber", json!([])).await.unwrap(), parent.parts["height"]);
        assert_eq!(database.run("postgres", "select count(*) from kept").unwrap(), [round.to_string()]);
        chain.stop().await;
        database.stop().await;
    }
}

#[tokio::test]
async fn a_killed_server_opens_again_although_its_pid_file_stays() {
    let tools = Tools::find().unwrap();
    let data = tempfile::tempdir().unwrap();
    let server = Postgres::start(&tools, &database_options(data.path())).await.unwrap();
    server.run("postgres", "create table kept (n int); insert into kept values (1)").unwrap();
    server.process().signal(rustix::process::Signal::KILL);
    server.process().wait().await;
    drop(server);
    // A number that lives, as a reused one would: without the lock Postgres would refuse to start.
    let stale = data.path().join("database/cluster/postmaster.pid");
    assert!(stale.exists());
    let text = std::fs::read_to_string(&stale).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    std::fs::write(&stale, format!("{}\n{rest}", std::process::id())).unwrap();

    let server = Postgres::start(&tools, &database_options(data.path())).await.unwrap();
    assert_eq!(server.run("postgres", "select n from kept").unwrap(), ["1"]);
}

#[tokio::test]
async fn parts_end_when_the_thread_that_asked_for_them_is_gone_only_if_the_process_is() {
    let tools = Tools::find().unwrap();
    let data = tempfile::tempdir().unwrap();
    let options = chain_options(data.path());
    // The parent-death signal follows the spawning thread; ours must be one that stays.
    let chain = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Anvil::start(&tools, &options)).unwrap()
    });
    let chain = chain.join().unwrap();
    chain.request("anvil_mine", json!(["0x1"])).await.unwrap();
    assert!(is_alive(chain.process().pid()));
    let pid = chain.process().pid();
    drop(chain);
    until("a dropped chain ends", || !is_alive(pid));
}
