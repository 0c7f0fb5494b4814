//! Settings: flags win over `LINKPOOL__SECTION__KEY` variables, which win over the file. An unknown key is an error.

mod api;
mod autoscale;
mod aws;
mod chain;
mod chainlink;
mod deploy;
mod doctor;
mod earnings;
mod ecs;
mod endpoints;
mod ether;
mod file_path;
pub mod fleet;
pub mod key_place;
pub mod keys;
mod operator;
mod ranges;
mod registrar;
mod reporter;
mod rollout;
#[cfg(test)]
mod sources;
mod transactions;
mod value;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use figment::{
    Figment,
    error::{Actual, Kind},
    providers::{Env, Format, Serialized, Toml},
};
use linkpool_chainlink::Secret;
use linkpool_primitives::Address;
use serde::Deserialize;

pub use self::fleet::Program;
use self::{
    file_path::FilePath,
    key_place::KeyPlace,
    value::{FILE, missing, secret_file},
};
use crate::{failure::Failure, flags::Global};

/// The coin of Ethereum and of most chains that follow it.
const CURRENCY: &str = "ETH";
/// A monitor asks four times a minute, for each role: what it is told of the chain need not be asked for as often.
const STATISTICS_AGE: Duration = Duration::from_secs(60);
/// Amounts of money: their variables are taken as text, because a number with a point would become a float.
const AMOUNTS: [&str; 8] = [
    "registrar.funding_initial_eth",
    "registrar.funding_daily_cap_eth",
    "registrar.funding_top_up_below_eth",
    "registrar.funding_top_up_to_eth",
    "transactions.fees_daily_cap_eth",
    "earnings.link_price_eth",
    "earnings.operators_daily_cap_eth",
    "doctor.balance_eth",
];

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub chain: chain::ChainConfig,
    pub database: DatabaseConfig,
    pub indexer: IndexerConfig,
    pub api: api::ApiConfig,
    pub operator: operator::OperatorConfig,
    pub aws: aws::AwsConfig,
    pub fleet: fleet::FleetConfig,
    pub ecs: ecs::EcsSettings,
    pub rollout: rollout::RolloutConfig,
    pub autoscale: autoscale::AutoscaleConfig,
    pub deploy: deploy::DeployConfig,
    pub keys: keys::KeysConfig,
    pub reporter: reporter::ReporterConfig,
    pub earnings: earnings::EarningsConfig,
    pub registrar: registrar::RegistrarConfig,
    pub transactions: transactions::TransactionsConfig,
    pub doctor: doctor::DoctorConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    url: Option<Secret>,
    /// A file that holds the URL, for installations that keep secrets in files.
    url_file: Option<FilePath>,
    max_connections: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexerConfig {
    /// How often the head is looked at.
    pub poll_ms: u64,
    /// Most final blocks asked for at once.
    pub range_blocks: u64,
    /// Where `/health`, `/ready` and `/metrics` are served; nowhere if unset.
    pub health_listen: Option<std::net::SocketAddr>,
    /// How often the database is compared with the contract; 0 for never.
    pub verify_every_s: u64,
    /// Positions, and tickets, that such a comparison takes of those that changed lately, and as many at random.
    pub verify_rows: u32,
}

impl Default for IndexerConfig {
    fn default() -> Self {
        Self { poll_ms: 1_000, range_blocks: 10_000, health_listen: None, verify_every_s: 1_800, verify_rows: 200 }
    }
}

impl IndexerConfig {
    /// How the database is compared with the contract while the indexer runs; `None` for not at all.
    pub fn verification_schedule(&self) -> Option<linkpool_indexer::VerificationSchedule> {
        let every = Duration::from_secs(self.verify_every_s);
        (!every.is_zero()).then_some(linkpool_indexer::VerificationSchedule { every, rows: self.verify_rows })
    }

    /// What the indexer of this contract is told.
    pub fn settings(&self, pool: Address) -> linkpool_indexer::Config {
        linkpool_indexer::Config { pool, range: self.range_blocks, poll: Duration::from_millis(self.poll_ms) }
    }
}

impl Config {
    /// Reads the file, the variables and the flags.
    pub fn load(global: &Global) -> Result<Self> {
        let settings = settings_file(global)?;
        let figment = settings.as_ref().map_or_else(Figment::new, |path| Figment::from(Toml::file_exact(path)));
        let figment = variables(figment);
        ranges::check(&figment)?;
        let mut config: Self = figment
            .extract()
            .map_err(|error| Failure::bad_input(format!("the configuration is not valid: {}", readable(error))))?;
        config.fleet.directory.get_or_insert_with(|| FilePath::beside(settings.as_deref(), fleet::DIRECTORY));
        if let Some(url) = &global.rpc_url {
            (config.chain.rpc_url, config.chain.ws_url) = (Some(url.clone()), None);
            config.chain.endpoints.clear();
        }
        config.chain.chain_id = global.chain_id.map(ranges::chain_id).transpose()?.or(config.chain.chain_id);
        config.chain.pool = global.pool.map(|pool| pool.to_string()).or(config.chain.pool);
        if let Some(url) = &global.database_url {
            // Like the endpoint's: who passes one means it, whatever the file says.
            (config.database.url, config.database.url_file) = (Some(url.clone()), None);
        }
        config.chain.take_deployment()?;
        Ok(config)
    }

    pub fn endpoints(&self) -> Result<Vec<linkpool_chain::Endpoint>> {
        self.chain.all_endpoints()
    }

    /// How much one endpoint's word counts.
    pub fn policy(&self) -> Result<linkpool_chain::Policy> {
        self.chain.policy(self.endpoints()?.len())
    }

    /// How old what `/metrics` says of the chain may be.
    pub fn statistics_age(&self) -> Duration {
        self.chain.statistics_seconds.map_or(STATISTICS_AGE, Duration::from_secs)
    }

    pub fn has_endpoint(&self) -> bool {
        self.chain.rpc_url.is_some() || !self.chain.endpoints.is_empty()
    }

    pub fn has_database(&self) -> bool {
        self.database.url.is_some() || self.database.url_file.is_some()
    }

    /// Every file of these settings that holds a secret, with the setting that names it.
    pub fn secret_files(&self) -> Vec<(String, PathBuf)> {
        let named = [
            ("database.url_file", &self.database.url_file),
            ("operator.token_file", &self.operator.token_file),
            ("fleet.node_database_url_file", &self.fleet.node_database_url_file),
            ("fleet.seal_key_file", &self.fleet.seal_key_file),
            ("registrar.keystore", &self.registrar.keystore),
            ("registrar.password_file", &self.registrar.password_file),
        ];
        let named = named.into_iter().filter_map(|(setting, path)| Some((setting.to_owned(), path.as_deref()?.to_owned())));
        let endpoints = self.chain.endpoints.iter().flat_map(|endpoint| [&endpoint.url_file, &endpoint.ws_url_file]);
        let endpoints = endpoints.flatten().map(|path| ("chain.endpoints".to_owned(), path.to_path_buf()));
        named.chain(endpoints).chain(self.keys.secret_files()).chain(self.registrar.credentials_files()).collect()
    }

    /// Every key of these settings: its name, and where it is.
    pub fn key_places(&self) -> Result<Vec<(&'static str, KeyPlace<'_>)>> {
        let registrar = self.registrar.place()?.map(|place| ("registrar", place));
        Ok(registrar.into_iter().chain(self.keys.places()?).collect())
    }

    pub fn chain_id(&self) -> Option<u64> {
        self.chain.chain_id
    }

    /// The word behind amounts of the chain's coin, here and on the page.
    pub fn currency(&self) -> Result<&str> {
        let Some(word) = self.chain.currency.as_deref() else { return Ok(CURRENCY) };
        let fits = (1..=12).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits {
            Ok(word)
        } else {
            Err(Failure::bad_input("chain.currency: write 1 to 12 letters or digits, like ETH, POL or xDAI"))
        }
    }

    pub fn pool(&self) -> Result<Option<Address>> {
        let parsed = self.chain.pool.as_deref().map(linkpool_primitives::parse_address).transpose();
        parsed.map_err(|error| Failure::bad_input(format!("chain.pool: {error}")))
    }

    /// What makes each node's own contract for its earnings, where the pool has it.
    pub fn earnings_factory(&self) -> Result<Option<Address>> {
        let parsed = self.chain.earnings_factory.as_deref().map(linkpool_primitives::parse_address).transpose();
        parsed.map_err(|error| Failure::bad_input(format!("chain.earnings_factory: {error}")))
    }

    pub fn deploy_block(&self) -> Option<u64> {
        self.chain.deploy_block
    }

    pub fn database(&self) -> Result<linkpool_db::Connect> {
        let url = match (&self.database.url, &self.database.url_file) {
            (Some(_), Some(_)) => {
                return Err(Failure::bad_input(
                    "database.url and database.url_file are both set: keep one of them in linkpool.toml and the variables",
                ));
            }
            (Some(url), None) => url.expose().to_owned(),
            (None, Some(path)) => secret_file("database.url_file", path)?.trim().to_owned(),
            (None, None) => return Err(missing("database", "--database-url URL", "database.url")),
        };
        let mut connect = linkpool_db::Connect::new(url);
        connect.max_connections = self.database.max_connections.unwrap_or(connect.max_connections);
        if let (None, Some(path)) = (&self.database.url, &self.database.url_file) {
            let path = path.clone();
            let reread = move || match std::fs::read_to_string(&path) {
                Ok(text) => Ok(text.trim().to_owned()),
                Err(error) => Err(format!("{}: {error}", path.display())),
            };
            connect.reread = Some(std::sync::Arc::new(reread));
        }
        Ok(connect)
    }
}

/// The file that the settings are in, if there is one. Absolute, so that the paths in it are.
fn settings_file(global: &Global) -> Result<Option<PathBuf>> {
    let path = match &global.config {
        Some(path) if !path.is_file() => {
            return Err(Failure::bad_input(format!("there is no configuration file {}", path.display())));
        }
        Some(path) => path,
        None if Path::new(FILE).is_file() => Path::new(FILE),
        None => return Ok(None),
    };
    let absolute = std::path::absolute(path);
    Ok(Some(absolute.map_err(|error| Failure::bad_input(format!("cannot tell where {} is: {error}", path.display())))?))
}

/// The first thing that is wrong, without the text of the file: it may hold a password.
fn readable(error: figment::Error) -> String {
    let mut error = error;
    if let Kind::InvalidType(found @ Actual::Str(_), _) | Kind::InvalidValue(found @ Actual::Str(_), _) = &mut error.kind {
        *found = Actual::Other("text".to_owned());
    }
    let text = error.to_string();
    let is_picture =
        |line: &&str| line.trim_start_matches([' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).starts_with('|');
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !is_picture(line)).collect();
    match lines.split_first() {
        Some((first, rest)) if !rest.is_empty() => format!("{first}: {}", rest.join(", ")),
        _ => lines.concat(),
    }
}

/// The `LINKPOOL__SECTION__KEY` variables.
fn variables(figment: Figment) -> Figment {
    let variables = Env::prefixed("LINKPOOL__").split("__");
    let amounts = variables.iter().filter(|(key, _)| AMOUNTS.contains(&key.as_str()));
    let amounts: Vec<(String, String)> = amounts.map(|(key, text)| (key.into_string(), text)).collect();
    let figment = figment.merge(variables);
    amounts.iter().fold(figment, |figment, (key, text)| figment.merge(Serialized::default(key, text.trim().trim_matches('"'))))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn no_setting_that_may_hold_a_secret_shows_in_debug_output() {
        let text = r#"
            [chain]
            rpc_url = "https://host/v3/planted-1"
            ws_url = "wss://host/v3/planted-2"
            [[chain.endpoints]]
            name = "main"
            url = "https://host/planted-3"
            ws_url = "wss://host/planted-4"
            [database]
            url = "postgres://user:planted-5@host/db"
            [operator]
            url = "https://host/planted-6"
            [reporter]
            source_url = "https://host/planted-7"
        "#;
        let config: Config = Figment::new().merge(Toml::string(text)).extract().unwrap();
        assert!(!format!("{config:?} {config:#?}").contains("planted"), "{config:?}");
        let flags = crate::arguments::Arguments::try_parse_from([
            "linkpool",
            "migrate",
            "--rpc-url",
            "https://host/planted",
            "--database-url",
            "postgres://u:planted@h/d",
        ]);
        assert!(!format!("{:?}", flags.unwrap()).contains("planted"));
    }

    #[test]
    fn an_address_in_the_settings_is_a_secret_because_it_may_hold_a_key() {
        // The page shows the one; an address of the other with a login in it is refused.
        const SHOWN: [&str; 2] = ["explorer_url", "url"];
        let shown: std::collections::BTreeSet<String> = sources::fields()
            .into_iter()
            .filter(|field| field.name.ends_with("url") && !field.holds("Secret"))
            .map(|field| field.name)
            .collect();
        assert_eq!(shown, SHOWN.map(str::to_owned).into(), "write Secret, or say here why everybody may see it");
    }

    #[test]
    fn the_coin_of_the_chain_has_the_name_that_people_give_it() {
        let currency = |text: &str| {
            let config: Config = Figment::new().merge(Toml::string(&format!("[chain]\n{text}"))).extract().unwrap();
            config.currency().map(str::to_owned).map_err(|error| error.to_string())
        };
        assert_eq!([currency(""), currency("currency = \"xDAI\"")], ["ETH", "xDAI"].map(|word| Ok(word.to_owned())));
        for wrong in ["", "A B", "thirteenchars", "€", "<b>"] {
            assert!(currency(&format!("currency = \"{wrong}\"")).unwrap_err().starts_with("chain.currency:"), "{wrong}");
        }
    }

    #[test]
    fn the_files_of_every_key_count_as_secrets() {
        let parts = ["deployer", "earnings", "guardian", "reporter", "slasher", "treasury"];
        let text =
            parts.map(|part| format!("[keys.{part}]\nkeystore = \"{part}.json\"\npassword_file = \"{part}.txt\"\n")).concat();
        let config: Config = Figment::new().merge(Toml::string(&text)).extract().unwrap();
        let files = config.secret_files();
        let here = |name: &str| std::path::absolute(name).unwrap();
        for part in parts {
            assert!(files.contains(&(format!("keys.{part}.keystore"), here(&format!("{part}.json")))), "{part}: {files:?}");
            assert!(files.contains(&(format!("keys.{part}.password_file"), here(&format!("{part}.txt")))), "{part}: {files:?}");
        }
    }
}
