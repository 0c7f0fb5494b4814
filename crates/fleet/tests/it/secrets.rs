//! The nodes' secrets: made once, whoever makes them, and kept for ever.

use linkpool_chainlink::{SealKey, Secret};
use linkpool_db::fleet::SecretKind;
use linkpool_fleet::{Error, Secrets};

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn however_many_make_a_password_at_once_all_have_the_same_and_each_kind_has_its_own() {
    let fixture = Fixture::set().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    let mut makers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (secrets, id) = (fixture.secrets(), id.clone());
        makers.spawn(async move { secrets.password(&id, SecretKind::KeystorePassword).await.unwrap() });
    }
    let made = makers.join_all().await;
    assert!(made.iter().all(|password| *password == made[0]));
    assert_eq!(fixture.secrets().kept(&id, SecretKind::KeystorePassword).await.unwrap().as_ref(), Some(&made[0]));
    assert!((16..=50).contains(&made[0].expose().len()), "what a node takes");
    assert_eq!(fixture.secrets().kept(&id, SecretKind::DatabasePassword).await.unwrap(), None);
    assert_ne!(fixture.secrets().password(&id, SecretKind::DatabasePassword).await.unwrap(), made[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_neither_opens_a_secret_nor_puts_one_in_its_place() {
    let fixture = Fixture::set().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    let kind = SecretKind::KeystorePassword;
    let ours = fixture.secrets().password(&id, kind).await.unwrap();
    let key = SealKey::parse(SealKey::generate().expose()).unwrap();
    let theirs = Secrets::new(fixture.database.clone(), key);
    for said in [theirs.password(&id, kind).await, theirs.keep(&id, kind, &Secret::new("another password")).await] {
        assert!(matches!(said, Err(Error::Secret { .. })), "{said:?}");
    }
    assert!(matches!(theirs.check().await, Err(Error::Secret { .. })));
    assert_eq!(fixture.secrets().kept(&id, kind).await.unwrap(), Some(ours));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_put_under_another_node_or_kind_does_not_open() {
    let fixture = Fixture::set().await;
    let ids: Vec<String> = fixture.request("two", 2).await.nodes.into_iter().map(|node| node.id).collect();
    let token = Secret::new("key\nsecret\n");
    fixture.secrets().keep(&ids[0], SecretKind::RegistrarToken, &token).await.unwrap();
    let sealed = fixture.database.sealed_secret(&ids[0], SecretKind::RegistrarToken).await.unwrap().unwrap();
    for (id, kind) in [(&ids[1], SecretKind::RegistrarToken), (&ids[0], SecretKind::AdminLogin)] {
        fixture.database.keep_secret(id, kind, &sealed).await.unwrap();
        assert!(matches!(fixture.secrets().kept(id, kind).await, Err(Error::Secret { .. })), "{kind} of {id}");
    }
}
