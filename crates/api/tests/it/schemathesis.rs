//! schemathesis, which makes requests from the committed document and looks for answers that it does not describe.

use std::process::Stdio;

use linkpool_api::{ApiConfig, Limits};
use linkpool_db::cursor::Tags;

use crate::{
    chain_fixture::{ChainFixture, link, node, staker},
    fixture::Fixture,
};

/// An indexer that looks at the chain and finds nothing new, for without one the API is right to say that it stands still.
async fn keep_indexing(chain: &ChainFixture) -> std::convert::Infallible {
    let tags = Tags { head: chain.at.number, safe: chain.finalized, finalized: chain.finalized };
    let mut looks = tokio::time::interval(std::time::Duration::from_secs(6));
    loop {
        looks.tick().await;
        chain.database.set_tags(None, tags).await.unwrap();
    }
}

/// `cargo xtask prove api` installs the program and names it in `LINKPOOL_SCHEMATHESIS`.
#[tokio::test]
#[ignore = "needs schemathesis: run `cargo xtask prove api`"]
async fn schemathesis_finds_no_answer_that_the_document_does_not_describe() {
    let program = std::env::var("LINKPOOL_SCHEMATHESIS").expect("LINKPOOL_SCHEMATHESIS names the program");
    let limits = Limits { requests_per_second: 1_000_000, burst: 1_000_000, ..Limits::default() };
    let mut fixture = Fixture::with(ApiConfig { limits, ..ApiConfig::default() }).await;
    fixture.chain.finalized = 12;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    fixture.chain.stake(node(1), staker(1), link(60_000)).reward(node(1), link(100)).mine(90_000).await;
    fixture.chain.unbond(node(1), staker(1), 0, link(20_000)).penalise(node(1), 1_000).mine(90_000).await;
    let folder = tempfile::tempdir().unwrap();
    let hooks = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/api/hooks.py");
    let mut command = tokio::process::Command::new(program);
    command
        .arg("run")
        .arg(format!("{}/api/v1/openapi.json", fixture.base))
        .args(["--url", &fixture.base, "--checks", "all", "--seed", "1", "--request-timeout", "10", "--no-color"])
        // It has no end, and schemathesis reads to the end.
        .args(["--exclude-path", "/api/v1/stream"])
        .args(["--max-examples", &std::env::var("LINKPOOL_SCHEMATHESIS_EXAMPLES").unwrap_or("50".into())])
        .env("SCHEMATHESIS_HOOKS", hooks)
        // It writes its cache where it is.
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let status = tokio::select! {
        status = command.status() => status.expect("schemathesis starts"),
        never = keep_indexing(&fixture.chain) => match never {},
    };
    assert!(status.success(), "schemathesis found something, see above");
}
