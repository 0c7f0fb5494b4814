//! No secret is ever said: not in the process list, not in a log at its most talkative, not in an answer, not in an error.

use std::{
    collections::BTreeSet,
    fs,
    process::{Child, Stdio},
};

use futures_util::future::join_all;
use linkpool_chain::{Chain, Endpoint};
use linkpool_db::fleet::{FleetNode, Phase};
use linkpool_testkit::tcp_proxy::{Passage, TcpProxy};

use crate::roles::{
    API_SECRET, KEYSTORE_PASSWORD, NODE_PASSWORD, OPERATOR_TOKEN, PRIVATE_KEY, RPC_KEY, Roles, SEAL_KEY, WRONG_PASSWORD, get,
};

const SECRETS: [&str; 8] =
    [RPC_KEY, OPERATOR_TOKEN, NODE_PASSWORD, WRONG_PASSWORD, API_SECRET, KEYSTORE_PASSWORD, PRIVATE_KEY, SEAL_KEY];
const COMMANDS: [&str; 7] =
    ["doctor", "doctor --json", "signer status", "tx list --all", "node list", "doctor --chain-id 5", "migrate"];
const ROLES: [&str; 4] = ["index", "api", "registrar", "fleet"];

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

/// Nodes of every kind: one that is well, some that answer badly, one that the fleet runs.
async fn all_kinds_of_nodes(roles: &mut Roles) {
    roles.listed("good", "", &format!("good@node.local\n{NODE_PASSWORD}\n")).await;
    roles.listed("wrong", "", &format!("wrong@node.local\n{WRONG_PASSWORD}\n")).await;
    roles.listed("token", "", &format!("planted-key\n{API_SECRET}\n")).await;
    roles.listed("html", "html", &format!("html@node.local\n{NODE_PASSWORD}\n")).await;
    roles.listed("elsewhere", "redirect=http://127.0.0.1:9/", &format!("elsewhere@node.local\n{NODE_PASSWORD}\n")).await;
    roles.listed("garbled", "garbled", &format!("garbled@node.local\n{NODE_PASSWORD}\n")).await;
    // A file in which somebody has put a password where none belongs.
    fs::write(roles.fixture.path("listed/typo.toml"), format!("password = {WRONG_PASSWORD}\n")).unwrap();
    let operator = roles.address("fleet", "the operator's calls at ").await;
    let asked = roles.fixture.command("scale up 1").env("LINKPOOL__OPERATOR__URL", operator).output().unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    roles.open("good").await;
    for name in ["wrong", "token", "html", "elsewhere", "garbled"] {
        let complains = |node: &FleetNode| {
            node.listed_name.as_deref() == Some(name) && (node.last_error.is_some() || node.phase == Phase::Requested)
        };
        roles.until_node(name, complains).await;
    }
    roles.until_node("a node of the fleet", |node| node.listed_name.is_none() && node.wallet.is_some()).await;
}

/// The command lines of these processes and of all that they have started.
fn command_lines(mut family: Vec<u32>) -> Vec<String> {
    let parent = |pid: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name before it may hold anything.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = pids.filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut next = 0;
    while let Some(of) = family.get(next).copied() {
        family.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| *pid));
        next += 1;
    }
    let line = |pid| fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default().replace('\0', " ");
    family.into_iter().map(line).collect()
}

/// What every listener answers, to who may ask and to who may not.
async fn answers(roles: &Roles) -> Vec<String> {
    let operator = roles.address("fleet", "the operator's calls at ").await + "/api/v1/operator";
    let api = roles.address("api", "the page and the API at ").await;
    let mut asked = vec![(format!("{operator}/nodes"), Some(WRONG_PASSWORD))];
    asked.extend(["nodes", "audit"].map(|path| (format!("{operator}/{path}"), Some(OPERATOR_TOKEN))));
    for node in roles.database.fleet_nodes().await.unwrap() {
        asked.push((format!("{operator}/nodes/{}", node.id), Some(OPERATOR_TOKEN)));
    }
    let paths = ["health", "ready", "api/v1/status", "api/v1/config", "api/v1/nodes", "api/v1/pool"];
    asked.extend(paths.map(|path| (format!("{api}/{path}"), None)));
    for role in ROLES.into_iter().filter(|role| *role != "api") {
        let base = roles.address(role, "health and metrics at ").await;
        asked.extend(["health", "ready", "metrics"].map(|path| (format!("{base}/{path}"), None)));
    }
    join_all(asked.iter().map(async |(url, token)| get(url, *token).await.1)).await
}

/// What commands print at their most talkative, all of them at once; `database_url` takes the place of the configured one.
async fn printed(roles: &Roles, database_url: Option<&str>) -> Vec<String> {
    let operator = roles.address("fleet", "the operator's calls at ").await;
    let start = |line: &str| -> Child {
        let mut command = roles.fixture.command(line);
        command.env("LINKPOOL_LOG", "trace").env("LINKPOOL__OPERATOR__URL", &operator);
        database_url.map(|url| command.env("LINKPOOL_DATABASE_URL", url));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let started = COMMANDS.map(start).map(|child| child.wait_with_output().unwrap());
    started.into_iter().map(|output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()).collect()
}

/// What everybody says while a road is closed in these ways, until each of `who` has complained in its log. Then it is open again.
async fn without(roles: &Roles, tcp_proxy: &TcpProxy, passages: &[Passage], who: &[&str], refusal: &str) -> BTreeSet<String> {
    let log = |role: &str| fs::read_to_string(roles.log(role)).unwrap();
    let before: Vec<usize> = who.iter().map(|role| log(role).len()).collect();
    let mut said = BTreeSet::new();
    for passage in passages {
        tcp_proxy.set(*passage);
        let printed = printed(roles, None).await;
        assert!(printed.iter().any(|text| text.contains(refusal)), "{passage:?}: {printed:#?}");
        said.extend(printed);
        said.extend(answers(roles).await);
    }
    for (role, from) in who.iter().zip(before) {
        let complains = || log(role)[from..].lines().any(|line| line.contains("WARN") || line.contains("ERROR")).then_some(());
        roles.until(&format!("a complaint of {role}"), complains).await;
    }
    tcp_proxy.set(Passage::Open);
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_a_command_line_a_log_an_answer_or_an_error() {
    let mut roles = Roles::start().await;
    all_kinds_of_nodes(&mut roles).await;
    let password = roles.database_password();
    let mut found = Vec::new();
    let lines = command_lines(roles.pids());
    assert!(lines.len() > roles.pids().len(), "the fleet has started nothing: {lines:#?}");
    for line in lines {
        assert!(line.contains("linkpool"), "a process has ended: {line}");
        search("a command line", &line, &password, &mut found);
    }
    let chain = Chain::connect(&Endpoint::named("main", roles.rpc_url()).unwrap().patient(), None).await.unwrap();
    search("Debug output", &format!("{chain:?} {chain:#?} {:?}", roles.database), &password, &mut found);
    let mut said = BTreeSet::from_iter(answers(&roles).await);
    said.extend(printed(&roles, None).await);
    let refused = printed(&roles, Some(&roles.fixture.database.url().replace(&password, WRONG_PASSWORD))).await;
    assert!(refused.iter().any(|text| text.contains("refuses user")), "{refused:#?}");
    said.extend(refused);
    let to_chain = &roles.proxy_to_chain;
    said.extend(
        without(&roles, to_chain, &[Passage::Closed], &["index", "registrar"], "cannot reach the RPC endpoint `main`").await,
    );
    let (to_database, hangs_and_breaks) = (&roles.proxy_to_database, [Passage::Silent, Passage::Closed]);
    said.extend(without(&roles, to_database, &hangs_and_breaks, &ROLES, "cannot reach Postgres").await);
    said.iter().for_each(|text| search("an answer", text, &password, &mut found));
    for role in roles.names() {
        let log = fs::read_to_string(roles.log(role)).unwrap();
        assert!(log.contains("TRACE") || log.contains("DEBUG") || log.contains("INFO"), "{role} is not at its most talkative");
        search(&format!("the log of {role}"), &log, &password, &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}
