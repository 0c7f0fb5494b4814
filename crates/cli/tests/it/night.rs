//! Every command where something is missing, as somebody runs it who was woken up: one sentence, an exit code that a script can act
//! on, and never a panic. `arguments.rs` holds the table to the tree of commands.

use std::{
    fs,
    io::{self, Read},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use linkpool_testkit::fixture::Contracts;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    fixture::{CliFixture, restrict},
    program::linkpool,
    users::Users,
};

const TABLE: &str = include_str!("night/commands.txt");
/// For a loaded machine: what does not end by itself is ended.
const WAIT_TIMEOUT: Duration = Duration::from_secs(90);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const AT_ONCE: usize = 6;
/// Where nobody listens.
const NOBODY: &str = "127.0.0.1:1";
const KEYS: [&str; 7] =
    ["registrar", "keys.deployer", "keys.earnings", "keys.guardian", "keys.reporter", "keys.slasher", "keys.treasury"];

/// What is missing; in the order of the table's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Settings,
    Sense,
    Database,
    Chain,
    Rights,
}

const COLUMNS: [Missing; 5] = [Missing::Settings, Missing::Sense, Missing::Database, Missing::Chain, Missing::Rights];

struct Night {
    fixture: CliFixture,
    contracts: Contracts,
    users: Users,
    files: AtomicUsize,
}

impl Night {
    async fn fall() -> Self {
        let (fixture, contracts, _) = CliFixture::with_pool(|accounts, ours| accounts.registrar = ours).await;
        let users = Users::of(&fixture.database);
        let night = Self { fixture, contracts, users, files: AtomicUsize::new(0) };
        COLUMNS.into_iter().for_each(|missing| night.configure(missing));
        night
    }

    /// A folder for each column, with everything that it has not.
    fn configure(&self, missing: Missing) {
        let folder = self.fixture.path(&format!("{missing:?}"));
        fs::create_dir(&folder).unwrap();
        let url = match missing {
            Missing::Database => format!("postgres://nobody@{NOBODY}/none"),
            Missing::Rights => self.users.url("linkpool_api").to_string(),
            _ => self.fixture.database.url().to_owned(),
        };
        let keystore = fs::read_to_string(self.fixture.path("keystore.json")).unwrap();
        let secrets = [
            ("keystore.json", &*keystore),
            ("password", "a test password\n"),
            ("token", &"x".repeat(40)),
            ("seal", &"5e".repeat(32)),
        ];
        for (name, text) in secrets.into_iter().chain([("database", &*url), ("nodes-database", self.fixture.database.url())]) {
            fs::write(folder.join(name), text).unwrap();
            restrict(&folder.join(name), 0o600);
        }
        fs::write(folder.join("size"), "19000").unwrap();
        let settings = match missing {
            Missing::Settings => return,
            // The error must not show the line, which may hold a password.
            Missing::Sense => "[database]\nurl = \"postgres://me:planted-secret@host/db\n".to_owned(),
            _ => self.settings(if missing == Missing::Chain { format!("http://{NOBODY}") } else { self.fixture.rpc_url() }),
        };
        fs::write(folder.join("linkpool.toml"), settings).unwrap();
    }

    fn settings(&self, rpc_url: String) -> String {
        let Contracts { pool, link, timelock, earnings_factory, deploy_block, .. } = self.contracts;
        let keys = KEYS.map(|key| format!("[{key}]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n")).concat();
        format!(
            "[chain]\nrpc_url = \"{rpc_url}\"\nchain_id = 31337\npool = \"{pool}\"\ndeploy_block = {deploy_block}\nearnings_factory = \"{earnings_factory}\"\n[database]\nurl_file = \"database\"\n\
             [api]\nlisten = \"127.0.0.1:0\"\n[operator]\nlisten = \"127.0.0.1:0\"\nurl = \"http://{NOBODY}\"\ntoken_file = \"token\"\n\
             [fleet]\nseal_key_file = \"seal\"\nnode_database_url_file = \"nodes-database\"\ndevelopment_chains = [31337]\n\
             [reporter]\nsource_file = \"size\"\n\
             [deploy]\ntoken = \"{link}\"\nproposers = [\"{timelock}\"]\nexecutors = []\nsink = \"{link}\"\nfee_recipient = \"{timelock}\"\n\
             fee_bps = 500\nmax_share_bps = 1000\ndefault_cap_link = 100000\nnetwork_ceiling = 25000\nnetwork_reported = 19000\n\
             registrations_at_once = 10\nregistrations_per_day = 50\nallow_unsigned_wallets = false\n\
             registrars = [\"{pool}\"]\nguardians = [\"{link}\"]\nslashers = [\"{timelock}\"]\nreporters = [\"{}\"]\n{keys}",
            self.fixture.account
        )
    }

    /// The command, asked in one of the ways in which scripts and people ask: with and without colours, for JSON, for JSON in the log,
    /// and with an answer of which nobody reads more than the beginning.
    fn command(&self, line: &str, missing: Missing) -> Command {
        let new = format!("new-{}.json", self.files.fetch_add(1, Relaxed));
        let hash = format!("0x{}", "ab".repeat(32));
        let line = line.replace("{node}", &self.contracts.lens.to_string()).replace("{hash}", &hash).replace("{new}", &new);
        let folder = self.fixture.path(&format!("{missing:?}"));
        let mut command = linkpool();
        command.current_dir(&folder).env("LINKPOOL_NODE_MODULES", &folder).stdin(Stdio::null()).stderr(Stdio::piped());
        match missing {
            Missing::Settings => drop(command.env("NO_COLOR", "1")),
            Missing::Sense => drop(command.arg("--log-json")),
            _ => {}
        }
        let plain = line.trim_end_matches(" --json");
        command.args(if missing == Missing::Database { &line } else { plain }.split_whitespace());
        command
    }

    /// Runs a command, and says what is wrong with how it ends.
    fn fault(&self, line: &str, missing: Missing, cell: &str) -> Option<String> {
        let mut command = self.command(line, missing);
        let (code, stderr) = match cell.strip_prefix('~') {
            Some(says) => as_role(&mut command, says),
            None => as_command(&mut command, missing == Missing::Chain),
        };
        let expect = if cell.starts_with('~') { 0 } else { cell.parse().unwrap() };
        let is_reader_gone = missing == Missing::Chain && code == Some(141);
        let fault = if code != Some(expect) && !is_reader_gone {
            Some(format!("ended with {code:?} and not {expect}"))
        } else if ["panicked", "RUST_BACKTRACE", "planted-secret", "\u{1b}"].iter().any(|word| stderr.contains(word)) {
            Some("said what nobody should see".to_owned())
        } else if expect == 0 || is_reader_gone {
            None
        } else {
            let as_json = missing == Missing::Sense || (missing == Missing::Database && line.ends_with("--json"));
            wrong_sentence(stderr.lines().last().unwrap_or_default(), expect, as_json)
        };
        fault.map(|fault| format!("{line}, without {missing:?}: {fault}: {}", stderr.lines().last().unwrap_or_default()))
    }
}

/// What is wrong with the last line of a command that failed.
fn wrong_sentence(line: &str, code: i32, as_json: bool) -> Option<String> {
    let message = match (as_json, serde_json::from_str::<Value>(line)) {
        (true, Ok(value)) if value["fields"]["exit_code"] == code => value["fields"]["message"].as_str().map(str::to_owned),
        (false, Err(_)) => line.strip_prefix("linkpool: ").map(str::to_owned),
        _ => None,
    };
    match message {
        None => Some("the last line is not the message".to_owned()),
        Some(message) if message.len() < 20 => Some("the message is no sentence".to_owned()),
        // Of a value that was printed as a programmer sees it.
        Some(message) if message.contains("Some(") || message.contains(" { ") || message.contains(" | ") => {
            Some("the message is not for people".to_owned())
        }
        Some(_) => None,
    }
}

/// To its end. Of the answer nobody reads more than the first byte if `head`.
fn as_command(command: &mut Command, head: bool) -> (Option<i32>, String) {
    let (mut reader, writer) = io::pipe().unwrap();
    let child = command.stdout(writer).spawn().unwrap();
    // The command keeps an end of the pipe.
    command.stdout(Stdio::null());
    std::thread::spawn(
        move || if head { reader.read(&mut [0]).map(drop) } else { io::copy(&mut reader, &mut io::sink()).map(drop) },
    );
    ended(child, None)
}

/// Until it has said this; then it is stopped.
fn as_role(command: &mut Command, says: &str) -> (Option<i32>, String) {
    let (code, said) = ended(command.stdout(Stdio::null()).spawn().unwrap(), Some(says));
    (code.filter(|_| said.contains(says)), said)
}

/// Waits for its end, and asks for it once it has said `says`. One that takes too long is killed.
fn ended(mut child: Child, says: Option<&str>) -> (Option<i32>, String) {
    let (mut stderr, said) = (child.stderr.take().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let told = said.clone();
    let reading = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut bytes) {
            told.lock().unwrap().extend_from_slice(&bytes[..count]);
        }
    });
    let text = || String::from_utf8_lossy(&said.lock().unwrap()).into_owned();
    let (deadline, mut asked) = (Instant::now() + WAIT_TIMEOUT, false);
    while child.try_wait().unwrap().is_none() {
        if !asked && says.is_some_and(|says| text().contains(says)) {
            asked = true;
            kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    reading.join().unwrap();
    (child.wait().unwrap().code(), text())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_says_in_a_sentence_what_is_missing_and_ends_with_its_exit_code() {
    let night = Night::fall().await;
    let rows = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cells: Vec<(&str, Missing, &str)> = rows
        .flat_map(|row| {
            let mut cells = row.split('|').map(str::trim);
            let line = cells.next().unwrap();
            let cells: Vec<&str> = cells.collect();
            assert_eq!(cells.len(), COLUMNS.len(), "{row}");
            COLUMNS.into_iter().zip(cells).map(move |(missing, cell)| (line, missing, cell)).collect::<Vec<_>>()
        })
        .collect();
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((line, missing, cell)) = cells.get(next.fetch_add(1, Relaxed)) {
                    faults.lock().unwrap().extend(night.fault(line, *missing, cell));
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cells.len(), faults.join("\n"));
}
