//! Bridges and jobs: what the node has is made what it shall have.

use linkpool_chainlink::client::{Bridge, Error as ApiError, ErrorKind, NodeClient};
use linkpool_db::fleet::{JobProgress, NodeJob};
use linkpool_jobs::{
    Action, Desired, FilledBridge, ItemRecord, ItemRecords, Progress, Refused, RequestJob, Seen, SeenBridge, SeenJob, plan,
};
use linkpool_primitives::{ItemKind, ItemState, printable};
use serde_json::json;

use super::{memory::Memory, session::Session, trouble::Trouble, user::User, wanted::variables};

/// Most names that one event of a node's history has.
const MAX_NAMED: usize = 20;

impl Session {
    pub(super) async fn give(&self, memory: &mut Memory) -> Result<(), Trouble> {
        // The node's users come first, and whatever keeps them from it is shown.
        let Some(credentials) = self.token(User::Fleet).await? else { return Ok(()) };
        let client = self.client(credentials)?;
        let variables = variables(&self.node, &self.wanted);
        let compared = (self.wanted.version, variables.clone());
        let given = self.compare(&client, &self.wanted.set.for_node(&variables)).await;
        let (detail, error) = match &given {
            Ok(detail) => (detail.clone(), None),
            Err(Trouble::Ours(_)) => return given.map(drop),
            Err(trouble) => (Progress::default(), Some(trouble.to_string())),
        };
        let is_complete = error.is_none() && detail.refused.is_empty() && detail.kept.is_empty();
        if matches!(&given, Err(Trouble::Api(error)) if error.kind == ErrorKind::CredentialsRefused) {
            memory.tried.undone();
        }
        let refused = detail.refused.first().map(Refused::to_string);
        let kept = detail.kept.first().map(|kept| format!("it keeps the bridge {}, which jobs of somebody else use", kept.name));
        let error = error.or(refused).or(kept);
        let progress = JobProgress { version: self.wanted.version, is_complete, error: error.clone(), detail: json!(detail) };
        if memory.progress.as_ref() != Some(&progress) || self.node.complete_version != progress.version {
            self.database.set_job_progress(&self.node.id, &progress).await?;
            memory.progress = Some(progress);
        }
        given?;
        match error {
            None => {
                memory.compared.done(compared);
                Ok(())
            }
            Some(error) => Err(Trouble::Node(error)),
        }
    }

    async fn compare(&self, client: &NodeClient, desired: &Desired) -> Result<Progress, Trouble> {
        let seen = Seen {
            bridges: client.bridges().await?.into_iter().map(seen_bridge).collect(),
            jobs: client.jobs().await?.into_iter().map(seen_job).collect(),
        };
        let mut given = self.given().await?;
        let plan = plan(desired, &seen, &given);
        let (mut refused, mut done) = (Vec::new(), Vec::new());
        for action in &plan.actions {
            match self.act(client, action, &mut given).await {
                Ok(()) => done.extend(action.verb().map(|verb| format!("{verb} {} {}", action.item().0, action.item().1))),
                // The node's answer to this item; the others may be right.
                Err(Trouble::Api(error)) if is_about_item(&error) => {
                    let (kind, name) = action.item();
                    refused.push(Refused { kind: kind.to_string(), name: name.into(), sentence: error.to_string() });
                }
                Err(trouble) => {
                    self.tell(&done).await?;
                    return Err(trouble);
                }
            }
        }
        self.tell(&done).await?;
        let (jobs, unchanged) = answers(desired, &given);
        self.database.note_node_jobs(&self.node.id, &jobs, &unchanged).await?;
        Ok(Progress::new(desired, refused, &plan))
    }

    /// One action: written down, done, written down.
    async fn act(&self, client: &NodeClient, action: &Action, given: &mut ItemRecords) -> Result<(), Trouble> {
        let (node, (kind, name)) = (&self.node.id, action.item());
        let key = (kind, name.to_owned());
        if let Some(before) = action.before(given) {
            self.database.note_job_item(node, kind, name, before.state, &before.digest).await?;
            given.insert(key.clone(), before);
        }
        call(client, action).await?;
        match action.after() {
            Some(after) if given.get(&key) != Some(&after) => {
                self.database.note_job_item(node, kind, name, after.state, &after.digest).await?;
                given.insert(key, after);
            }
            Some(_) => {}
            None => {
                self.database.forget_job_item(node, kind, name).await?;
                given.remove(&key);
            }
        }
        Ok(())
    }

    async fn given(&self) -> Result<ItemRecords, Trouble> {
        let items = self.database.job_items(&self.node.id, ItemRecord::UNDER_WAY_SECONDS).await?;
        let given = items.into_iter().map(|item| {
            let digest = item.digest.try_into().map_err(|_| Trouble::Node("a digest that is kept is none".into()))?;
            Ok(((item.kind, item.name), ItemRecord::read(digest, item.state, item.is_recent)))
        });
        given.collect()
    }

    async fn tell(&self, done: &[String]) -> Result<(), Trouble> {
        if done.is_empty() {
            return Ok(());
        }
        let more = done.len().saturating_sub(MAX_NAMED);
        let detail = json!({ "version": self.wanted.version, "done": done[..done.len() - more], "more": more });
        Ok(self.database.record_event(&self.node.id, "jobs", &detail).await?)
    }
}

/// What the node answers now: its jobs that requests can name, and the names of those that it has in words which are not known any more.
fn answers(desired: &Desired, given: &ItemRecords) -> (Vec<NodeJob>, Vec<String>) {
    let (mut jobs, mut unchanged) = (Vec::new(), Vec::new());
    for ((_, name), record) in given.iter().filter(|((kind, _), _)| *kind == ItemKind::Job) {
        match desired.jobs.get(name) {
            Some(job) if job.digest == record.digest && record.state == ItemState::Given => {
                jobs.extend(RequestJob::of(job).map(|of| NodeJob {
                    name: name.clone(),
                    operator: of.operator,
                    spec_ids: of.spec_ids,
                    least_payment: of.least_payment,
                    requesters: of.requesters,
                }));
            }
            Some(_) | None => unchanged.push(name.clone()),
        }
    }
    (jobs, unchanged)
}

async fn call(client: &NodeClient, action: &Action) -> Result<(), ApiError> {
    match action {
        Action::Note { .. } | Action::Forget { .. } => Ok(()),
        Action::CreateBridge { name, bridge } => client.create_bridge(&wanted_bridge(name, bridge)).await.map(drop),
        Action::UpdateBridge { name, bridge } => client.update_bridge(&wanted_bridge(name, bridge)).await.map(drop),
        Action::RemoveBridge { name } => gone(client.delete_bridge(name).await),
        Action::CreateJob { job, .. } => client.create_job(&job.toml).await.map(drop),
        Action::UpdateJob { id, job, .. } => client.replace_job(*id, &job.toml).await.map(drop),
        Action::RemoveJob { id, .. } => gone(client.delete_job(*id).await),
    }
}

/// What is not there any more is as good as taken away.
fn gone(outcome: Result<(), ApiError>) -> Result<(), ApiError> {
    match outcome {
        Err(error) if matches!(error.kind, ErrorKind::NoSuchBridge { .. } | ErrorKind::NoSuchJob { .. }) => Ok(()),
        outcome => outcome,
    }
}

/// Whether the node has looked at this one item and said no. Any other failure is the node's, and the next item would meet it too.
fn is_about_item(error: &ApiError) -> bool {
    match &error.kind {
        ErrorKind::BadBridge { .. }
        | ErrorKind::BridgeExists { .. }
        | ErrorKind::NoSuchBridge { .. }
        | ErrorKind::BridgeInUse { .. }
        | ErrorKind::BadJob { .. }
        | ErrorKind::JobExists { .. }
        | ErrorKind::NoSuchJob { .. }
        | ErrorKind::BridgesMissing { .. } => true,
        ErrorKind::UnexpectedStatus { status, .. } => (400..600).contains(status),
        _ => false,
    }
}

fn wanted_bridge(name: &str, bridge: &FilledBridge) -> Bridge {
    Bridge {
        name: name.to_owned(),
        url: bridge.url.clone(),
        confirmations: bridge.confirmations,
        minimum_payment_juels: bridge.minimum_contract_payment.map(|juels| juels.to_string().parse().unwrap_or_default()),
    }
}

fn seen_bridge(bridge: Bridge) -> SeenBridge {
    SeenBridge {
        name: bridge.name,
        url: bridge.url,
        confirmations: bridge.confirmations,
        // More than any that is wanted.
        minimum_contract_payment: bridge.minimum_payment_juels.map(|juels| juels.to_string().parse().unwrap_or(u128::MAX)),
    }
}

fn seen_job(job: linkpool_chainlink::client::Job) -> SeenJob {
    SeenJob {
        id: job.id,
        external_job_id: job.external_job_id,
        name: printable(&job.name, 100),
        kind: job.kind,
        source: job.observation_source,
    }
}
