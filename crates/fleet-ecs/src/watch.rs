//! Looking at each task that runs: at its API, and at what its database says of it.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_db::fleet::ReplicaState;
use linkpool_fleet::look::{Answers, Shown, Sight, Watch, Which};
use tokio::time::sleep;

use crate::{definition::PORT, seen::group_of, shared::Core, watchers::Watcher};

/// Between two looks. What a look asks for is the probe's to say.
const SERVING_INTERVAL: Duration = Duration::from_secs(1);
const OTHERWISE_INTERVAL: Duration = Duration::from_millis(200);

/// Every task that runs is looked at, and no other.
pub(crate) fn follow(core: &Arc<Core>) {
    let running: Vec<(String, (String, SocketAddr))> = {
        let seen = core.seen();
        let running = seen.tasks.values().filter(|task| task.runs());
        let of = running.filter_map(|task| {
            let key = group_of(&core.config.prefix, task)?;
            Some((task.task_arn.clone(), (key.node_id, SocketAddr::new(task.address()?, PORT))))
        });
        of.collect()
    };
    core.watchers.follow(running, |(node_id, address)| begin(core.clone(), node_id, address));
}

fn begin(core: Arc<Core>, node_id: String, address: SocketAddr) -> Watcher {
    let shown = Shown::new(Sight::without_address(ReplicaState::Starting, None), 1, &core.signals);
    let told = shown.clone();
    let watched = async move {
        let mut watch = Watch::new(&node_id, PathBuf::new(), core.transport.clone());
        watch.begin(Which::At(address.ip()), Some(Instant::now()), Answers::At(address));
        loop {
            told.show(watch.look(Some(&core.witness)).await);
            sleep(if told.state() == ReplicaState::Serving { SERVING_INTERVAL } else { OTHERWISE_INTERVAL }).await;
        }
    };
    Watcher { shown, task: tokio::spawn(watched) }
}
