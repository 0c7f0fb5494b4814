use linkpool_node_postgres::{Contents, Error, NodeDatabase, Server};

use crate::fixture::Fixture;

const WALLET: [u8; 20] = [0xab; 20];
const TABLES: &str = "create schema evm; create table node_versions (version text, created_at timestamptz);
    create table evm.key_states (address bytea); create table evm.txes (id bigint, from_address bytea, nonce bigint, state text);
    create table pipeline_runs (id bigint)";

/// Fills a node's own database, as its role.
fn fill(fixture: &Fixture, node: &NodeDatabase, version: &str) {
    let rows = format!(
        "insert into node_versions values ('{version}', now()); insert into evm.key_states values (decode(repeat('ab', 20), 'hex')), (decode(repeat('01', 20), 'hex'));
         insert into evm.txes values (3, decode(repeat('ab', 20), 'hex'), 6, 'confirmed'), (4, decode(repeat('ab', 20), 'hex'), 7, 'unconfirmed'),
             (9, decode(repeat('01', 20), 'hex'), 90, 'unconfirmed');
         insert into pipeline_runs values (12)"
    );
    fixture.sql_in(node, &format!("set role {}; {TABLES}; {rows}", node.name()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_database_holds_is_read_by_a_nodes_own_tables_and_an_empty_one_holds_nothing() {
    let fixture = Fixture::set().await;
    let node = fixture.node();
    node.ensure().await.unwrap();
    assert_eq!(node.contents(WALLET).await.unwrap(), Contents::default());
    fill(&fixture, &node, "2.31.0");
    let contents = node.contents(WALLET).await.unwrap();
    let expect = Contents {
        version: Some("2.31.0".into()),
        wallets: vec!["01".repeat(20), "ab".repeat(20)],
        next_nonce: Some(8),
        unfinished: 1,
        last_run: 12,
        last_transaction: 9,
    };
    assert_eq!(contents, expect);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_beside_becomes_a_nodes_own_only_while_nobody_is_connected_or_their_sessions_are_ended() {
    let fixture = Fixture::set().await;
    let node = fixture.node();
    node.ensure().await.unwrap();
    fill(&fixture, &node, "2.31.0");
    // Twice: what an earlier attempt left is made again.
    node.make_beside().await.unwrap();
    let beside = node.make_beside().await.unwrap();
    Server::new(&beside.url().unwrap()).unwrap().version().await.expect("the node's role is let in");
    let kept = format!("{}_until_1", node.name());
    let other = Server::new(&node.url().unwrap()).unwrap();
    // A server keeps the connection on which it was asked about processes.
    other.processes("nothing").await.unwrap();
    assert_eq!(node.sessions().await.unwrap(), 1);
    let refused = beside.replace_own(&kept, false).await;
    assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains("being accessed by other users")), "{refused:?}");
    assert_eq!(node.contents(WALLET).await.unwrap().last_run, 12, "half of it was done");
    beside.replace_own(&kept, true).await.unwrap();
    assert_eq!(node.contents(WALLET).await.unwrap(), Contents::default());
    let count = |name: &str| fixture.sql(&format!("select count(*) from pg_database where datname = '{name}'"));
    assert_eq!((count(&kept), count(&format!("{}_restored", node.name()))), (vec!["1".to_owned()], vec!["0".to_owned()]));
    let owner = fixture.sql(&format!("select pg_get_userbyid(datdba) from pg_database where datname = '{}'", node.name()));
    assert_eq!(owner, [node.name()]);
    assert!(matches!(beside.replace_own("a\"b", false).await, Err(Error::BadName(_))));
}
