//! Users and tokens.

use linkpool_chainlink::{
    Secret,
    client::{NewApiUser, Role},
};
use linkpool_db::fleet::{ProofMode, SecretKind};
use linkpool_testkit::until;

use super::fixture::Feeding;
use crate::fixture::PATIENCE_TIME;

#[tokio::test(flavor = "multi_thread")]
async fn each_node_gets_two_users_with_as_little_as_does_and_they_stay_as_they_are() {
    let feeding = Feeding::set().await;
    let (signs, pays) = (feeding.node(ProofMode::Signature).await, feeding.node(ProofMode::Transfer).await);
    let fleet = feeding.fleet().await;
    for (node, role) in [(&signs, Role::Edit), (&pays, Role::View)] {
        feeding.until_fed(node, 0).await;
        let users = feeding.assert_let_in(node).await;
        let made: Vec<_> = users.iter().map(|user| (user.email.split('.').next().unwrap(), user.role, user.has_token)).collect();
        let admin = node.id.as_str();
        let mut expected = vec![("fleet", Role::Edit, true), ("registrar", role, true)];
        expected.push((
            users.iter().find(|user| user.role == Role::Admin).unwrap().email.split('.').next().unwrap(),
            Role::Admin,
            false,
        ));
        expected.sort();
        let mut made = made;
        made.sort();
        assert_eq!(made, expected, "{admin}");
        assert!(users.iter().any(|user| user.email.starts_with(admin)));
    }
    let before = feeding.kept(&pays, SecretKind::RegistrarToken).await;
    drop(fleet);
    // Another fleet finds them.
    let tried = pays.proxy.seen().len();
    let _fleet = feeding.fleet().await;
    until("a look of the next fleet", PATIENCE_TIME, async || pays.proxy.seen().len() >= tried + 2).await;
    assert_eq!(pays.proxy.count("POST /v2/user/token"), 2);
    assert_eq!(pays.proxy.count("POST /sessions"), 3, "{:?}", pays.proxy.seen());
    assert_eq!(feeding.kept(&pays, SecretKind::RegistrarToken).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_somebody_has_ended_is_made_again_and_one_that_can_not_be_looked_up_is_not() {
    let feeding = Feeding::set().await;
    let node = feeding.node(ProofMode::Transfer).await;
    let fleet = feeding.fleet().await;
    feeding.until_fed(&node, 0).await;
    drop(fleet);
    let before = feeding.kept(&node, SecretKind::RegistrarToken).await;
    // The node's database is in trouble: it says 401 to everybody.
    let trouble = r#"{"errors":[{"detail":"Authentication failed"}]}"#;
    node.proxy.answer("GET /v2/jobs/", 401, trouble);
    let fleet = feeding.fleet().await;
    until("what keeps it is shown", PATIENCE_TIME, async || feeding.database().access_error(&node.id).await.unwrap().is_some())
        .await;
    drop(fleet);
    node.proxy.let_through();
    assert_eq!(node.proxy.count("POST /v2/user/token"), 2);
    assert_eq!(feeding.kept(&node, SecretKind::RegistrarToken).await, before);
    // Somebody logs in as the registrar's user and makes a token of their own.
    feeding.client(&node, SecretKind::RegistrarLogin).await.create_api_token().await.unwrap();
    let _fleet = feeding.fleet().await;
    until("another token", PATIENCE_TIME, async || feeding.kept(&node, SecretKind::RegistrarToken).await != before).await;
    until("nothing is shown", PATIENCE_TIME, async || feeding.database().access_error(&node.id).await.unwrap().is_none()).await;
    feeding.assert_let_in(&node).await;
}

/// As after the restore of a dump that is older than the node: what was kept of its users is gone, and they are there.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_password_was_lost_with_the_database_is_made_again() {
    let feeding = Feeding::set().await;
    let node = feeding.node(ProofMode::Transfer).await;
    let email = format!("registrar.{}@linkpool.internal", node.id);
    let older = NewApiUser { email, password: Secret::new("a password that nobody keeps"), role: Role::Edit };
    feeding.client(&node, SecretKind::AdminLogin).await.create_user(&older).await.unwrap();
    let _fleet = feeding.fleet().await;
    feeding.until_fed(&node, 0).await;
    let users = feeding.assert_let_in(&node).await;
    assert_eq!(users.iter().find(|user| user.email == older.email).map(|user| user.role), Some(Role::View));
    assert_eq!(node.proxy.count("DELETE /v2/users"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_node_answers_is_shown_in_one_sentence_and_tried_again() {
    let feeding = Feeding::set().await;
    let bad = r#"{"errors":[{"detail":"it is so"}]}"#;
    let cases = [
        (401, "cannot check who we are"),
        (403, "role is too low"),
        (422, "it is so"),
        (429, "limits"),
        (500, "500"),
        (503, "unavailable"),
    ];
    let mut nodes = Vec::new();
    for (status, part) in cases {
        let node = feeding.node(ProofMode::Transfer).await;
        node.proxy.answer("POST /v2/users", status, bad);
        nodes.push((node, part));
    }
    let healthy = feeding.node(ProofMode::Transfer).await;
    let hanging = feeding.node(ProofMode::Transfer).await;
    hanging.proxy.answer("POST /sessions", 0, "");
    let _fleet = feeding.fleet().await;
    feeding.until_fed(&healthy, 0).await;
    for (node, part) in &nodes {
        until(part, PATIENCE_TIME, async || {
            feeding.database().access_error(&node.id).await.unwrap().is_some_and(|error| error.contains(part))
        })
        .await;
        assert_eq!(feeding.kept(node, SecretKind::RegistrarToken).await, None);
        node.proxy.let_through();
    }
    for (node, _) in &nodes {
        feeding.until_fed(node, 0).await;
        assert_eq!(feeding.assert_let_in(node).await.len(), 3);
    }
}
