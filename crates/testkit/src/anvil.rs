//! An anvil chain on a port that the operating system chooses.
//!
//! anvil writes its state when it gets INT or TERM, never on KILL, and it truncates the file before it writes. So anvil loads
//! one file and dumps to another, and the next start takes the dump over only if it is complete. A half-written dump costs
//! the blocks since the last complete one: the whole chain, where that is the first.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::process::Signal;
use serde_json::Value;
use smart_default::SmartDefault;
use tokio::time::Instant;

use crate::{
    Error, Result, Tools,
    ephemeral::EphemeralDir,
    http,
    lock::DataLock,
    process::{ChildOptions, ChildProcess},
};

/// What messages call it.
const NAME: &str = "anvil";
/// In the data directory.
pub(crate) const LOG: &str = "anvil.log";
const LISTENING: &str = "Listening on 127.0.0.1:";
const READY_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Writing the state of a long chain takes seconds; a predecessor gets this long to finish.
pub(crate) const DUMP_TIMEOUT: Duration = Duration::from_secs(60);

/// How the chain shall behave. The default is ephemeral, mines a block per transaction and has the usual chain id.
#[derive(Debug, Clone, SmartDefault)]
pub struct AnvilOptions {
    /// Where the chain's state is kept between runs; none for a chain that is thrown away.
    pub data_dir: Option<PathBuf>,
    /// 0 for a free port.
    pub port: u16,
    #[default(31337)]
    pub chain_id: u64,
    /// Time between blocks; none mines a block as soon as a transaction arrives.
    pub block_time: Option<Duration>,
    /// Unix seconds of the first block of a chain that begins now; its clock goes on from there.
    pub genesis_time: Option<u64>,
    /// Blocks in an epoch: the safe block lies one epoch behind the head, the finalized block two.
    #[default(1)]
    pub slots_in_epoch: u64,
    /// How often the state is written while the chain runs; none writes it at the end only.
    pub state_interval: Option<Duration>,
    /// Unlocked accounts with 10,000 ether each.
    #[default(10)]
    pub accounts: u32,
    /// For a chain whose state must be whole even when this process is killed.
    pub keeper: Option<Keeper>,
}

/// A process between this one and anvil, which outlives this one for as long as anvil writes its state: a program that calls
/// [`crate::keeper::keep`] with what follows its own arguments, which is anvil's program and arguments.
#[derive(Debug, Clone)]
pub struct Keeper {
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

/// Which state a chain continues from. The last run dumped its state when it ended, or at its last interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedState {
    /// There was no run before: the chain begins at its genesis.
    None,
    /// What the last run dumped.
    Complete,
    /// What an earlier run dumped: the last one left half a dump, or none, and its blocks are lost.
    Older,
    /// The last run was the first, and left half a dump: its chain is lost, and a new one begins at its genesis.
    Lost,
}

impl SavedState {
    /// Whether anvil has a state to load.
    fn is_loaded(self) -> bool {
        matches!(self, Self::Complete | Self::Older)
    }
}

/// A running chain. Dropping it stops it; `stop` also waits until its state is written.
#[derive(Debug)]
pub struct Anvil {
    // Fields drop in this order: the process is told to stop before its lock and its folder go.
    process: ChildProcess,
    _lock: DataLock,
    ephemeral: Option<EphemeralDir>,
    old_states: PathBuf,
    port: u16,
    saved_state: SavedState,
}

impl Anvil {
    /// Starts a chain and returns when it answers.
    pub async fn start(tools: &Tools, options: &AnvilOptions) -> Result<Self> {
        let program = tools.anvil()?;
        let (dir, ephemeral, lock) = match &options.data_dir {
            Some(dir) => (dir.clone(), None, DataLock::acquire(dir, NAME, DUMP_TIMEOUT).await?),
            None => {
                let (ephemeral, lock) = EphemeralDir::new(NAME).await?;
                (ephemeral.path().to_owned(), Some(ephemeral), lock)
            }
        };
        if options.port != 0 && std::net::TcpListener::bind(("127.0.0.1", options.port)).is_err() {
            return Err(Error::PortInUse { port: options.port });
        }
        let saved_state = take_over_dump(&dir)?;
        let old_states = dir.join(OLD_STATES);
        empty(&old_states)?;
        let (mut command, log) = match &options.keeper {
            None => (Command::new(program), LOG),
            Some(keeper) => {
                let mut command = Command::new(&keeper.program);
                command.args(&keeper.arguments).arg(program);
                // Of the last run: the port in it is not this one's.
                let _ = fs::remove_file(dir.join(LOG));
                (command, "keeper.log")
            }
        };
        command.current_dir(&dir).args(arguments(options, saved_state.is_loaded()));
        // Without this the log grows by a line for every request.
        command.env("RUST_LOG", "node=warn,backend=warn");
        let child = ChildOptions { what: NAME, stop_signal: Signal::TERM, log: dir.join(log), lock: Some(lock.for_child()?) };
        let process = ChildProcess::spawn(command, child)?;
        let port = until_ready(&process, &dir.join(LOG), options.chain_id).await?;
        Ok(Self { process, _lock: lock, ephemeral, old_states, port, saved_state })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    pub fn saved_state(&self) -> SavedState {
        self.saved_state
    }

    /// The child, to watch for its end.
    pub fn process(&self) -> &ChildProcess {
        &self.process
    }

    /// Calls a JSON-RPC method.
    pub async fn request(&self, method: &str, params: Value) -> Result<Value> {
        http::request(self.port, method, params).await
    }

    /// Stops the chain and returns when its state is written.
    pub async fn stop(self) {
        self.process.stop(DUMP_TIMEOUT).await;
        // What can't be removed here, the next start removes.
        let _ = fs::remove_dir_all(&self.old_states);
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        if self.ephemeral.is_some() {
            self.process.end_now(Signal::KILL);
        }
    }
}

fn arguments(options: &AnvilOptions, load: bool) -> Vec<String> {
    let mut arguments = vec![
        "--host=127.0.0.1".to_owned(),
        format!("--port={}", options.port),
        format!("--chain-id={}", options.chain_id),
        format!("--accounts={}", options.accounts),
        format!("--slots-in-an-epoch={}", options.slots_in_epoch),
        format!("--cache-path={OLD_STATES}"),
    ];
    if let Some(time) = options.block_time {
        arguments.push(format!("--block-time={}", time.as_secs_f64()));
    }
    if load {
        arguments.push(format!("--load-state={STATE}"));
    } else if let Some(time) = options.genesis_time {
        arguments.push(format!("--timestamp={time}"));
    }
    if options.data_dir.is_some() {
        arguments.push(format!("--dump-state={DUMPED}"));
        if let Some(interval) = options.state_interval {
            arguments.push(format!("--state-interval={}", interval.as_secs().max(1)));
        }
    }
    arguments
}

/// Loaded at the start, never written by anvil.
const STATE: &str = "state.json";
/// Written by anvil, complete only if it ended well.
const DUMPED: &str = "state.dumped.json";

/// Where anvil puts the states of the blocks that are some hundreds older than the newest, and leaves them when it ends, however it ends.
/// No later run reads them. Unless told where, it fills the home directory with them.
const OLD_STATES: &str = "old-states";

/// Makes the folder, without what was in it.
fn empty(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir(dir),
    }
    .map_err(Error::io(format!("empty {}", dir.display())))
}

/// Makes the dump of the last run the state of this one, if it is complete.
fn take_over_dump(dir: &Path) -> Result<SavedState> {
    let (state, dumped) = (dir.join(STATE), dir.join(DUMPED));
    if dumped.exists() {
        if is_complete(&dumped) {
            fs::rename(&dumped, &state).map_err(Error::io(format!("replace {}", state.display())))?;
            return Ok(SavedState::Complete);
        }
        fs::remove_file(&dumped).map_err(Error::io(format!("remove {}", dumped.display())))?;
        if state.exists() {
            tracing::warn!(dir = %dir.display(), "the last run's dump of the chain is half written; an older one is taken");
            return Ok(SavedState::Older);
        }
        tracing::warn!(dir = %dir.display(), "the only dump of the chain is half written; the chain is lost and begins again");
        return Ok(SavedState::Lost);
    }
    // The last run ended before it dumped anything, so what it began with is older than what it knew.
    Ok(if state.exists() { SavedState::Older } else { SavedState::None })
}

fn is_complete(path: &Path) -> bool {
    let parsed = |file| serde_json::from_reader::<_, serde::de::IgnoredAny>(BufReader::with_capacity(1 << 20, file));
    File::open(path).is_ok_and(|file| parsed(file).is_ok())
}

async fn until_ready(process: &ChildProcess, log: &Path, chain_id: u64) -> Result<u16> {
    let deadline = Instant::now() + READY_TIMEOUT;
    let expected = format!("{chain_id:#x}");
    loop {
        let port = fs::read_to_string(log).ok().as_deref().and_then(listening_port);
        if let Some(port) = port
            && let Ok(answered) = http::request(port, "eth_chainId", Value::Array(Vec::new())).await
        {
            if answered == expected.as_str() {
                return Ok(port);
            }
            return Err(process.not_started(format!("it has chain id {answered} and not {expected}")));
        }
        if process.exit_status().is_some() {
            return Err(process.not_started("it ended"));
        }
        if Instant::now() > deadline {
            return Err(process.not_started(format!("not ready within {} s", READY_TIMEOUT.as_secs())));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

pub(crate) fn listening_port(log: &str) -> Option<u16> {
    let (_, rest) = log.split_once(LISTENING)?;
    // A line that is not finished may hold half a number.
    let (port, _) = rest.split_once('\n')?;
    port.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_read_only_from_a_finished_line() {
        assert_eq!(listening_port("x\nListening on 127.0.0.1:375"), None);
        assert_eq!(listening_port("x\nListening on 127.0.0.1:37541\n"), Some(37541));
    }

    #[test]
    fn a_half_written_dump_never_replaces_a_complete_state() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let read = || fs::read_to_string(dir.path().join(STATE)).expect("a state");
        let check = |dumped: &str, expect: SavedState, state: &str| {
            fs::write(dir.path().join(DUMPED), dumped).expect("a file");
            assert_eq!(take_over_dump(dir.path()).expect("a state"), expect, "{dumped}");
            assert_eq!(read(), state);
            assert!(!dir.path().join(DUMPED).exists());
        };
        assert_eq!(take_over_dump(dir.path()).expect("an empty folder"), SavedState::None);
        check(r#"{"block":1}"#, SavedState::Complete, r#"{"block":1}"#);
        check(r#"{"block":2,"acc"#, SavedState::Older, r#"{"block":1}"#);
        check("", SavedState::Older, r#"{"block":1}"#);
        check(r#"{"block":3}"#, SavedState::Complete, r#"{"block":3}"#);
        assert_eq!(take_over_dump(dir.path()).expect("no dump"), SavedState::Older);
    }

    #[test]
    fn a_first_dump_that_is_half_written_is_a_lost_chain_and_no_new_one() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::write(dir.path().join(DUMPED), r#"{"block":1,"acc"#).expect("a file");
        let saved_state = take_over_dump(dir.path()).expect("a folder");
        assert_eq!((saved_state, saved_state.is_loaded()), (SavedState::Lost, false));
        assert_eq!(take_over_dump(dir.path()).expect("the same folder"), SavedState::None);
    }
}
