//! A node as it was when it was kept: refused while a process of it may live, then stopped, restored, and run again.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use linkpool_db::{
    Database,
    fleet::{Ending, FleetNode, OperatorRequest, OperatorRequestOutcome, Release, RestoredNode},
};
use serde_json::json;
use tokio::time::sleep;

use super::{
    chainlink::{Assembled, Chainlink, DumpFile},
    launcher::Launcher as _,
    life::signs_of_life,
};

/// How long the fleet has to end what runs, and where nobody may look whether it did.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);
const BLIND_TIME: Duration = Duration::from_secs(10);
const LOOK_INTERVAL: Duration = Duration::from_millis(300);

/// What is to be restored, by whom, and why.
#[derive(Debug)]
pub struct Restore<'a> {
    pub chainlink: &'a Chainlink,
    /// Of the fleet of this machine.
    pub directory: &'a Path,
    pub database: &'a Database,
    pub node: &'a FleetNode,
    pub actor: &'a str,
    pub reason: &'a str,
    /// Whether it is restored although a process of the node may live.
    pub even_if_alive: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the database that the node had is called now.
    pub kept_as: String,
    /// The version that it runs, where that is not the one that it ran.
    pub back_to: Option<String>,
    /// How far it was on its way out, which it is no more.
    pub was_ending: Option<Ending>,
}

impl Restore<'_> {
    /// Puts together what was kept; nothing of the node is touched.
    ///
    /// # Errors
    /// A sentence: a process of the node may live, or what was kept is not the node's.
    pub async fn assemble(&self, dump: &DumpFile) -> Result<Assembled, String> {
        let id = &self.node.id;
        let signs = self.signs().await?;
        if !signs.is_empty() && !self.even_if_alive {
            return Err(format!(
                "a process of the node may live: {}. `linkpool node stop {id}` ends those that a fleet sees; where you know that the others are gone, \
                 pass --even-if-alive",
                signs.join("; ")
            ));
        }
        let wallet = self.node.wallet.ok_or("the node has no wallet yet: there is nothing to restore")?;
        self.chainlink.assemble(id, dump, wallet.into_array()).await
    }

    /// Stops the node, puts what was assembled in the place of its database, and has it run again.
    ///
    /// # Errors
    /// A sentence that says how the node is left.
    pub async fn carry_out(&self, assembled: &Assembled) -> Result<Restored, String> {
        let id = &self.node.id;
        self.asked(self.database.stop_node(&self.request(), true).await.map_err(sentence)?)?;
        let is_left = |why: String| {
            format!("{why}; the node is stopped, and its database is as it was (`linkpool node start {id}` runs it)")
        };
        self.until_ended().await.map_err(is_left)?;
        let (release, back_to) = self.release(assembled).await.map_err(is_left)?;
        let kept_as = self.chainlink.swap(id, assembled, self.even_if_alive).await.map_err(is_left)?;
        let detail = json!({
            "actor": self.actor, "reason": self.reason, "even_if_alive": self.even_if_alive, "kept_as": kept_as, "version": assembled.restored.version,
        });
        let version = assembled.restored.version.as_deref();
        let restored = RestoredNode { node_id: id, version, release, detail: &detail };
        let unwritten = |error| format!("{error}; the node is stopped, and its database is the restored one: restore it again");
        self.database.node_restored(&restored).await.map_err(unwritten)?;
        self.asked(self.database.start_node(&self.request()).await.map_err(sentence)?)?;
        let was_ending = self.node.ending.filter(|ending| *ending != Ending::Stopped);
        Ok(Restored { kept_as, back_to, was_ending })
    }

    async fn signs(&self) -> Result<Vec<String>, String> {
        signs_of_life(self.chainlink, self.directory, self.database, &self.node.id).await.map_err(sentence)
    }

    async fn until_ended(&self) -> Result<(), String> {
        let begin = Instant::now();
        loop {
            let signs = self.signs().await?;
            if signs.is_empty() || (self.even_if_alive && begin.elapsed() >= BLIND_TIME) {
                return Ok(());
            }
            if begin.elapsed() >= STOP_TIMEOUT {
                return Err(format!("a process of the node may live still: {}", signs.join("; ")));
            }
            sleep(LOOK_INTERVAL).await;
        }
    }

    /// What the node is to run: a program newer than what was kept would pass its door again. What it ran before its last roll-out is taken
    /// where that is the version of what was kept.
    async fn release(&self, assembled: &Assembled) -> Result<(Option<Option<u32>>, Option<String>), String> {
        let unchanged = (None, None);
        let Some(version) = &assembled.restored.version else { return Ok(unchanged) };
        if self.version(self.node.release_number).await?.as_ref() == Some(version) {
            return Ok(unchanged);
        }
        let Some(before) = self.database.release_before(&self.node.id).await.map_err(sentence)? else { return Ok(unchanged) };
        Ok(if self.version(before).await?.as_ref() == Some(version) { (Some(before), Some(version.clone())) } else { unchanged })
    }

    async fn version(&self, number: Option<u32>) -> Result<Option<String>, String> {
        let release: Option<Release> = match number {
            Some(number) => self.database.releases(&[number]).await.map_err(sentence)?.pop(),
            None => None,
        };
        Ok(self.chainlink.versions(&self.node.id, release.as_ref()).await?.program)
    }

    fn request(&self) -> OperatorRequest<'_> {
        OperatorRequest { node_id: &self.node.id, actor: self.actor, reason: self.reason, dry_run: false }
    }

    fn asked(&self, outcome: OperatorRequestOutcome) -> Result<(), String> {
        match outcome {
            OperatorRequestOutcome::Done | OperatorRequestOutcome::Repeated => Ok(()),
            OperatorRequestOutcome::NoSuchNode => Err(format!("the fleet has no node {}", self.node.id)),
            OperatorRequestOutcome::Refused(why) => Err(why),
        }
    }
}

fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}
