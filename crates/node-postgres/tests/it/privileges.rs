use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_user_lacks_nothing_and_a_node_s_lacks_all() {
    let fixture = Fixture::set().await;
    assert_eq!(fixture.server.lacking().await.unwrap(), Vec::<&str>::new());
    let node = fixture.node();
    node.ensure().await.unwrap();
    let itself = linkpool_node_postgres::Server::new(&node.url().unwrap()).unwrap();
    assert_eq!(itself.lacking().await.unwrap(), ["CREATEDB", "CREATEROLE", "pg_read_all_stats"]);
    assert!(fixture.server.version().await.unwrap().check(&(14..=17)).is_err(), "the embedded server is an 18");
}
