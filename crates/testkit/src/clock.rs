//! The chain's blocks, made here: anvil's own clock goes on while its reorg is under way, which leaves a chain of numbers without a
//! block and of blocks older than their parents.

use std::{sync::Arc, time::Duration};

use linkpool_chain::{Chain, Result};
use serde_json::json;
use tokio::{sync::Mutex, task::JoinHandle, time::MissedTickBehavior};

/// Makes blocks by the clock until it is dropped, and none while it takes some back.
#[derive(Debug)]
pub struct Clock {
    chain: Chain,
    /// Held while the chain gets a block, or loses some.
    changes: Arc<Mutex<()>>,
    task: JoinHandle<()>,
}

impl Clock {
    /// From now on a transaction waits for the clock. The chain has none of its own.
    pub async fn start(chain: &Chain, block_time: Duration) -> Result<Self> {
        chain.forward("evm_setAutomine".into(), json!([false])).await?;
        let changes = Arc::<Mutex<()>>::default();
        let task = tokio::spawn(tick(chain.clone(), block_time, changes.clone()));
        Ok(Self { chain: chain.clone(), changes, task })
    }

    /// As [`Chain::reorg`].
    pub async fn reorg(&self, depth: u64) -> Result<()> {
        let _changing = self.changes.lock().await;
        self.chain.reorg(depth).await
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn tick(chain: Chain, block_time: Duration, changes: Arc<Mutex<()>>) {
    let mut blocks = tokio::time::interval(block_time);
    // After a reorg that took long the next block is one such time away, as on a chain.
    blocks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        blocks.tick().await;
        let _changing = changes.lock().await;
        if let Err(error) = chain.forward("evm_mine".into(), json!([])).await {
            eprintln!("no more blocks come by the clock: {error}");
            return;
        }
    }
}
