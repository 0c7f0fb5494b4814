//! Programs for the tests to start: this test program again, as a node or as a fleet.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, path::PathBuf};

use clap::Parser;
use linkpool_standin_node::{ChainlinkArgs, StandinArgs};

/// Set in a process that is to be a node.
const NODE: &str = "LINKPOOL_TEST_NODE_ARGUMENTS";
/// Set in a process that is to be a node called as Chainlink's is.
const CHAINLINK: &str = "LINKPOOL_TEST_CHAINLINK_ARGUMENTS";
/// Set where such a node is to end as soon as it serves.
const ENDS: &str = "LINKPOOL_TEST_CHAINLINK_ENDS";
/// Set in a process that is to be a fleet: `rollout` and what the backend of the tests tells it, or what only this backend knows.
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
    let path = crate::backend::program_path(directory, version);
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
        let address = crate::backend::address_of(&arguments);
        // Its first server listens once it has the lease.
        std::thread::spawn(move || {
            while std::net::TcpStream::connect(address).is_err() {
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
    match words.as_slice() {
        ["rollout", told @ ..] => crate::rollout::fixture::run_fleet(told),
        words => crate::backend::run_fleet(words),
    }
}
