//! Jobs: what a node takes, what it keeps, and with which words it refuses.

use linkpool_chainlink::client::{Job, Role};
use uuid::Uuid;

use crate::{bridge::bridge, fixture::Node, user::client_of};

/// A pipeline that asks one bridge.
pub fn asking(bridge: &str) -> String {
    format!("ask [type=bridge name=\"{bridge}\"]\nanswer [type=multiply times=1 input=\"$(ask)\"]\nask -> answer")
}

/// A job whose external id follows from its name.
pub fn direct_request(name: &str, source: &str) -> String {
    let id = id_of(name);
    format!(
        "type = \"directrequest\"\nschemaVersion = 1\nname = \"{name}\"\nexternalJobID = \"{id}\"\nevmChainID = \"31337\"
contractAddress = \"0x5FbDB2315678afecb367f032d93F642f64180aa3\"\nminIncomingConfirmations = 1
observationSource = \"\"\"\n{source}\n\"\"\""
    )
}

fn id_of(name: &str) -> Uuid {
    let mut bytes = [7; 16];
    bytes.iter_mut().zip(name.bytes()).for_each(|(byte, letter)| *byte = letter);
    Uuid::from_bytes(bytes)
}

fn names(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.name.as_str()).collect()
}

#[tokio::test]
async fn a_job_is_made_once_replaced_under_its_number_and_deleted() {
    let node = Node::start().await;
    let editor = client_of(&node, "editor", Role::Edit).await;
    editor.create_bridge(&bridge("market")).await.unwrap();
    let made = editor.create_job(&direct_request("one", &asking("market"))).await.unwrap();
    assert_eq!((made.name.as_str(), made.kind.as_str(), made.external_job_id), ("one", "directrequest", id_of("one")));
    assert_eq!(made.observation_source.trim(), asking("market"));
    assert_eq!(made.details["contractAddress"], "0x5FbDB2315678afecb367f032d93F642f64180aa3");
    assert_eq!(made.details["evmChainID"], "31337");
    assert_eq!(editor.job(id_of("one")).await, Ok(Some(made.clone())));

    let replaced = editor.replace_job(made.id, &direct_request("two", "a [type=memo value=1]")).await.unwrap();
    assert_eq!((replaced.id, replaced.name.as_str()), (made.id, "two"));
    assert_eq!(names(&editor.jobs().await.unwrap()), ["two"]);
    assert_eq!(editor.job(id_of("one")).await, Ok(None));
    assert_eq!(editor.runs(made.id).await, Ok((Vec::new(), 0)));
    editor.delete_job(made.id).await.unwrap();
    assert_eq!(editor.delete_job(made.id).await.map_err(|error| error.code()), Err("no_such_job"));
    let missing = editor.replace_job(made.id, &direct_request("two", "a [type=memo]")).await.expect_err("deleted");
    assert_eq!(missing.code(), "no_such_job");
}

#[tokio::test]
async fn a_second_job_of_an_id_or_name_is_refused_though_the_node_says_500() {
    let node = Node::start().await;
    let admin = node.client();
    let first = direct_request("one", "a [type=memo value=1]");
    admin.create_job(&first).await.unwrap();
    let by_id = admin.create_job(&first.replace("\"one\"", "\"other\"")).await.expect_err("the same id");
    assert!(by_id.to_string().contains("with this external id already"), "{by_id}");
    let by_name = admin.create_job(&first.replace(&id_of("one").to_string(), &id_of("x").to_string())).await;
    let by_name = by_name.expect_err("the same name");
    assert!(by_name.to_string().contains("with this name already"), "{by_name}");
    for error in [by_id, by_name] {
        assert_eq!((error.code(), error.is_transient()), ("job_exists", false));
    }
    assert_eq!(names(&admin.jobs().await.unwrap()), ["one"]);
}

#[tokio::test]
async fn a_job_that_names_a_missing_bridge_is_refused_by_its_name() {
    let node = Node::start().await;
    let error = node.client().create_job(&direct_request("one", &asking("nope"))).await.expect_err("no such bridge");
    assert_eq!((error.code(), error.is_transient()), ("bridges_missing", false));
    assert!(error.to_string().contains("it names nope"), "{error}");
    assert_eq!(node.node_database.count("job").await, 0);
}

#[tokio::test]
async fn toml_that_a_node_does_not_take_is_said_with_its_words() {
    let node = Node::start().await;
    let good = direct_request("one", "a [type=memo value=1]");
    for (toml, why) in [
        ("x = ".to_owned(), "failed to parse TOML"),
        (good.replace("schemaVersion = 1", ""), "invalid schema version"),
        (good.replace("directrequest", "guess"), "invalid job type"),
        (good.replace("type=memo", "type=guess"), "unknown task type: \"guess\""),
        (good.replace("0x5FbDB", "0x5fbdb"), "is not a valid EIP55 formatted address"),
    ] {
        let error = node.client().create_job(&toml).await.expect_err(why);
        assert_eq!((error.code(), error.is_transient()), ("bad_job", false));
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn replacing_by_a_job_that_the_database_refuses_leaves_neither() {
    let node = Node::start().await;
    let made = node.client().create_job(&direct_request("one", "a [type=memo value=1]")).await.unwrap();
    let bad = node.client().replace_job(made.id, "x = ").await.expect_err("no TOML");
    assert_eq!(bad.code(), "bad_job");
    assert_eq!(node.node_database.count("job").await, 1, "nothing was deleted yet");
    let missing = node.client().replace_job(made.id, &direct_request("two", &asking("nope"))).await.expect_err("no bridge");
    assert_eq!(missing.code(), "bridges_missing");
    assert_eq!(node.node_database.count("job").await, 0, "a node deletes before it creates");
}

#[tokio::test]
async fn many_jobs_are_read_page_by_page_the_newest_first() {
    let node = Node::start().await;
    let wanted: Vec<String> = (0..25).map(|number| format!("job-{number:02}")).collect();
    for name in &wanted {
        node.client().create_job(&direct_request(name, "a [type=memo value=1]")).await.unwrap();
    }
    let listed = node.client().jobs().await.unwrap();
    assert!(names(&listed).iter().rev().eq(wanted.iter()), "{:?}", names(&listed));
}
