//! Keeping the nodes' databases: once the wallet is known and before it is funded, then daily.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_db::Database;
use linkpool_health::DeduplicatedLogs;
use tokio::task::JoinSet;

use crate::{Provisioner, Result, Snapshot};

const KEEP_INTERVAL: Duration = Duration::from_secs(86_400);
/// Between two looks at who is due.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// Between two attempts at a node whose database could not be kept, or needs not be.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);
/// Each reads a whole database.
const MAX_AT_ONCE: usize = 2;

/// Keeps what is due, beside the passes.
pub(crate) struct Keeper {
    provisioner: Arc<dyn Provisioner>,
    looked: Option<Instant>,
    tasks: JoinSet<(String, Result<Snapshot>)>,
    busy: HashSet<String>,
    tried: HashMap<String, Instant>,
    failing: DeduplicatedLogs,
}

impl Keeper {
    pub fn new(provisioner: Arc<dyn Provisioner>) -> Self {
        Self {
            provisioner,
            looked: None,
            tasks: JoinSet::new(),
            busy: HashSet::new(),
            tried: HashMap::new(),
            failing: DeduplicatedLogs::default(),
        }
    }

    /// What is under way is cut off: the next fleet does it again.
    pub fn end(&mut self) {
        self.tasks.abort_all();
        self.tasks.detach_all();
        (self.looked, self.busy, self.tried) = (None, HashSet::new(), HashMap::new());
    }

    /// Stores what was kept, and begins with what is due.
    ///
    /// # Errors
    /// The database's.
    pub async fn pass(&mut self, database: &Database) -> Result<()> {
        self.collect(database).await?;
        if self.looked.is_some_and(|at| at.elapsed() < LOOK_INTERVAL) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        self.tried.retain(|_, at| at.elapsed() < RETRY_INTERVAL);
        // Those that fail must not hide the others.
        let tried: Vec<&str> = self.tried.keys().chain(&self.busy).map(String::as_str).collect();
        for node_id in database.nodes_to_keep(KEEP_INTERVAL, &tried).await? {
            if self.tasks.len() >= MAX_AT_ONCE {
                break;
            }
            self.busy.insert(node_id.clone());
            let provisioner = self.provisioner.clone();
            self.tasks.spawn(async move {
                let kept = provisioner.snapshot(&node_id).await;
                (node_id, kept)
            });
        }
        Ok(())
    }

    async fn collect(&mut self, database: &Database) -> Result<()> {
        while let Some(ended) = self.tasks.try_join_next() {
            let Ok((node_id, kept)) = ended else {
                self.busy.clear();
                continue;
            };
            self.busy.remove(&node_id);
            match kept {
                Ok(Snapshot::Kept(path)) => {
                    self.failing.over(&node_id);
                    database.node_kept(&node_id, &path).await?;
                    continue;
                }
                Ok(Snapshot::NotConfigured(_) | Snapshot::Unneeded) => {}
                Err(error) => {
                    self.failing.warn(&node_id, &error, "a node's database could not be kept");
                    database.node_not_kept(&node_id, &error.to_string()).await?;
                }
            }
            self.tried.insert(node_id, Instant::now());
        }
        Ok(())
    }
}
