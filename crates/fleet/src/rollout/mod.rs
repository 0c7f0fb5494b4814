//! Roll-outs: each node that is on its way is looked at in every pass, and takes the step that its state allows.
//!
//! What is to be done follows from the stored step and from what is observed ([`decide`], pure); what takes time (keeping a
//! database, asking a node) is an errand beside the passes. A fleet that is killed anywhere goes on at the stored step: every
//! action of a step may be done twice.

mod decide;
mod errand;
mod look;
mod sights;
mod times;

use std::{collections::HashMap, sync::Arc};

use linkpool_chainlink::client::Transport;
use linkpool_db::{
    Database,
    fleet::{Effect, FleetNode, Release, Rollout, RolloutNode, RolloutState, RolloutStep, StepChange},
};
use linkpool_health::DeduplicatedLogs;

pub use self::times::RolloutTimes;
use self::{
    decide::{Decision, decide, given_up},
    errand::{Errands, Work},
    look::Looker,
    sights::{Sights, generation},
};
use crate::{ObservedSet, Provisioner, Result, Secrets, wanted::Wanted};

/// What one pass sees.
pub(crate) struct World<'a> {
    pub wanted: &'a [Wanted],
    pub rolling: &'a [RolloutNode],
    pub observed: &'a [ObservedSet],
}

/// Leads nodes through roll-outs.
pub(crate) struct Conductor {
    provisioner: Arc<dyn Provisioner>,
    times: RolloutTimes,
    transport: Transport,
    term: Option<(Database, Secrets)>,
    errands: Errands,
    failing: DeduplicatedLogs,
}

impl Conductor {
    pub fn new(provisioner: Arc<dyn Provisioner>, times: RolloutTimes, transport: Transport) -> Self {
        Self { provisioner, times, transport, term: None, errands: Errands::default(), failing: DeduplicatedLogs::default() }
    }

    pub fn begin(&mut self, database: Database, secrets: Secrets) {
        self.errands.clear();
        self.term = Some((database, secrets));
    }

    pub fn end(&mut self) {
        self.errands.clear();
        self.term = None;
    }

    /// One look at every node that is on its way, and at who comes next. True if something moved.
    ///
    /// # Errors
    /// The database's, about the roll-out as a whole; what fails at one node holds up no other.
    pub async fn pass(&mut self, world: &World<'_>) -> Result<bool> {
        let Some((database, secrets)) = self.term.clone() else { return Ok(false) };
        self.errands.collect();
        let (mut moved, mut failed) = (false, std::collections::HashSet::new());
        let nodes: HashMap<&str, &Wanted> = world.wanted.iter().map(|wanted| (wanted.node.id.as_str(), wanted)).collect();
        for rolling in world.rolling {
            let Some(wanted) = nodes.get(rolling.node_id.as_str()) else { continue };
            match self.advance((&database, &secrets), rolling, wanted, world.observed).await {
                Ok(stepped) => moved |= stepped,
                Err(error) => {
                    self.failing.warn(&rolling.node_id, &error, "a step of a roll-out failed");
                    failed.insert(rolling.node_id.clone());
                }
            }
        }
        self.failing.only(&failed);
        self.errands.only(world.rolling);
        Ok(self.direct(&database, world.rolling).await? | moved)
    }

    /// Who comes next, and whether it is over.
    async fn direct(&self, database: &Database, rolling: &[RolloutNode]) -> Result<bool> {
        let Some(rollout) = database.open_rollout().await?.filter(|it| it.state == RolloutState::Running) else {
            return Ok(false);
        };
        database.add_to_rollout(&rollout).await?;
        let nodes = database.rollout_nodes(rollout.id).await?;
        let open = |wave| nodes.iter().any(|it| it.wave <= wave && !it.step.is_over());
        if !open(3) {
            database.finish_rollout(&rollout).await?;
            return Ok(true);
        }
        if rollout.wave < 3 && !open(rollout.wave) {
            database.next_wave(&rollout).await?;
            return Ok(true);
        }
        self.begin_nodes(database, &rollout, &nodes, rolling).await
    }

    async fn begin_nodes(
        &self,
        database: &Database,
        rollout: &Rollout,
        nodes: &[RolloutNode],
        rolling: &[RolloutNode],
    ) -> Result<bool> {
        let mut begun = false;
        // Those of one before it count too: each has twice the processes of a node.
        let under_way = nodes.iter().filter(|it| !it.step.is_over() && it.step != RolloutStep::Queued).count();
        let others = rolling.iter().filter(|it| it.rollout_id != rollout.id).count();
        let mut available = usize::from(rollout.parallel).saturating_sub(under_way + others);
        for node in nodes.iter().filter(|it| it.step == RolloutStep::Queued && it.wave <= rollout.wave) {
            if available == 0 {
                break;
            }
            if database.begin_rolling(node, self.times.limit(RolloutStep::Snapshot, rollout.bake)).await? {
                (begun, available) = (true, available - 1);
            }
        }
        Ok(begun)
    }

    async fn advance(
        &mut self,
        (database, secrets): (&Database, &Secrets),
        rolling: &RolloutNode,
        wanted: &Wanted,
        observed: &[ObservedSet],
    ) -> Result<bool> {
        let sights = Sights::of(rolling, observed);
        let decision = decide(rolling, &sights, self.errands.outcome(rolling), &self.times);
        let change = |to, effect| (to, effect, None);
        let (to, effect, error) = match &decision {
            Decision::Stay => return Ok(false),
            Decision::Explain(why) => {
                database.explain_step(rolling, why).await?;
                return Ok(false);
            }
            Decision::Late(why) => {
                database.explain_step(rolling, why).await?;
                database.halt_rollout(rolling, why).await?;
                return Ok(false);
            }
            Decision::Ask(work) => {
                self.ask((database, secrets), rolling, &wanted.node, work.clone()).await?;
                return Ok(false);
            }
            // Whoever observes is told of each end.
            Decision::End(set) => return self.provisioner.stop_set(set).await,
            Decision::Quarantine(why) => {
                database.quarantine_node(&rolling.node_id, why).await?;
                change(RolloutStep::Failed, Effect::Nothing)
            }
            Decision::Give(set, to) => {
                if !self.provisioner.delete_set(set).await? {
                    return Ok(false);
                }
                change(*to, Effect::Nothing)
            }
            Decision::To(to, effect) => change(*to, effect.clone()),
            Decision::GiveUp(why) => {
                let (to, effect) = given_up(rolling);
                (to, effect, Some(why.as_str()))
            }
        };
        self.leave_step(database, rolling, StepChange { node: rolling, to, limit: None, error, effect }).await
    }

    async fn leave_step(&mut self, database: &Database, rolling: &RolloutNode, change: StepChange<'_>) -> Result<bool> {
        let why = change.error.map(str::to_owned);
        if change.to == RolloutStep::Failed
            && let Some(old) = generation(rolling, rolling.from_generation)
        {
            // It is behind its door: what it ran before must not take the lease again.
            if !self.provisioner.delete_set(&old).await? {
                return Ok(false);
            }
        }
        let limit = (!change.to.is_over()).then(|| self.times.limit(change.to, rolling.bake));
        if !database.change_step(&StepChange { limit, ..change }).await? {
            return Ok(false);
        }
        if let Some(why) = why {
            database.halt_rollout(rolling, &why).await?;
        }
        self.errands.forget(&rolling.node_id);
        Ok(true)
    }

    async fn ask(
        &mut self,
        (database, secrets): (&Database, &Secrets),
        rolling: &RolloutNode,
        node: &FleetNode,
        work: Work,
    ) -> Result<()> {
        if !self.errands.is_free(rolling) {
            return Ok(());
        }
        let release: Option<Release> = match rolling.to_release() {
            Some(number) => database.releases(&[number]).await?.pop(),
            None => None,
        };
        let looker = Looker {
            provisioner: self.provisioner.clone(),
            transport: self.transport.clone(),
            secrets: secrets.clone(),
            node: node.clone(),
            before: rolling.before.clone(),
            release,
        };
        self.errands.start(rolling, async move { looker.work(work).await });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
