//! Where the database is, and how it is connected to.

use std::{sync::Arc, time::Duration};

use crate::{
    pool::{Rules, SNAPSHOT_STATEMENT_TIMEOUT},
    schema::Schema,
};

/// How long one statement may take: twenty times what the longest of a busy day takes. Who knows better says so.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the patient wait for a connection before they give up.
const PATIENT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to wait for a connection that is used before another is made: longer than nearly every statement takes, and nothing to a
/// person.
const REUSE_TIMEOUT: Duration = Duration::from_millis(50);
/// How long a connection is kept.
const MAX_CONNECTION_AGE: Duration = Duration::from_secs(180);

/// Connections for single statements at most, beside those that read in transactions.
const MAX_ASKING: u32 = 4;

/// Gives the URL anew, or a sentence why not.
pub type Reread = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

#[derive(Clone, derive_more::Debug)]
// Its URL holds a password.
#[debug("Connect({max_connections})")]
pub struct Connect {
    pub url: String,
    /// Upper bound of open connections of each kind: those that read, and those that write. Readers have up to five more, for single
    /// statements.
    pub max_connections: u32,
    /// How long to wait for a connection before giving up.
    pub timeout: Duration,
    /// What the server shows of who is connected.
    pub application: String,
    /// How long one statement may take by the server's clock; a little later the client gives up. What is known to be long says so.
    pub statement: Duration,
    /// Asked where the server refuses the user: a password may have been changed.
    pub reread: Option<Reread>,
}

impl Connect {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            timeout: Duration::from_secs(5),
            application: "linkpool".into(),
            statement: STATEMENT_TIMEOUT,
            reread: None,
        }
    }

    /// As a role, whose name and version others find among the server's connections.
    #[must_use]
    pub fn role(mut self, role: &str) -> Self {
        self.application = application(role);
        self
    }

    /// For whoever would rather wait than fail, as tests and `linkpool dev` on a machine that builds: a connection may take a minute.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { timeout: PATIENT_TIMEOUT, ..self }
    }

    pub(crate) fn reading(&self) -> Rules {
        Rules { reads_only: true, ..self.writing() }
    }

    /// Of connections for questions that are one short statement each: a few keep every core of a server busy.
    pub(crate) fn asking(&self) -> Rules {
        Rules { max_connections: self.max_connections.min(MAX_ASKING), statement: SNAPSHOT_STATEMENT_TIMEOUT, ..self.reading() }
    }

    /// Of the one that looks where the cursor stands: whoever is answered from what is kept waits for that and for nothing else.
    pub(crate) fn looking(&self) -> Rules {
        Rules { max_connections: 1, ..self.asking() }
    }

    pub(crate) fn writing(&self) -> Rules {
        Rules {
            max_connections: self.max_connections,
            patience: self.timeout,
            statement: self.statement,
            reads_only: false,
            moment: REUSE_TIMEOUT,
            life: MAX_CONNECTION_AGE,
        }
    }
}

/// `linkpool index 0.1.0 schema 9`; the server keeps 63 bytes.
pub(crate) fn application(role: &str) -> String {
    format!("linkpool {role} {} schema {}", env!("CARGO_PKG_VERSION"), Schema::known())
}
