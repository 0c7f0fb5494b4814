//! What all of the backend works with.

use std::sync::{Mutex, MutexGuard, PoisonError};

use linkpool_aws::Aws;
use linkpool_chainlink::client::Transport;
use linkpool_db::{
    Database,
    fleet::{Release, SecretKind},
};
use linkpool_fleet::{
    Secrets,
    local::DATABASE_PREFIX,
    look::{Signals, Witness},
};
use linkpool_node_postgres::NodeDatabase;
use semver::Version;
use tokio::sync::Notify;

use crate::{config::EcsConfig, definition::image, seen::Seen, watchers::Watchers};

/// What the backend's tasks share.
#[derive(Debug)]
pub(crate) struct Core {
    pub config: EcsConfig,
    pub aws: Aws,
    pub witness: Witness,
    pub transport: Transport,
    pub signals: Signals,
    pub watchers: Watchers,
    /// The next listing does not wait.
    pub wake: Notify,
    seen: Mutex<Seen>,
    term: Mutex<Option<Term>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Term {
    pub database: Database,
    pub secrets: Secrets,
}

impl Core {
    pub fn new(aws: Aws, config: EcsConfig, transport: Transport) -> Self {
        Self {
            witness: Witness::new(config.server.clone(), DATABASE_PREFIX),
            transport,
            signals: Signals::default(),
            watchers: Watchers::default(),
            wake: Notify::new(),
            seen: Mutex::default(),
            term: Mutex::default(),
            aws,
            config,
        }
    }

    /// A term of this fleet begins.
    pub fn begin(&self, term: Term) {
        *locked(&self.term) = Some(term);
        self.witness.begin();
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        locked(&self.seen)
    }

    pub fn term(&self) -> Result<Term, String> {
        locked(&self.term).clone().ok_or_else(|| "this fleet does not lead".into())
    }

    /// The database of a node.
    pub async fn node_database(&self, node_id: &str) -> Result<NodeDatabase, String> {
        let password = self.term()?.secrets.password(node_id, SecretKind::DatabasePassword).await.map_err(sentence)?;
        self.config.server.node(&format!("{DATABASE_PREFIX}{node_id}"), &password).map_err(sentence)
    }

    /// The version of a release's program.
    pub fn version(&self, release: Option<&Release>) -> Result<Version, String> {
        let image = image(&self.config, release);
        let said = match release {
            Some(release) if release.program.is_some() || release.version.is_some() => release.version.as_deref(),
            _ => self.config.version.as_deref(),
        };
        let tag = || image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag.trim_start_matches('v'));
        let version = said.or_else(tag).and_then(|text| Version::parse(text).ok());
        version.ok_or_else(|| {
            format!("{image} does not say which version of Chainlink it is: name it by a tag such as :2.31.0, or say the version")
        })
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}
