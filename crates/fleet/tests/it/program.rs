//! Programs for the tests to start: this test program again, as a node or as a fleet.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, path::PathBuf, sync::Arc};

use clap::Parser;
use linkpool_db::{Connect, Database};
use linkpool_fleet::local::{Life, LocalBackend, LocalConfig};
use linkpool_standin_node::{ChainlinkArgs, StandinArgs};
use tokio_util::sync::CancellationToken;

use crate::fixture::{fleet_config, local_config};

/// Set in a process that is to be a node.
const NODE: &str = "LINKPOOL_TEST_NODE_ARGUMENTS";
/// Set in a process that is to be a node called as Chainlink's is.
const CHAINLINK: &str = "LINKPOOL_TEST_CHAINLINK_ARGUMENTS";
/// Set where such a node is to end as soon as it serves.
const ENDS: &str = "LINKPOOL_TEST_CHAINLINK_ENDS";
/// Set in a process that is to be a fleet: the directory, the database's URL, and whether the nodes outlive it.
pub const FLEET: &str = "LINKPOOL_TEST_FLEET";

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    standin: StandinArgs,
}

/// Between two looks of a node at its own health, of which the first says that it fails. A real one takes 15 s, which every test would wait.
const HEALTH_MS: u32 = 1_000;

/// A script that becomes this test program, as a node. The faults of the next start stand in the file `faults` beside it.
pub fn node(directory: &Path) -> PathBuf {
    let path = directory.join("node.sh");
    let program = std::env::current_exe().unwrap();
    let faults = directory.join("faults");
    let script = format!(
        "#!/bin/sh\n{NODE}=\"$(printf '%s\\n' \"$@\" --development-chain=31337 --health-interval-ms={HEALTH_MS} \"--faults=$(cat {} 2>/dev/null)\")\"\nexport {NODE}\nexec {} --exact program::runs_a_node_if_started_as_one --nocapture\n",
        faults.display(),
        program.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn runs_a_node_if_started_as_one() {
    let Ok(arguments) = std::env::var(NODE) else { return };
    let command_line = CommandLine::parse_from(std::iter::once("standin-node").chain(arguments.split('\n')));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = match runtime.block_on(command_line.standin.run()) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            error.exit_code()
        }
    };
    std::process::exit(code.into());
}

/// A script that becomes this test program, as a Chainlink node of that version: one that lives, one that is none, or one that ends
/// as soon as it serves.
pub fn chainlink(directory: &Path, version: &str, kind: Kind) -> PathBuf {
    let path = directory.join(format!("chainlink-{version}"));
    let program = std::env::current_exe().unwrap();
    let start = match kind {
        Kind::Lives => "",
        Kind::NeverConnects => "exec sleep 3600",
        Kind::EndsOnceItServes => "export LINKPOOL_TEST_CHAINLINK_ENDS=1",
    };
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n--version) echo 'chainlink version {version}@abc'; exit ;;\n*validate) echo Valid configuration.; exit ;;\nesac\n\
         {start}\nexport LINKPOOL_STANDIN_VERSION={version} LINKPOOL_STANDIN_HEALTH_INTERVAL_MS={HEALTH_MS}\n{CHAINLINK}=\"$(printf '%s\\n' \"$@\")\"\nexport {CHAINLINK}\n\
         exec {} --exact program::runs_a_chainlink_node_if_started_as_one --nocapture\n",
        program.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What becomes of a node that is started.
#[derive(Clone, Copy)]
pub enum Kind {
    Lives,
    NeverConnects,
    EndsOnceItServes,
}

#[test]
fn runs_a_chainlink_node_if_started_as_one() {
    let Ok(arguments) = std::env::var(CHAINLINK) else { return };
    let line: Vec<std::ffi::OsString> = arguments.split('\n').map(Into::into).collect();
    if std::env::var(ENDS).is_ok() {
        let fixed = arguments.split('\n').find(|word| word.ends_with(".fixed.toml")).unwrap();
        let port = port_of(&fs::read_to_string(fixed).unwrap()).unwrap();
        // Its first server listens once it has the lease.
        std::thread::spawn(move || {
            while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            std::process::exit(1)
        });
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = runtime.block_on(ChainlinkArgs { line }.run());
    std::process::exit(code.into());
}

/// The port that a replica's configuration says.
pub fn port_of(fixed: &str) -> Option<u16> {
    fixed.lines().find_map(|line| line.strip_prefix("HTTPPort = ")?.parse().ok())
}

#[test]
fn runs_a_fleet_if_started_as_one() {
    let Ok(location) = std::env::var(FLEET) else { return };
    let words: Vec<&str> = location.split('\n').collect();
    if let ["rollout", directory, url, first, blocks] = words.as_slice() {
        let ports = (first.parse().unwrap(), blocks.parse().unwrap());
        return crate::rollout::fixture::run_fleet(Path::new(directory), url, ports);
    }
    let (directory, url) = (words[0], words[1]);
    let life = if words.len() > 2 { Life::OfItsOwn } else { Life::WithParent };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::connect(&Connect::new(url)).await.unwrap();
        let local = LocalConfig { life, ..local_config(Path::new(directory), url) };
        let backend = LocalBackend::new(local).unwrap();
        linkpool_fleet::run(fleet_config(), database, Arc::new(backend), CancellationToken::new()).await.unwrap();
    });
}
