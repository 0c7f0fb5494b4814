//! No secret is ever said: not in the process list, not in a log at its most talkative, not in an answer, not in an error.

use std::{collections::BTreeSet, fs};

use linkpool_db::fleet::Phase;

use crate::roles::{
    API_SECRET, KEYSTORE_PASSWORD, NODE_PASSWORD, OPERATOR_TOKEN, PRIVATE_KEY, RPC_KEY, Roles, WRONG_PASSWORD, get,
};

const SECRETS: [&str; 7] = [RPC_KEY, OPERATOR_TOKEN, NODE_PASSWORD, WRONG_PASSWORD, API_SECRET, KEYSTORE_PASSWORD, PRIVATE_KEY];

/// Searches a text, and names the place where a secret stands.
fn search(place: &str, text: &str, database_password: &str, found: &mut Vec<String>) {
    for secret in SECRETS.into_iter().chain([database_password]) {
        if let Some(at) = text.find(secret) {
            let begin = text[..at].rfind('\n').map_or(0, |at| at + 1);
            let line: String = text[begin..].lines().next().unwrap_or_default().chars().take(300).collect();
            found.push(format!("{place} holds {secret}: {line}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_a_command_line_a_log_an_answer_or_an_error() {
    let mut roles = Roles::start().await;
    roles.listed("good", "", &format!("good@node.local\n{NODE_PASSWORD}\n")).await;
    roles.listed("wrong", "", &format!("wrong@node.local\n{WRONG_PASSWORD}\n")).await;
    roles.listed("token", "", &format!("planted-key\n{API_SECRET}\n")).await;
    roles.listed("html", "html", &format!("html@node.local\n{NODE_PASSWORD}\n")).await;
    roles.listed("elsewhere", "redirect=http://127.0.0.1:9/", &format!("elsewhere@node.local\n{NODE_PASSWORD}\n")).await;
    roles.listed("garbled", "garbled", &format!("garbled@node.local\n{NODE_PASSWORD}\n")).await;
    // A file in which somebody has put a password where none belongs.
    fs::write(roles.office.path("listed/typo.toml"), format!("password = {WRONG_PASSWORD}\n")).unwrap();
    roles.open("good").await;
    for name in ["wrong", "token", "html", "elsewhere", "garbled"] {
        let complains = |node: &linkpool_db::fleet::FleetNode| {
            node.listed_name.as_deref() == Some(name) && (node.last_error.is_some() || node.phase == Phase::Requested)
        };
        roles.until_node(name, complains).await;
    }
    // A chain that goes away in the middle of everything.
    roles.office.pause_chain();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    roles.office.resume_chain();

    let password = roles.database_password();
    let mut found = Vec::new();
    let mut said = BTreeSet::new();
    for (role, pid) in roles.names().into_iter().zip(roles.pids()) {
        let command_line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap().replace('\0', " ");
        assert!(command_line.contains("linkpool"), "{role} has ended: {command_line}");
        search(&format!("the command line of {role}"), &command_line, &password, &mut found);
    }
    let (operator, api) =
        (roles.address("api", "the operator's calls at ").await, roles.address("api", "the page and the API at ").await);
    for path in ["nodes", "audit"] {
        said.insert(get(&format!("{operator}/api/v1/operator/{path}"), Some(OPERATOR_TOKEN)).await.1);
    }
    for node in roles.database.fleet_nodes().await.unwrap() {
        said.insert(get(&format!("{operator}/api/v1/operator/nodes/{}", node.id), Some(OPERATOR_TOKEN)).await.1);
    }
    said.insert(get(&format!("{operator}/api/v1/operator/nodes"), Some(WRONG_PASSWORD)).await.1);
    for path in ["health", "ready", "api/v1/status", "api/v1/config", "api/v1/nodes", "api/v1/pool"] {
        said.insert(get(&format!("{api}/{path}"), None).await.1);
    }
    for role in ["index", "registrar", "fleet"] {
        let base = roles.address(role, "health and metrics at ").await;
        for path in ["health", "ready", "metrics"] {
            said.insert(get(&format!("{base}/{path}"), None).await.1);
        }
    }
    for line in ["doctor", "doctor --json", "signer status", "tx list --all", "node list", "doctor --chain-id 5"] {
        let output = roles.office.command(line).env("LINKPOOL_LOG", "trace").output().unwrap();
        said.insert(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned());
    }
    said.iter().for_each(|text| search("an answer", text, &password, &mut found));
    for role in roles.names() {
        let log = fs::read_to_string(roles.log(role)).unwrap();
        assert!(log.contains("TRACE") || log.contains("DEBUG") || log.contains("INFO"), "{role} is not at its most talkative");
        search(&format!("the log of {role}"), &log, &password, &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}
