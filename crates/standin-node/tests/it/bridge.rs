//! Bridges: what a node takes, what it keeps, and with which words it refuses.

use alloy_primitives::U256;
use linkpool_chainlink::client::{Bridge, Role};

use crate::{
    fixture::Node,
    job::{asking, direct_request},
    user::client_of,
};

pub fn bridge(name: &str) -> Bridge {
    Bridge { name: name.to_owned(), url: "http://adapter.test/x".to_owned(), confirmations: 0, minimum_payment_juels: None }
}

#[tokio::test]
async fn a_bridge_is_made_once_changed_and_deleted() {
    let node = Node::start().await;
    let editor = client_of(&node, "editor", Role::Edit).await;
    let wanted = Bridge { minimum_payment_juels: Some(U256::from(15 * 10u128.pow(17))), ..bridge("market") };
    assert_eq!(editor.create_bridge(&wanted).await, Ok(wanted.clone()), "a node writes 1.5 link");
    let again = editor.create_bridge(&wanted).await.expect_err("again");
    assert_eq!(again.code(), "bridge_exists");
    assert!(again.to_string().contains("`market` already: update it"), "{again}");

    let changed = Bridge { url: "https://other.test/".to_owned(), confirmations: 3, ..bridge("market") };
    assert_eq!(editor.update_bridge(&changed).await, Ok(changed.clone()));
    assert_eq!(editor.bridges().await, Ok(vec![changed]));
    assert_eq!(editor.update_bridge(&bridge("nope")).await.map_err(|error| error.code()), Err("no_such_bridge"));
    editor.delete_bridge("market").await.unwrap();
    assert_eq!(editor.delete_bridge("market").await.map_err(|error| error.code()), Err("no_such_bridge"));
}

#[tokio::test]
async fn a_bridge_that_a_node_does_not_take_is_said_with_its_words() {
    let node = Node::start().await;
    for (bad, why) in [
        (bridge("a b"), "contains invalid characters"),
        (bridge(""), "No name specified"),
        (Bridge { url: String::new(), ..bridge("a") }, "URL must be present"),
        (Bridge { url: " ".to_owned(), ..bridge("a") }, "invalid URI for request"),
    ] {
        let error = node.client().create_bridge(&bad).await.expect_err(why);
        assert_eq!(error.code(), "bad_bridge");
        assert!(error.to_string().contains(why) && !error.is_transient(), "{error}");
    }
}

#[tokio::test]
async fn a_bridge_that_a_job_uses_is_kept() {
    let node = Node::start().await;
    let admin = node.client();
    admin.create_bridge(&bridge("market")).await.unwrap();
    let job = admin.create_job(&direct_request("one", &asking("market"))).await.unwrap();
    let error = admin.delete_bridge("market").await.expect_err("a job uses it");
    assert_eq!(error.code(), "bridge_in_use");
    assert!(error.to_string().contains(&format!("because jobs [{}] are associated", job.id)), "{error}");
    admin.delete_job(job.id).await.unwrap();
    admin.delete_bridge("market").await.unwrap();
}

#[tokio::test]
async fn a_list_of_many_bridges_is_read_page_by_page() {
    let node = Node::start().await;
    let names: Vec<String> = (0..45).map(|number| format!("bridge-{number:02}")).collect();
    for name in &names {
        node.client().create_bridge(&bridge(name)).await.unwrap();
    }
    let listed: Vec<String> = node.client().bridges().await.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(listed, names);
}
