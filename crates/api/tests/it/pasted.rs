//! What docs/api.md and docs/dashboards.md tell people to type, typed: each command ends well and prints what stands under it.

use std::{path::Path, process::Stdio};

use linkpool_api::ApiConfig;
use tokio::process::Command;

use crate::{
    chain_fixture::{link, node, staker},
    fixture::Fixture,
};

const API: &str = include_str!("../../../../docs/api.md");
const DASHBOARDS: &str = include_str!("../../../../docs/dashboards.md");
/// What the pages call whoever serves the pool.
const POOL: &str = "https://POOL";

/// Each `$ command` of a block of the console, and the lines that it is said to print.
fn commands(page: &'static str) -> Vec<(&'static str, String)> {
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut commands = Vec::new();
    for line in blocks.flat_map(str::lines) {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, String::new())),
            (None, Some((_, printed))) => *printed += &format!("{line}\n"),
            (None, None) => panic!("`{line}` is printed by nothing"),
        }
    }
    commands
}

/// The pool of the examples.
async fn the_pool_of_the_page() -> Fixture {
    let mut fixture = Fixture::with(ApiConfig { abi_hash: "0xab".into(), ..ApiConfig::default() }).await;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    fixture.chain.stake(node(1), staker(1), link(60_000)).stake(node(1), staker(2), link(1_000)).mine(12).await;
    fixture
}

async fn typed(command: &str, folder: &Path) -> String {
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail", "-c", command]).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let output = shell.output().await.unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn every_command_of_the_page_runs_and_prints_what_stands_under_it() {
    let (fixture, folder) = (the_pool_of_the_page().await, tempfile::tempdir().unwrap());
    let commands = commands(API);
    assert_eq!(API.matches("curl ").count(), commands.len(), "a command stands outside of the blocks of the console");
    for (command, printed) in commands {
        assert!(command.contains(POOL), "`{command}` does not say whom it asks");
        let said = typed(&command.replace(POOL, &fixture.base), folder.path()).await;
        assert_eq!(said, printed, "{command}");
        if let Some((_, file)) = command.split_once(" > ") {
            let written = std::fs::read_to_string(folder.path().join(file)).unwrap();
            assert!(written.starts_with("address,") && written.lines().count() == 3, "{command}: {written}");
        }
    }
}

#[tokio::test]
async fn what_the_page_gives_grafana_to_ask_is_answered() {
    let fixture = the_pool_of_the_page().await;
    let asked: Vec<&str> = DASHBOARDS.split('`').filter(|text| text.starts_with("/api/")).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    for path in asked {
        let path = path.replace("${__from}", "1795345200000").replace("${__to}", "1795352400000");
        let answer = fixture.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
        assert!(answer.body.as_str().unwrap().lines().count() > 1, "{path}: {}", answer.body);
    }
}
