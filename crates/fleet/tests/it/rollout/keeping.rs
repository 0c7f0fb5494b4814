//! Fleets of this machine that keep their nodes' databases, and for whom.

use linkpool_fleet::{
    FleetConfig,
    local::{Chainlink, ChainlinkSpec, DumpSpec, Encryption, Life, LocalConfig},
};

use super::fixture::{Nodes, dump, times};
use crate::fixture::{Running, fleet_config};

/// Of what is kept.
pub const RECIPIENT: &str = "age1recipient";

impl Nodes {
    /// One that funds no wallet before its database is kept.
    pub async fn keeping_fleet(&self) -> Running {
        let backend = self.share.config(&self.fixture, true);
        self.fixture.fleet_with(FleetConfig { must_keep: true, ..fleet_config() }, backend).await
    }

    /// What the nodes are, with databases that are kept for a recipient.
    pub fn encrypting(&self) -> ChainlinkSpec {
        let encryption = Some(Encryption { age: self.fixture.path().join("age"), recipient: RECIPIENT.into() });
        let dump = DumpSpec { encryption, ..dump(self.fixture.path()) };
        self.share.spec(&self.fixture, Some(dump))
    }

    /// The same under a fleet, which funds no wallet before its database is kept.
    pub async fn encrypting_fleet(&self) -> Running {
        let launcher = Chainlink::new(self.encrypting());
        let local = LocalConfig { life: Life::OfItsOwn, ..LocalConfig::new(launcher, self.fixture.path().join("fleet")) };
        let config = FleetConfig { must_keep: true, rollout: times(), ..fleet_config() };
        self.fixture.fleet_with(config, local).await
    }
}
