//! One set on its way to its target: a task each, which asks AWS again until it is so. Killed anywhere, the next fleet wants the
//! same, and what was done is found to be done.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use linkpool_aws::Service as On;
use linkpool_fleet::{Login, SetKey, SetSpec};
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    denied,
    listing::Lister,
    make::{made, scaled},
    names,
    shared::{Core, locked},
};

/// Before what failed is tried again; twice as long each time.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// What is to become of a set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    Run(Box<(SetSpec, Login)>),
    /// None of its tasks is to live.
    Stop,
    /// And nothing of it is to be left on ECS.
    Delete,
}

/// What whoever observes needs to know of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    /// Why it does not get on.
    pub error: Option<String>,
    /// Whether it has come to its target.
    pub is_reached: bool,
}

#[derive(Debug)]
pub(crate) struct Set {
    pub target: Target,
    report: Arc<Mutex<Report>>,
    task: JoinHandle<()>,
}

impl Set {
    pub fn begin(core: Arc<Core>, key: SetKey, target: Target) -> Self {
        let report = Arc::<Mutex<Report>>::default();
        let task = tokio::spawn(go(core, key, target.clone(), report.clone()));
        Self { target, report, task }
    }

    /// Another target from now on; on the way to the same one it goes on.
    pub fn set_target(&mut self, core: &Arc<Core>, key: &SetKey, target: Target) {
        // What is to be deleted is stopped on the way.
        let is_on_the_way = self.target == target || (self.target == Target::Delete && target == Target::Stop);
        if !is_on_the_way {
            *self = Self::begin(core.clone(), key.clone(), target);
        }
    }

    pub fn report(&self) -> Report {
        locked(&self.report).clone()
    }

    pub fn is_reached(&self) -> bool {
        self.report().is_reached
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn go(core: Arc<Core>, key: SetKey, target: Target, report: Arc<Mutex<Report>>) {
    let mut delay = FIRST_DELAY;
    loop {
        let outcome = match &target {
            Target::Run(run) => made(&core, &run.0, &run.1).await,
            Target::Stop => stopped(&core, &key).await,
            Target::Delete => deleted(&core, &key).await,
        };
        let error = match outcome {
            Ok(()) => break,
            Err(error) => error,
        };
        tracing::debug!(node = key.node_id, generation = key.generation, error, "a set does not get on");
        locked(&report).error = Some(error);
        core.signals.changed.notify_one();
        sleep(delay).await;
        delay = (delay * 2).min(LONGEST_DELAY);
    }
    *locked(&report) = Report { error: None, is_reached: true };
    core.wake.notify_one();
    core.signals.changed.notify_one();
    if let Target::Run(run) = &target {
        keep_trying(&core, &key, run.0.replica_count).await;
    }
}

/// ECS gives a deployment up after three failures; a node that can't run now may run later.
async fn keep_trying(core: &Core, key: &SetKey, count: u16) {
    let mut delay = core.config.times.retry;
    loop {
        sleep(delay).await;
        let has_failed = core.seen().services.get(key).is_some_and(|seen| seen.service.is_active() && seen.service.has_failed());
        if !has_failed {
            delay = core.config.times.retry;
            continue;
        }
        let name = names::service(&core.config.prefix, key);
        if let Err(error) = scaled(core, key, &name, count, true).await {
            tracing::warn!(node = key.node_id, error, "ECS was not told to try again");
        }
        delay = (delay * 2).min(core.config.times.retry * 10);
    }
}

/// None of its tasks lives, and none will: seen by reads that began long enough after the write.
async fn stopped(core: &Core, key: &SetKey) -> Result<(), String> {
    let name = names::service(&core.config.prefix, key);
    if !scaled(core, key, &name, 0, false).await? {
        return Ok(());
    }
    let (written, times) = (Instant::now(), &core.config.times);
    let lister = Lister { aws: &core.aws, cluster: &core.config.cluster, prefix: &core.config.prefix };
    loop {
        sleep(times.moving).await;
        let asked = Instant::now();
        let service = lister.described(std::slice::from_ref(&name)).await.map_err(denied::told)?.pop();
        let is_empty = service.as_ref().is_none_or(|service| service.is_empty() || service.status == "INACTIVE");
        let mut seen = core.seen();
        if let Some(service) = service {
            seen.show_service(key.clone(), asked, service);
        }
        let is_settled = asked >= written + times.lag && seen.tasks_listed.is_some_and(|at| at >= written + times.lag);
        if is_settled && is_empty && seen.living(&core.config.prefix, key).next().is_none() {
            return Ok(());
        }
        drop(seen);
        core.wake.notify_one();
    }
}

async fn deleted(core: &Core, key: &SetKey) -> Result<(), String> {
    stopped(core, key).await?;
    let name = names::service(&core.config.prefix, key);
    let body = json!({ "cluster": core.config.cluster, "service": name });
    match core.aws.call::<Value>(On::Ecs, "DeleteService", &body).await {
        Err(error) if !matches!(error.refusal(), Some(("ServiceNotFoundException", _))) => return Err(denied::told(error)),
        _ => {}
    }
    let body = json!({ "familyPrefix": name, "status": "ACTIVE" });
    let listed: Value = core.aws.call(On::Ecs, "ListTaskDefinitions", &body).await.map_err(denied::told)?;
    for arn in listed["taskDefinitionArns"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        // Of families whose names begin alike.
        if arn.rsplit('/').next().and_then(|it| it.split(':').next()) == Some(&name) {
            let body = json!({ "taskDefinition": arn });
            core.aws.call::<Value>(On::Ecs, "DeregisterTaskDefinition", &body).await.map_err(denied::told)?;
        }
    }
    core.seen().forget(key);
    Ok(())
}
