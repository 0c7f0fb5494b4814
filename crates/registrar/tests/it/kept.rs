//! A node whose database is not kept yet gets nothing.

use linkpool_db::fleet::Phase;
use linkpool_registrar::RegistrarConfig;

use crate::fixture::{Fixture, passes};

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_gets_nothing_before_its_nodes_database_is_kept_and_then_at_once() {
    let fixture = Fixture::set().await;
    fixture.database.set_keeping(true).await.unwrap();
    let node = fixture.node("").await;
    let outside = fixture.outside("theirs", "").await;
    let config: RegistrarConfig = fixture.listing(&[&outside]);
    let heartbeat = config.heartbeat.clone();
    let registrar = fixture.registrar_with(config, Default::default()).await;
    let row = fixture.waits(&node.id, "the fleet keeps its database first").await;
    fixture.database.node_not_kept(&node.id, "no space left").await.unwrap();
    fixture.waits(&node.id, "that did not succeed yet: no space left").await;
    // Of a node that somebody else runs nothing is kept here, and nobody waits.
    let theirs = fixture.listed("theirs").await;
    fixture.phase(&theirs, Phase::Open).await;
    passes(&heartbeat, 5).await;
    assert_eq!(fixture.row(&node.id).await.phase, Phase::WalletKnown);
    assert_eq!(fixture.chain.balance(row.wallet.unwrap()).await.unwrap(), 0, "it was funded");
    fixture.database.node_kept(&node.id, "/somewhere").await.unwrap();
    fixture.phase(&node.id, Phase::Open).await;
    assert!(fixture.chain.balance(row.wallet.unwrap()).await.unwrap() > 0);
    registrar.stop().await;
}
