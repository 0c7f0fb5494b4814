//! All that one task needs to feed one node.

use std::sync::Arc;

use linkpool_chainlink::client::{Credentials, NodeClient, NodeConfig, Transport};
use linkpool_db::{
    Database,
    fleet::{SecretKind, ServingNode},
};
use tokio::sync::OwnedMutexGuard;

use super::{
    memory::{Memory, needs_access, needs_jobs},
    pace::Pace,
    trouble::Trouble,
    wanted::Wanted,
};
use crate::{Login, Secrets};

#[derive(Debug)]
pub(super) struct Session {
    /// Whatever it writes, it writes by the lease.
    pub database: Database,
    pub secrets: Secrets,
    pub transport: Transport,
    pub wanted: Arc<Wanted>,
    pub node: ServingNode,
}

impl Session {
    /// Does everything that is due. What fails holds up nothing else.
    pub async fn feed(&self, mut memory: OwnedMutexGuard<Memory>) -> Result<(), Trouble> {
        let mut outcome = Ok(());
        if needs_access(&self.node, &memory) && memory.access.is_due() {
            let made = self.access(&mut memory).await;
            pace(&mut memory.access, &made);
            outcome = outcome.and(made);
        }
        if self.node.is_payment_wanted && memory.payment.is_due() {
            let paid = self.pay(&mut memory).await;
            outcome = outcome.and(paid);
        }
        if needs_jobs(&self.node, &memory, &self.wanted) && memory.jobs.is_due() {
            let given = self.give(&mut memory).await;
            pace(&mut memory.jobs, &given);
            outcome = outcome.and(given);
        }
        outcome
    }

    pub fn client(&self, credentials: Credentials) -> Result<NodeClient, Trouble> {
        let wrong = |_| Trouble::Node("the node's API address is not a URL".into());
        let base_url = self.node.base_url.parse().map_err(wrong)?;
        Ok(NodeClient::new(&self.transport, NodeConfig { base_url, credentials })?)
    }

    /// The node's first user, who may do everything. Used to make users and to pay, and for nothing else.
    pub async fn admin(&self) -> Result<NodeClient, Trouble> {
        let text = self.secrets.kept(&self.node.id, SecretKind::AdminLogin).await?;
        let login = text.and_then(|text| Login::parse(text.expose()));
        let login = login.ok_or_else(|| Trouble::Node("the node's admin login is not kept".into()))?;
        self.client(login.credentials())
    }
}

impl Login {
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::Password { email: self.email.clone(), password: self.password.clone() }
    }
}

fn pace(pace: &mut Pace, outcome: &Result<(), Trouble>) {
    match outcome {
        Ok(()) => pace.succeeded(),
        Err(_) => pace.failed(),
    }
}
