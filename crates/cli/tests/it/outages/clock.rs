//! The chain's blocks, made here: anvil's own clock goes on while its reorg is under way, which leaves a chain of numbers without a
//! block and of blocks older than their parents.

use std::{sync::Arc, time::Duration};

use linkpool_chain::Chain;
use serde_json::json;
use tokio::{sync::Mutex, task::JoinHandle, time::MissedTickBehavior};

/// What is final lies sixteen of them behind, and no reorg here goes so deep.
const BLOCK_TIME: Duration = Duration::from_millis(500);

/// Makes a block twice a second until it is dropped.
pub struct Clock {
    chain: Chain,
    /// Held while the chain gets a block, or loses some.
    changes: Arc<Mutex<()>>,
    task: JoinHandle<()>,
}

impl Clock {
    /// From now on a transaction waits for the clock.
    pub async fn start(chain: &Chain) -> Self {
        chain.forward("evm_setAutomine".into(), json!([false])).await.unwrap();
        let changes = Arc::<Mutex<()>>::default();
        let task = tokio::spawn(tick(chain.clone(), changes.clone()));
        Self { chain: chain.clone(), changes, task }
    }

    pub async fn reorg(&self, depth: u64) {
        let _changing = self.changes.lock().await;
        self.chain.reorg(depth).await.unwrap();
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn tick(chain: Chain, changes: Arc<Mutex<()>>) {
    let mut blocks = tokio::time::interval(BLOCK_TIME);
    // After a reorg that took long the next block is half a second away, as on a chain.
    blocks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        blocks.tick().await;
        let _changing = changes.lock().await;
        chain.forward("evm_mine".into(), json!([])).await.unwrap();
    }
}
