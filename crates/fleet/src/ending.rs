//! How nodes come to their end: closed on chain, prepared, retired on chain, empty, stopped. Each step waits for what the indexer shows.

use std::{collections::HashSet, path::PathBuf, process::Stdio, time::Duration};

use linkpool_db::{
    Database,
    fleet::{Ending, EndingNode},
};
use linkpool_primitives::{NodeStatus, checksum};
use serde_json::{Value, json};
use tokio::{process::Command, task::JoinSet, time::timeout};

use crate::Result;

/// A program that does what must be done before a node is retired, such as asking its jobs' owners to go elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetireHook {
    /// Called with the node's id, its wallet, and its Operator or `-`. It may be called twice.
    pub program: PathBuf,
    /// What it may take. Its failure is said and does not keep the node from being retired.
    pub limit: Duration,
}

/// Leads nodes to their end.
#[derive(Debug)]
pub(crate) struct Endings {
    hook: Option<RetireHook>,
    tasks: JoinSet<(EndingNode, Value)>,
    busy: HashSet<String>,
}

impl Endings {
    pub fn new(hook: Option<RetireHook>) -> Self {
        Self { hook, tasks: JoinSet::new(), busy: HashSet::new() }
    }

    /// The next fleet calls the hook again.
    pub fn end(&mut self) {
        self.tasks.abort_all();
        self.tasks.detach_all();
        self.busy.clear();
    }

    /// Takes each node as far as the contract has come. True if one moved.
    ///
    /// # Errors
    /// The database's.
    pub async fn pass(&mut self, database: &Database) -> Result<bool> {
        let mut moved = false;
        while let Some(Ok((node, outcome))) = self.tasks.try_join_next() {
            self.busy.remove(&node.id);
            moved |= database.step_ending(&node, Ending::Retiring, &outcome).await?;
        }
        for node in database.ending_nodes().await? {
            if let Some(to) = next(&node, self.hook.is_some()) {
                moved |= database.step_ending(&node, to, &Value::Null).await?;
            } else if let (Ending::Preparing, Some(hook)) = (node.ending, self.hook.clone())
                && self.busy.insert(node.id.clone())
            {
                self.tasks.spawn(async move {
                    let outcome = run(&hook, &node).await;
                    (node, outcome)
                });
            }
        }
        Ok(moved)
    }
}

/// Where a node goes that needs nothing of ours.
fn next(node: &EndingNode, has_hook: bool) -> Option<Ending> {
    match (node.ending, node.status) {
        (Ending::Closing, Some(NodeStatus::Closed | NodeStatus::Retired)) => Some(Ending::Preparing),
        (Ending::Preparing, _) if !has_hook => Some(Ending::Retiring),
        (Ending::Retiring, Some(NodeStatus::Retired)) => Some(Ending::Draining),
        (Ending::Draining, Some(NodeStatus::Retired)) if node.is_empty => Some(Ending::Stopped),
        _ => None,
    }
}

async fn run(hook: &RetireHook, node: &EndingNode) -> Value {
    let or_none = |address: &Option<linkpool_primitives::Address>| address.as_ref().map_or_else(|| "-".to_owned(), checksum);
    let mut command = Command::new(&hook.program);
    command.args([node.id.as_str(), &or_none(&node.wallet), &or_none(&node.operator)]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let said = match timeout(hook.limit, command.status()).await {
        Ok(Ok(status)) if status.success() => return json!({ "hook": "done" }),
        Ok(Ok(status)) => format!("it ended with {status}"),
        Ok(Err(error)) => format!("it could not be started: {error}"),
        Err(_) => format!("it did not end within {} s", hook.limit.as_secs()),
    };
    tracing::warn!(node = node.id, said, hook = %hook.program.display(), "the hook before a node's retirement failed; the node is retired all the same");
    json!({ "hook": "failed", "said": said })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ending::{Closing, Draining, Preparing, Retiring, Stopped};

    fn preparing() -> EndingNode {
        EndingNode {
            id: "0123456789ab".into(),
            ending: Preparing,
            in_step: Duration::ZERO,
            wallet: None,
            operator: None,
            status: Some(NodeStatus::Closed),
            is_empty: false,
        }
    }

    #[tokio::test]
    async fn a_hook_that_does_not_end_or_is_not_there_is_said_and_waited_for_no_longer_than_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let said = async |program: &str, limit| {
            let hook = RetireHook { program: folder.path().join(program), limit };
            run(&hook, &preparing()).await["said"].as_str().map(str::to_owned)
        };
        let script = folder.path().join("hangs");
        std::fs::write(&script, "#!/bin/sh\nexec sleep 600\n").unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let begin = std::time::Instant::now();
        let late = said("hangs", Duration::from_secs(1)).await;
        assert_eq!(late.as_deref(), Some("it did not end within 1 s"));
        assert!(begin.elapsed() < Duration::from_secs(300), "{:?}", begin.elapsed());
        assert!(said("none", Duration::from_secs(60)).await.is_some_and(|said| said.contains("could not be started")));
    }

    fn check(ending: Ending, status: Option<NodeStatus>, is_empty: bool, expect: Option<Ending>) {
        let node = EndingNode {
            id: "0123456789ab".into(),
            ending,
            in_step: Duration::ZERO,
            wallet: None,
            operator: None,
            status,
            is_empty,
        };
        assert_eq!(next(&node, true), expect, "{ending} {status:?} {is_empty}");
    }

    #[test]
    fn each_step_waits_for_what_the_contract_shows_and_nothing_is_stopped_with_stake_on_it() {
        check(Closing, Some(NodeStatus::Active), true, None);
        check(Closing, Some(NodeStatus::Closed), true, Some(Preparing));
        check(Preparing, Some(NodeStatus::Closed), true, None);
        check(Retiring, Some(NodeStatus::Closed), true, None);
        check(Retiring, Some(NodeStatus::Retired), false, Some(Draining));
        check(Draining, Some(NodeStatus::Retired), false, None);
        check(Draining, Some(NodeStatus::Retired), true, Some(Stopped));
        // The indexer begins again and does not have it yet.
        check(Draining, None, true, None);
    }
}
