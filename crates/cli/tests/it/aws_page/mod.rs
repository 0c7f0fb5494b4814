//! docs/aws.md from an empty account to an open node: its settings and commands as they stand there, on stand-ins for AWS and for the node. What
//! CloudFormation makes of the template, the test makes itself.

mod stack;
mod walk;
mod words;

use std::fs;

use linkpool_db::{Connect, Database, fleet::Phase};

use self::walk::Walk;

const PAGE: &str = include_str!("../../../../../docs/aws.md");
const SECTION: &str = "\n## From an empty account to an open node\n";

/// The blocks of code, and the language of each.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("```").skip(1).step_by(2).filter_map(|block| block.trim_end().split_once('\n'))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask test ecs"]
async fn what_the_page_says_to_type_leads_from_an_empty_account_to_an_open_node() {
    let section = PAGE.split(SECTION).nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the page has this section");
    let mut walk = Walk::begin().await;
    for (language, text) in blocks(section) {
        match language {
            "toml" => walk.set(text),
            _ => {
                for line in text.lines() {
                    walk.type_line(line.strip_prefix("$ ").expect("a command")).await;
                }
            }
        }
    }
    let database = Database::connect(&Connect::new(walk.database.url()).patient()).await.unwrap();
    let nodes = database.fleet_nodes().await.unwrap();
    assert_eq!(nodes.iter().map(|node| node.phase).collect::<Vec<_>>(), [Phase::Open], "{nodes:#?}");
    let service = format!("linkpool-{}-g1", nodes[0].id);
    assert_eq!(walk.aws.world(|world| world.view.services.keys().cloned().collect::<Vec<_>>()), [service]);
    // Its database was kept before its wallet got ether.
    let kept = fs::read_dir(walk.folder.path().join("dumps").join(&nodes[0].id)).unwrap().count();
    assert!(kept > 0, "nothing keeps its wallet");
    // Four contracts, ether for the wallet, and its place.
    let signatures: u64 = walk.aws.signed().values().sum();
    assert!(signatures >= 6, "{signatures} transactions were signed in KMS");
}
