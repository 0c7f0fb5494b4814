//! Time that goes on: what it brings is run and ended.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::interval};
use tokio_util::sync::CancellationToken;

use crate::{account::Account, run::run, world::Effect};

/// Between two looks at what time has brought.
const TICK_INTERVAL: Duration = Duration::from_millis(20);

/// For ever.
pub async fn live(account: Arc<Account>) -> Infallible {
    let (mut ticks, mut running) = (interval(TICK_INTERVAL), JoinSet::new());
    let mut terminations = HashMap::<String, CancellationToken>::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            Some(_) = running.join_next() => continue,
        }
        for effect in account.pass() {
            match effect {
                Effect::Start(task, definition) => {
                    let terminated = CancellationToken::new();
                    terminations.insert(task.arn.clone(), terminated.clone());
                    running.spawn(run(account.clone(), task, definition, terminated));
                }
                Effect::Terminate(arn) => {
                    if let Some(terminated) = terminations.remove(&arn) {
                        terminated.cancel();
                    }
                }
            }
        }
        let known = account.with_world(|world| world.view.tasks.clone());
        terminations.retain(|arn, _| known.get(arn).is_some_and(|task| !task.is_over()));
    }
}
