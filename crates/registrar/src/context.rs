//! What every part of the registrar works with.

use std::sync::Arc;

use linkpool_chain::Chain;
use linkpool_chainlink::client::Transport;
use linkpool_db::Database;
use linkpool_tx_manager::{Account, FailPoints, Sender, Signer, Term};

use crate::{RegistrarConfig, preflight::NodePreflight};

/// Cheap to clone: tasks hold their own.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub config: Arc<RegistrarConfig>,
    pub database: Database,
    pub chain: Chain,
    pub signer: Arc<dyn Signer>,
    /// The signer's address on the chain.
    pub account: Account,
    pub transport: Transport,
    pub failpoints: FailPoints,
}

impl Context {
    /// The same for what is done in this term.
    pub fn under(&self, term: &Term) -> Self {
        Self { database: term.database(&self.database), ..self.clone() }
    }

    /// The way of everything that is sent from the signer.
    pub fn sender(&self) -> Sender {
        let config = self.config.transactions.clone();
        Sender::new(config, self.database.clone(), self.chain.clone(), self.signer.clone())
            .with_preflight(NodePreflight)
            .with_failpoints(self.failpoints.clone())
    }
}
