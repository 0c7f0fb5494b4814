use linkpool_chainlink::Secret;
use linkpool_node_postgres::{Error, Server};

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn ten_at_once_make_one_role_and_one_database_and_nobody_else_is_let_in() {
    let fixture = Fixture::set().await;
    let (node, other) = (fixture.node(), fixture.node());
    let making = (0..10).map(|_| {
        let node = node.clone();
        tokio::spawn(async move { node.ensure().await })
    });
    for made in making.collect::<Vec<_>>() {
        made.await.unwrap().unwrap();
    }
    other.ensure().await.unwrap();
    let owner = "select pg_get_userbyid(datdba) from pg_database where datname = ";
    assert_eq!(fixture.sql(&format!("{owner}'{}'", node.name())), [node.name()]);
    // Its own URL opens its own database; the other's is closed to it.
    let url = node.url().unwrap();
    let itself = Server::new(&url).unwrap();
    itself.version().await.unwrap();
    let of_other = Secret::new(url.expose().replace(&format!("/{}", node.name()), &format!("/{}", other.name())).replacen(
        &format!("/{}:", other.name()),
        &format!("/{}:", node.name()),
        1,
    ));
    let refused = Server::new(&of_other).unwrap().version().await;
    assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains("permission denied for database")), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_was_given_another_password_gets_the_one_that_is_kept() {
    let fixture = Fixture::set().await;
    let node = fixture.node();
    node.ensure().await.unwrap();
    fixture.sql(&format!("alter role {} password 'of somebody else'", node.name()));
    assert!(matches!(node.lease().await, Err(Error::NotLetIn { .. })));
    node.ensure().await.unwrap();
    assert_eq!(node.lease().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_never_sees_a_password() {
    let fixture = Fixture::set().await;
    // What is sent plain, the server hashes with rounds of its own.
    fixture.sql("do $$ begin execute format('alter database %I set scram_iterations = 7', current_database()); end $$");
    let node = fixture.node();
    node.ensure().await.unwrap();
    let stored = fixture.sql(&format!("select rolpassword from pg_authid where rolname = '{}'", node.name()));
    assert!(stored[0].starts_with("SCRAM-SHA-256$1:"), "{stored:?}");
}
