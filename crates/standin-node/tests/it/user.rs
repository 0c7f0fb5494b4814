//! API users: made, listed, changed and deleted by an admin; each with a login and a token of their own.

use linkpool_chainlink::{
    Secret,
    client::{Credentials, Limits, NewApiUser, NodeClient, NodeConfig, Role, Transport},
};

use crate::fixture::{CHAIN, EMAIL, Node, PASSWORD, client};

pub fn new_user(name: &str, role: Role) -> NewApiUser {
    NewApiUser { email: format!("{name}@node.local"), password: Secret::new(PASSWORD), role }
}

fn login(user: &NewApiUser) -> Credentials {
    Credentials::Password { email: user.email.clone(), password: user.password.clone() }
}

/// A client with the token of a new user.
pub async fn client_of(node: &Node, name: &str, role: Role) -> NodeClient {
    let user = new_user(name, role);
    node.client().create_user(&user).await.unwrap();
    let token = client(node.address, Limits::default(), login(&user)).create_api_token().await.unwrap();
    client(node.address, Limits::default(), token.into())
}

#[tokio::test]
async fn an_admin_makes_lists_changes_and_deletes_users() {
    let node = Node::start().await;
    let admin = node.client();
    let viewer = new_user("Viewer", Role::View);
    let made = admin.create_user(&viewer).await.unwrap();
    assert_eq!((made.email.as_str(), made.role, made.has_token), ("viewer@node.local", Role::View, false));
    assert_eq!(admin.create_user(&viewer).await.map_err(|error| error.code()), Err("user_exists"));

    let listed: Vec<_> = admin.users().await.unwrap().into_iter().map(|it| (it.email, it.role, it.has_token)).collect();
    let expected = [(EMAIL, Role::Admin, true), ("viewer@node.local", Role::View, false)];
    assert_eq!(listed, expected.map(|(email, role, has_token)| (email.to_owned(), role, has_token)));

    assert_eq!(admin.set_role("viewer@node.local", Role::Edit).await.map(|it| it.role), Ok(Role::Edit));
    let own = admin.set_role(EMAIL, Role::View).await.expect_err("one's own role");
    assert_eq!(own.code(), "bad_user", "{own}");
    admin.delete_user("viewer@node.local").await.unwrap();
    assert_eq!(admin.users().await.unwrap().len(), 1);
    assert_eq!(admin.delete_user("viewer@node.local").await.map_err(|error| error.code()), Err("bad_user"));
}

#[tokio::test]
async fn a_password_that_is_too_simple_is_refused_with_what_is_wrong_with_it() {
    let node = Node::start().await;
    for (password, why) in [
        ("short", "less than 16 characters"),
        (" leading whitespace", "leading or trailing whitespace"),
        ("my own@node.local password", "may not contain"),
    ] {
        let user = NewApiUser { password: Secret::new(password), ..new_user("own", Role::View) };
        let error = node.client().create_user(&user).await.expect_err(why);
        assert_eq!(error.code(), "bad_user");
        assert!(error.to_string().contains(why) && !error.to_string().contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn each_role_is_refused_what_is_above_it_without_another_login() {
    let node = Node::start().await;
    let viewer = new_user("viewer", Role::View);
    node.client().create_user(&viewer).await.unwrap();
    let viewer = client(node.address, Limits::default(), login(&viewer));
    assert_eq!(viewer.wallet(CHAIN).await, Ok(node.wallet));
    let sessions = node.node_database.count("api_session").await;
    // A node answers 401 to the first and 403 to the second; neither is a reason to log in again.
    for _ in 0..3 {
        assert_eq!(viewer.create_job("").await.map_err(|error| error.code()).err(), Some("forbidden"));
        assert_eq!(viewer.users().await.map_err(|error| error.code()).err(), Some("forbidden"));
    }
    assert_eq!(viewer.wallet(CHAIN).await, Ok(node.wallet));
    assert_eq!(node.node_database.count("api_session").await, sessions);

    let editor = client_of(&node, "editor", Role::Edit).await;
    assert_eq!(editor.create_job("").await.map_err(|error| error.code()).err(), Some("bad_job"));
    assert_eq!(editor.users().await.map_err(|error| error.code()).err(), Some("forbidden"));
}

#[tokio::test]
async fn three_users_log_in_at_one_host_and_a_fourth_waits() {
    let node = Node::start().await;
    let users = ["one", "two", "three", "four"].map(|name| new_user(name, Role::View));
    let transport = Transport::new(Limits::default()).unwrap();
    let base_url: url::Url = format!("http://{}", node.address).parse().unwrap();
    let mut codes = Vec::new();
    for user in &users {
        node.client().create_user(user).await.unwrap();
        let config = NodeConfig { base_url: base_url.clone(), credentials: login(user) };
        let outcome = NodeClient::new(&transport, config).unwrap().create_api_token().await;
        codes.push(outcome.map_or_else(|error| error.code(), |_| "made"));
    }
    assert_eq!(codes, ["made", "made", "made", "login_held_back"]);
}

#[tokio::test]
async fn a_database_in_trouble_is_no_refusal_and_no_storm_of_logins() {
    let node = Node::start().await;
    let by_password = client(node.address, Limits::default(), crate::fixture::password());
    assert_eq!(by_password.wallet(CHAIN).await, Ok(node.wallet));
    let sessions = node.node_database.count("api_session").await;
    let switches = node.node_database.execute("INSERT INTO {schema}.fault_switch VALUES ('database-trouble')").await;
    assert_eq!(switches, 1);
    node.switch(&["database-trouble"]).await;
    for client in [node.client(), by_password.clone()] {
        for _ in 0..3 {
            let error = client.wallet(CHAIN).await.expect_err("nobody can be looked up");
            assert!(error.is_transient(), "{error}");
            assert!(matches!(error.code(), "login_unchecked" | "login_held_back"), "{error}");
        }
    }
    node.switch(&[]).await;
    assert_eq!(node.client().wallet(CHAIN).await, Ok(node.wallet), "as soon as the database is back");
    assert!(node.node_database.count("api_session").await <= sessions + 1);
}
