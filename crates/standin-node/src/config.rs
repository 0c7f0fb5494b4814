//! What a replica needs to know.

use alloy::primitives::Address;
use linkpool_chainlink::Secret;
use std::{net::SocketAddr, num::ParseIntError, path::PathBuf, time::Duration};

use crate::{DevelopmentChain, FaultSet, Schema, StandinError};

/// The version of the node after which this stand-in is made.
pub const VERSION: &str = "2.31.0";

/// Time between two looks of a node at its own health.
pub const HEALTH_INTERVAL: Duration = Duration::from_secs(15);

/// A replica in a process of its own.
#[derive(Clone, Debug)]
pub struct StandinConfig {
    /// The Postgres server and database, as a `postgres://` URL.
    pub database_url: Secret,
    /// Everything else.
    pub replica: ReplicaConfig,
}

/// One replica. The replicas of one node differ in `listen` and `port_file` only.
#[derive(Clone, Debug)]
pub struct ReplicaConfig {
    /// The node's own schema in the database: wallet, users and lease live there.
    pub schema: Schema,
    /// Where the API listens once this replica is active; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where the chosen address is written while the API listens.
    pub port_file: Option<PathBuf>,
    /// The one EVM chain of this node.
    pub chain: DevelopmentChain,
    /// Where the chain is reached, for transfers; may hold a key. Without it the node refuses to transfer.
    pub rpc_url: Option<Secret>,
    /// The API user that the first boot creates; later boots ignore it.
    pub admin: AdminCredentials,
    /// How the lease is held.
    pub lease: LeaseTiming,
    /// The replica's own directory: it holds the secret that signs its sessions. Without one, the secret ends with the replica.
    pub root_directory: Option<PathBuf>,
    /// What the keystore opens with. The first boot takes any; without one there is none.
    pub keystore_password: Option<Secret>,
    /// Whether `/standin/sign-registration` is there, which no node has.
    pub can_sign: bool,
    /// The chain's LINK, whose balance a node shows; without one it is null.
    pub link_token: Option<Address>,
    /// What `/v2/nodes/evm` calls the endpoint.
    pub endpoint_name: String,
    /// Time between two looks at the own health. Until the second one, the node says that it fails.
    pub health_interval: Duration,
    /// Time that requests in flight have after a SIGTERM.
    pub shutdown_grace: Duration,
    /// Time between attempts to listen, where the address is taken.
    pub listen_retry: Duration,
    /// Whether `clsession` is marked `Secure`, as a node does by default.
    pub secure_cookies: bool,
    /// What the node says it is.
    pub version: String,
    /// An idle session ends after this long.
    pub session_timeout: Duration,
    /// Faults from the first moment on.
    pub faults: FaultSet,
}

/// The first API user, of role admin.
#[derive(Clone, Debug)]
pub struct AdminCredentials {
    /// Their name.
    pub email: String,
    /// Their password, 16 to 50 characters.
    pub password: Secret,
}

/// A node's `Database.Lock` settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
pub struct LeaseTiming {
    /// How long the lease outlives its last renewal, in milliseconds: the time to fail over after a crash
    #[arg(long = "lease-duration-ms", value_name = "MS", default_value = "10000", value_parser = milliseconds)]
    pub duration: Duration,
    /// Time between renewals of the lease and between a standby's attempts, in milliseconds; at most half of its duration
    #[arg(long = "lease-refresh-ms", value_name = "MS", default_value = "1000", value_parser = milliseconds)]
    pub refresh: Duration,
}

pub(super) fn milliseconds(text: &str) -> Result<Duration, ParseIntError> {
    text.parse().map(Duration::from_millis)
}

impl Default for LeaseTiming {
    fn default() -> Self {
        Self { duration: Duration::from_secs(10), refresh: Duration::from_secs(1) }
    }
}

impl AdminCredentials {
    /// The first two lines of a node's file of credentials; a node reads no others.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut lines = text.split('\n').map(str::trim);
        let (Some(email), Some(password)) = (lines.next(), lines.next()) else {
            return Err("must have two lines, the e-mail and the password of the API user");
        };
        Ok(Self { email: email.to_owned(), password: Secret::new(password) })
    }
}

impl ReplicaConfig {
    /// A replica with a node's default settings, listening on a loopback port of the system's choice.
    pub fn new(schema: Schema, chain: DevelopmentChain, admin: AdminCredentials) -> Self {
        Self {
            schema,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            port_file: None,
            chain,
            rpc_url: None,
            admin,
            lease: LeaseTiming::default(),
            root_directory: None,
            keystore_password: None,
            can_sign: true,
            link_token: None,
            endpoint_name: "primary".to_owned(),
            health_interval: HEALTH_INTERVAL,
            shutdown_grace: Duration::from_secs(5),
            listen_retry: Duration::from_secs(15),
            secure_cookies: true,
            version: VERSION.to_owned(),
            session_timeout: Duration::from_secs(15 * 60),
            faults: FaultSet::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), StandinError> {
        let password_length = self.admin.password.expose().chars().count();
        let reason = if self.lease.refresh.is_zero() || self.lease.refresh * 2 > self.lease.duration {
            "the lease must be refreshed at least twice in its duration"
        } else if !self.admin.email.contains('@') {
            "the API user must be an e-mail address"
        } else if !(16..=50).contains(&password_length) {
            "the API password must have 16 to 50 characters"
        } else {
            return Ok(());
        };
        Err(StandinError::BadConfig { reason: reason.to_owned() })
    }
}
