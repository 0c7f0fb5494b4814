//! The program: its version, the check of its settings, and one replica of it.

use std::{
    ffi::OsString,
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use linkpool_chainlink::Secret;
use toml::Table;

use super::{
    arguments::{Arguments, Command},
    secrets::{Secrets, password_of_file, require_keystore_password},
    settings::{self, Settings},
};
use crate::{
    AdminCredentials, DevelopmentChain, HEALTH_INTERVAL, ReplicaConfig, Schema, StandinConfig, StandinError, VERSION,
    run_until_signal,
};

/// Raw TOML, over all files.
const CONFIG: &str = "CL_CONFIG";

/// What the stand-in says it is, if no flag says it.
const CLAIMED_VERSION: &str = "LINKPOOL_STANDIN_VERSION";
/// Milliseconds between two looks at its own health, where a test can't wait for a node's 15 s.
const HEALTH_VARIABLE: &str = "LINKPOOL_STANDIN_HEALTH_INTERVAL_MS";

/// Where it answers whatever its settings say: its container's address, where containers have no network of their own.
const ADDRESS_VARIABLE: &str = "LINKPOOL_STANDIN_ADDRESS";

/// The chains of development tools.
const DEVELOPMENT_CHAINS: [u64; 2] = [31_337, 1_337];

/// Runs a stand-in Chainlink node that is called as a node is.
///
/// Its wallet's private key lies unencrypted in its database: never send it anything of value.
#[derive(Clone, Debug, clap::Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub struct ChainlinkArgs {
    /// A node's own line: `--version`, or `node -config FILE -secrets FILE validate|start -a FILE -p FILE`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "LINE")]
    pub line: Vec<OsString>,
}

/// Settings of all files, checked.
struct Checked {
    table: Table,
    settings: Settings,
    secrets: Secrets,
}

impl ChainlinkArgs {
    /// Does what the line says, and returns the exit code of a node: 0, 1, or 255 where requests outlived the time after a SIGTERM.
    pub async fn run(self) -> u8 {
        match self.execute().await {
            Ok(()) => 0,
            Err(Ending { sentence, code }) => {
                // Where nobody reads, there is nobody to tell.
                let _ = writeln!(io::stderr(), "Error running app: {sentence}");
                code
            }
        }
    }

    async fn execute(self) -> Result<(), Ending> {
        let arguments = Arguments::parse(self.line)?;
        let version = arguments.version.clone().or_else(|| std::env::var(CLAIMED_VERSION).ok());
        let version = version.unwrap_or_else(|| VERSION.to_owned());
        match &arguments.command {
            Command::Version => say(&format!("chainlink version {version}@standin")),
            Command::Validate => {
                let checked = check(&arguments);
                let outcome = match &checked {
                    Ok(checked) => format!("# Input Configuration:\n{}\nValid configuration.", checked.table),
                    Err(ending) => format!("Invalid configuration: {}", ending.sentence),
                };
                say(&outcome)?;
                checked.map(drop).map_err(|_| Ending::from("invalid configuration".to_owned()))
            }
            Command::Start { api, password } => {
                let config = config(&arguments, &version, api.as_deref(), password.as_deref())?;
                run_until_signal(config).await.map_err(|error| Ending::of(&error))
            }
        }
    }
}

/// Why it ends, and with which code.
struct Ending {
    sentence: String,
    code: u8,
}

impl From<String> for Ending {
    fn from(sentence: String) -> Self {
        Self { sentence, code: 1 }
    }
}

impl Ending {
    fn of(error: &StandinError) -> Self {
        let code = if matches!(error, StandinError::GraceExceeded { .. }) { 255 } else { 1 };
        Self { sentence: error.to_string(), code }
    }

    fn of_faults(faults: &[String]) -> Self {
        Self::from(match faults {
            [fault] => fault.clone(),
            several => format!("{} errors:\n\t- {}", several.len(), several.join("\n\t- ")),
        })
    }
}

fn check(arguments: &Arguments) -> Result<Checked, Ending> {
    let mut texts = read_all(&arguments.configs, "failed to read config file")?;
    texts.extend(std::env::var(CONFIG).ok());
    let table = settings::read(&texts)?;
    let settings = Settings::of(&table).map_err(|faults| Ending::of_faults(&faults))?;
    let secrets = read_all(&arguments.secrets, "failed to read secrets file")?;
    let secrets = Secrets::read(&secrets, |name| std::env::var(name).ok());
    let secrets = secrets.map_err(|faults| Ending::from(format!("invalid secrets: {}", Ending::of_faults(&faults).sentence)))?;
    Ok(Checked { table, settings, secrets })
}

fn config(arguments: &Arguments, version: &str, api: Option<&Path>, password: Option<&Path>) -> Result<StandinConfig, Ending> {
    let Checked { settings, secrets, .. } = check(arguments)?;
    let keystore_password = match password {
        Some(path) => keystore_password(path)?,
        None => secrets.keystore_password,
    };
    require_keystore_password(&keystore_password)?;
    let admin = api.ok_or_else(|| "no API user credential file was passed".to_owned())?;
    let malformed = |_| format!("malformed API credentials file does not have at least two lines at {}", admin.display());
    let admin = AdminCredentials::parse(&read(admin, "error creating api initializer")?).map_err(malformed)?;
    let named: Vec<u64> = DEVELOPMENT_CHAINS.iter().chain(&arguments.development_chains).copied().collect();
    let chain = DevelopmentChain::named(settings.chain_id, &named).map_err(|error| Ending::of(&error))?;
    let interval = std::env::var(HEALTH_VARIABLE).ok().and_then(|text| text.parse().ok());
    let replica = ReplicaConfig {
        health_interval: interval.map_or(HEALTH_INTERVAL, Duration::from_millis),
        listen: SocketAddr::new(own_address().unwrap_or(settings.listen_ip), settings.http_port),
        rpc_url: Some(settings.rpc_url),
        lease: settings.lease,
        root_directory: Some(settings.root_directory),
        can_sign: false,
        link_token: settings.link_token,
        endpoint_name: settings.endpoint_name,
        shutdown_grace: settings.shutdown_grace,
        listen_retry: settings.start_timeout,
        secure_cookies: settings.secure_cookies,
        session_timeout: settings.session_timeout,
        keystore_password: Some(keystore_password),
        version: version.to_owned(),
        ..ReplicaConfig::new(Schema::of_own_database(), chain, admin)
    };
    Ok(StandinConfig { database_url: secrets.database_url, replica })
}

fn own_address() -> Option<IpAddr> {
    std::env::var(ADDRESS_VARIABLE).ok()?.parse().ok()
}

fn keystore_password(path: &Path) -> Result<Secret, Ending> {
    let text = read(path, "error reading password from file")?;
    password_of_file(&text).map_err(|why| Ending::from(format!("error reading password from file: {why}")))
}

fn read_all(paths: &[PathBuf], what: &str) -> Result<Vec<String>, Ending> {
    paths.iter().map(|path| read(path, what)).collect()
}

fn read(path: &Path, what: &str) -> Result<String, Ending> {
    std::fs::read_to_string(path).map_err(|error| Ending::from(format!("{what}: open {}: {error}", path.display())))
}

fn say(text: &str) -> Result<(), Ending> {
    writeln!(io::stdout(), "{text}").map_err(|error| Ending::from(error.to_string()))
}
