//! What a stand-in takes of a node's settings. What it does not look at must be a node's all the same.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use alloy::primitives::Address;
use linkpool_chainlink::Secret;
use toml::{Table, Value};

use super::{known::require_known, merge::merge};
use crate::LeaseTiming;

/// The settings that count here, with a node's defaults.
#[derive(Debug)]
pub(super) struct Settings {
    pub root_directory: PathBuf,
    pub listen_ip: IpAddr,
    pub http_port: u16,
    pub secure_cookies: bool,
    pub session_timeout: Duration,
    pub start_timeout: Duration,
    pub shutdown_grace: Duration,
    pub lease: LeaseTiming,
    pub chain_id: u64,
    pub link_token: Option<Address>,
    pub rpc_url: Secret,
    pub endpoint_name: String,
}

/// Reads the texts, a later one over an earlier one.
pub(super) fn read(texts: &[String]) -> Result<Table, String> {
    let mut all = Table::new();
    for text in texts {
        let table = require_known(text, "").and_then(|()| toml::from_str(text).map_err(|error| error.message().to_owned()));
        merge(&mut all, table.map_err(|error| format!("failed to decode config TOML: {error}"))?);
    }
    Ok(all)
}

impl Settings {
    /// # Errors
    /// What is wrong, one line each.
    pub fn of(table: &Table) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let (chain_id, chain) = chain(table, &mut faults);
        let rpc_url = rpc_url(&chain, &mut faults);
        let mut get = Getter { table, faults: &mut faults };
        let settings = Self {
            root_directory: expanded(&get.text("RootDir").unwrap_or_else(|| "~/.chainlink".to_owned())),
            // A node listens everywhere; a stand-in, whose wallet is open, on this machine.
            listen_ip: get.parsed("WebServer.ListenIP").unwrap_or(IpAddr::from([127, 0, 0, 1])),
            http_port: get.number("WebServer.HTTPPort").unwrap_or(6_688),
            secure_cookies: get.flag("WebServer.SecureCookies").unwrap_or(true),
            session_timeout: get.duration("WebServer.SessionTimeout", "15m"),
            start_timeout: get.duration("WebServer.StartTimeout", "15s"),
            shutdown_grace: get.duration("ShutdownGracePeriod", "5s"),
            lease: LeaseTiming {
                duration: get.duration("Database.Lock.LeaseDuration", "10s"),
                refresh: get.duration("Database.Lock.LeaseRefreshInterval", "1s"),
            },
            chain_id,
            link_token: Getter { table: &chain, faults: &mut faults }.parsed("LinkContractAddress"),
            rpc_url,
            endpoint_name: endpoint_name(&chain),
        };
        if settings.lease.refresh * 2 > settings.lease.duration {
            faults.push(format!(
                "Database.Lock.LeaseRefreshInterval: invalid value ({:?}): must be less than or equal to half of LeaseDuration ({:?})",
                settings.lease.refresh, settings.lease.duration
            ));
        }
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }
}

/// The one chain of a stand-in.
fn chain(table: &Table, faults: &mut Vec<String>) -> (u64, Table) {
    let chains = table.get("EVM").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let [Value::Table(chain)] = chains else {
        faults.push(format!("EVM: a stand-in node has one chain, and {} are given", chains.len()));
        return (0, Table::new());
    };
    let id = match chain.get("ChainID") {
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Integer(number)) => u64::try_from(*number).ok(),
        _ => None,
    };
    if id.is_none() {
        faults.push("EVM.0.ChainID: missing: required for all chains".to_owned());
    }
    (id.unwrap_or_default(), chain.clone())
}

/// Of the one that is used: the first.
fn endpoint_name(chain: &Table) -> String {
    let first = chain.get("Nodes").and_then(|nodes| nodes.as_array()?.first());
    first.and_then(|node| node.get("Name")?.as_str()).unwrap_or_default().to_owned()
}

fn rpc_url(chain: &Table, faults: &mut Vec<String>) -> Secret {
    let nodes = chain.get("Nodes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if nodes.is_empty() {
        faults.push("EVM.0.Nodes: missing: must have at least one node".to_owned());
    }
    let urls: Vec<&str> = nodes.iter().filter_map(|node| node.get("HTTPURL")?.as_str()).collect();
    if urls.len() < nodes.len() {
        faults.push("EVM.0.Nodes.HTTPURL: missing: required for all nodes".to_owned());
    }
    Secret::new(urls.first().copied().unwrap_or_default())
}

struct Getter<'a> {
    table: &'a Table,
    faults: &'a mut Vec<String>,
}

impl Getter<'_> {
    fn value(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.table.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    fn fault<T>(&mut self, path: &str, what: &str) -> Option<T> {
        self.faults.push(format!("{path}: invalid value: must be {what}"));
        None
    }

    fn text(&mut self, path: &str) -> Option<String> {
        match self.value(path)? {
            Value::String(text) => Some(text.clone()),
            _ => self.fault(path, "a text"),
        }
    }

    fn number<T: TryFrom<i64>>(&mut self, path: &str) -> Option<T> {
        let number = self.value(path)?.as_integer().and_then(|number| T::try_from(number).ok());
        number.or_else(|| self.fault(path, "a number in its range"))
    }

    fn flag(&mut self, path: &str) -> Option<bool> {
        let flag = self.value(path)?.as_bool();
        flag.or_else(|| self.fault(path, "true or false"))
    }

    fn parsed<T: std::str::FromStr>(&mut self, path: &str) -> Option<T> {
        let text = self.text(path)?;
        text.parse().ok().or_else(|| self.fault(path, "an address"))
    }

    fn duration(&mut self, path: &str, default: &str) -> Duration {
        let text = self.text(path).unwrap_or_else(|| default.to_owned());
        duration(&text).or_else(|| self.fault(path, "a duration such as 1m30s")).unwrap_or_default()
    }
}

/// As Go writes it: numbers with units, one after the other.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|letter: char| letter.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let seconds = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        total += Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

fn expanded(path: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMUM: &str = "[[EVM]]\nChainID = '31337'\n[[EVM.Nodes]]\nName = 'a'\nHTTPURL = 'http://rpc'\n";

    fn settings(text: &str) -> Result<Settings, String> {
        let table = read(&[MINIMUM.to_owned(), text.to_owned()])?;
        Settings::of(&table).map_err(|faults| faults.join("; "))
    }

    #[test]
    fn what_is_not_set_is_as_a_node_has_it() {
        let it = settings("").unwrap();
        assert_eq!((it.chain_id, it.http_port, it.secure_cookies), (31_337, 6_688, true));
        assert_eq!((it.lease, it.session_timeout), (LeaseTiming::default(), Duration::from_secs(900)));
        assert_eq!((it.shutdown_grace, it.rpc_url.expose()), (Duration::from_secs(5), "http://rpc"));
        let lease = settings("[Database.Lock]\nLeaseDuration = '3s'\nLeaseRefreshInterval = '500ms'\n").unwrap().lease;
        assert_eq!(lease, LeaseTiming { duration: Duration::from_secs(3), refresh: Duration::from_millis(500) });
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_name() {
        for (text, why) in [
            ("[WebServer]\nHTTPPort = 70000\n", "WebServer.HTTPPort: invalid value"),
            ("[WebServer]\nHTTPPrt = 1\n", "HTTPPrt = 1\n | ~~~~~~~ missing field"),
            ("[Database.Lock]\nLeaseDuration = 'soon'\n", "Database.Lock.LeaseDuration: invalid value"),
            ("[Database.Lock]\nLeaseDuration = '1s'\n", "must be less than or equal to half of LeaseDuration"),
            ("[[EVM]]\nChainID = '1'\n", "a stand-in node has one chain, and 2 are given"),
        ] {
            let refusal = settings(text).expect_err(text);
            assert!(refusal.contains(why), "{refusal}");
        }
    }

    #[test]
    fn durations_are_gos() {
        let check = |text: &str, ms: Option<u64>| assert_eq!(duration(text), ms.map(Duration::from_millis), "{text}");
        check("1m30s", Some(90_000));
        check("1h0m0s", Some(3_600_000));
        check("1.5s", Some(1_500));
        check("500ms", Some(500));
        check("10", None);
        check("", None);
        check("1d", None);
    }
}
