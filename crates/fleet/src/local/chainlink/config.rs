//! A node's configuration, in the node's own TOML (docs.chain.link, `core/config/docs`). Three files, of which the later win: what is
//! usual, the operator's own, and what the fleet depends on.

use std::path::Path;

use linkpool_chainlink::Secret;
use toml::{Table, Value, toml};

use super::spec::{ChainlinkSpec, NodeChain, NodeEndpoint};

/// What an operator's file may change. It holds the endpoints' keys.
pub fn usual(node_chain: &NodeChain, link: Option<String>) -> Secret {
    let mut config = toml! {
        ShutdownGracePeriod = "5s"
        [Log]
        Level = "info"
        // The fleet keeps what it writes to its standard output.
        [Log.File]
        MaxSize = "0b"
        [Database]
        MaxOpenConns = 20
        MaxIdleConns = 3
        [P2P.V2]
        Enabled = false
    };
    let mut chain = toml! { AutoCreateKey = true };
    chain.insert("ChainID".into(), node_chain.chain_id.to_string().into());
    if let Some(link) = link {
        chain.insert("LinkContractAddress".into(), link.into());
    }
    if node_chain.is_development {
        chain.extend(toml! {
            FinalityDepth = 1
            MinIncomingConfirmations = 1
        });
    }
    chain.insert("Nodes".into(), Value::Array(node_chain.endpoints.iter().map(endpoint).collect()));
    config.insert("EVM".into(), Value::Array(vec![chain.into()]));
    Secret::new(config.to_string())
}

fn endpoint(endpoint: &NodeEndpoint) -> Value {
    let mut table = Table::new();
    table.insert("Name".into(), endpoint.name.clone().into());
    table.insert("HTTPURL".into(), endpoint.http.expose().into());
    if let Some(ws) = &endpoint.ws {
        table.insert("WSURL".into(), ws.expose().into());
    }
    table.into()
}

/// What the fleet depends on: where it finds the replica, and how soon the other one takes over.
pub(super) fn fixed(spec: &ChainlinkSpec, root: &Path, port: u16) -> String {
    let mut config = toml! {
        [WebServer]
        ListenIP = "127.0.0.1"
        // The fleet and the registrar speak plain HTTP to it, on this machine.
        SecureCookies = false
        [WebServer.TLS]
        HTTPSPort = 0
        [Database.Lock]
        Enabled = true
    };
    config.insert("RootDir".into(), root.display().to_string().into());
    let milliseconds = |time: std::time::Duration| format!("{}ms", time.as_millis());
    insert(&mut config, "WebServer", "HTTPPort", i64::from(port));
    if let Some(Value::Table(database)) = config.get_mut("Database") {
        insert(database, "Lock", "LeaseDuration", milliseconds(spec.lease_duration));
        insert(database, "Lock", "LeaseRefreshInterval", milliseconds(spec.lease_refresh));
    }
    config.to_string()
}

fn insert(config: &mut Table, table: &str, key: &str, value: impl Into<Value>) {
    if let Some(Value::Table(table)) = config.get_mut(table) {
        table.insert(key.into(), value.into());
    }
}

/// What a node takes from no other file.
pub(super) fn secrets(database_url: &Secret, keystore_password: &Secret) -> Secret {
    let mut config = toml! {
        [Database]
        [Password]
    };
    insert(&mut config, "Database", "URL", database_url.expose());
    insert(&mut config, "Password", "Keystore", keystore_password.expose());
    Secret::new(config.to_string())
}

#[cfg(test)]
mod tests {
    use linkpool_node_postgres::Server;

    use super::*;

    fn spec(is_development: bool) -> ChainlinkSpec {
        let server = Server::new(&Secret::new("postgres://fleet:p@h/x")).unwrap();
        let endpoint = |name: &str, ws: Option<&str>| NodeEndpoint {
            name: name.into(),
            http: Secret::new(format!("https://{name}.example/key'\"")),
            ws: ws.map(Secret::new),
        };
        let endpoints = vec![endpoint("main", Some("wss://main.example/key")), endpoint("backup", None)];
        ChainlinkSpec::new("/bin/chainlink".into(), server, NodeChain { chain_id: 7, endpoints, is_development })
    }

    #[test]
    fn a_node_gets_all_endpoints_of_the_chain_whatever_is_in_their_urls() {
        let config: Table = usual(&spec(false).chain, Some("0xabc".into())).expose().parse().unwrap();
        let chain = &config["EVM"][0];
        assert_eq!((chain["ChainID"].as_str(), chain["LinkContractAddress"].as_str()), (Some("7"), Some("0xabc")));
        let nodes: Vec<_> = chain["Nodes"].as_array().unwrap().iter().map(|node| node["Name"].as_str().unwrap()).collect();
        assert_eq!(nodes, ["main", "backup"]);
        assert_eq!(chain["Nodes"][0]["HTTPURL"].as_str(), Some("https://main.example/key'\""));
        assert_eq!((chain["Nodes"][1].get("WSURL"), chain.get("FinalityDepth")), (None, None));
    }

    #[test]
    fn only_a_development_chain_is_final_at_once() {
        let config: Table = usual(&spec(true).chain, None).expose().parse().unwrap();
        assert_eq!(config["EVM"][0]["FinalityDepth"].as_integer(), Some(1));
    }

    #[test]
    fn what_the_fleet_depends_on_is_said_last() {
        let config: Table = fixed(&spec(false), Path::new("/srv/root"), 6_701).parse().unwrap();
        assert_eq!((config["WebServer"]["HTTPPort"].as_integer(), config["RootDir"].as_str()), (Some(6_701), Some("/srv/root")));
        let lock = &config["Database"]["Lock"];
        assert_eq!((lock["LeaseDuration"].as_str(), lock["LeaseRefreshInterval"].as_str()), (Some("3000ms"), Some("500ms")));
        let secrets: Table = secrets(&Secret::new("postgres://a:b@c/d"), &Secret::new("x'\"")).expose().parse().unwrap();
        assert_eq!(secrets["Database"]["URL"].as_str(), Some("postgres://a:b@c/d"));
        assert_eq!(secrets["Password"]["Keystore"].as_str(), Some("x'\""));
    }
}
