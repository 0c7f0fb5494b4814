//! Listing what runs, again and again, within AWS's limits.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use linkpool_health::DeduplicatedLog;
use tokio::time::{sleep, sleep_until};

use crate::{denied, listing::Lister, seen::group_of, shared::Core, watch::follow};

/// For ever. What fails is tried again at the next turn, and said until then by whoever observes.
pub(crate) async fn poll(core: Arc<Core>) {
    let (mut unlisted, mut known) = (DeduplicatedLog::default(), BTreeSet::new());
    loop {
        let begin = Instant::now();
        match list(&core).await {
            Ok(()) => {
                unlisted.over();
                core.seen().trouble = None;
                follow(&core);
                know(&core, &mut known).await;
                core.signals.changed.notify_one();
            }
            Err(error) => {
                unlisted.warn(&error, "what runs on ECS could not be listed");
                core.seen().trouble = Some(denied::told(error));
            }
        }
        let times = &core.config.times;
        tokio::select! {
            () = sleep_until((begin + times.tasks).into()) => {}
            // However many wait for it.
            () = core.wake.notified() => sleep(times.tasks / 4).await,
        }
    }
}

async fn list(core: &Core) -> linkpool_aws::Result<()> {
    let lister = Lister { aws: &core.aws, cluster: &core.config.cluster, prefix: &core.config.prefix };
    let is_due = core.seen().services_listed.is_none_or(|at| at.elapsed() >= core.config.times.services);
    if is_due {
        let asked = Instant::now();
        let services = lister.services().await?;
        core.seen().list_services(&core.config.prefix, asked, services);
    }
    let known = core.seen().tasks.clone();
    let asked = Instant::now();
    let tasks = lister.tasks(&known).await?;
    core.seen().list_tasks(&core.config.prefix, asked, tasks);
    Ok(())
}

/// The databases of nodes that run already are looked at from now on.
async fn know(core: &Core, known: &mut BTreeSet<String>) {
    let nodes: BTreeSet<String> = {
        let seen = core.seen();
        seen.tasks.values().filter_map(|task| group_of(&core.config.prefix, task)).map(|key| key.node_id).collect()
    };
    for node_id in nodes {
        if known.contains(&node_id) {
            continue;
        }
        match core.node_database(&node_id).await {
            Ok(database) => {
                core.witness.know(database);
                known.insert(node_id);
            }
            Err(error) => tracing::debug!(node = node_id, error, "a node that runs can't be looked at from its database yet"),
        }
    }
}
