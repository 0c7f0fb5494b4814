//! The real node and the stand-in, asked the same: `cargo xtask prove chainlink` names the executable.
//!
//! Each gets a database of its own on one Postgres that the node supports, the same chain, and the same settings.

mod compare;
mod program;
mod table;

use compare::Seen;
use program::Program;

/// The real node's executable.
const EXECUTABLE: &str = "LINKPOOL_CHAINLINK";

/// The folder with `initdb` and `postgres`, 14 to 17.
const POSTGRES: &str = "LINKPOOL_NODE_POSTGRES";

#[tokio::test]
#[ignore = "cargo xtask prove chainlink: it needs a real node"]
async fn the_stand_in_answers_every_request_of_the_table_as_the_node_does() {
    let named =
        |variable: &str| std::path::PathBuf::from(std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set")));
    let server = linkpool_testkit::NodePostgres::start(&named(POSTGRES)).unwrap();
    let tools = linkpool_testkit::Tools::find().unwrap();
    let options = linkpool_testkit::AnvilOptions {
        block_time: Some(std::time::Duration::from_secs(1)),
        ..linkpool_testkit::AnvilOptions::default()
    };
    let anvil = linkpool_testkit::Anvil::start(&tools, &options).await.unwrap();
    let node = Program::real(named(EXECUTABLE), &server, &anvil).await;
    let standin = Program::standin(&server, &anvil).await;
    let (node, standin) = tokio::join!(node.logged_in(), standin.logged_in());
    println!("chainlink | {}", node.version().await);

    let (mut differences, mut allowed) = (Vec::new(), 0);
    for case in table::cases() {
        let (theirs, ours) = tokio::join!(node.ask(&case), standin.ask(&case));
        for difference in Seen::differences(&theirs, &ours, &case) {
            match table::allowed(&case, &difference) {
                true => allowed += 1,
                false => differences.push(format!("{} {} {}: {difference}", case.name, case.method, case.path)),
            }
        }
        println!("chainlink | {} | {} {} | {}", case.name, case.method, case.path, theirs.status);
    }
    differences.iter().for_each(|difference| println!("DIFFERENT: {difference}"));
    println!("chainlink | {} requests, {allowed} differences that README.md lists", table::cases().len());
    assert!(differences.is_empty(), "{} differences", differences.len());
}
