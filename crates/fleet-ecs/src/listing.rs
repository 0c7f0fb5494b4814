//! All that runs, page by page: a whole listing, or an error.

use std::collections::HashMap;

use linkpool_aws::{Aws, Error, Result, Service as On};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer::{Service, Task},
    names::set_of,
};

/// What AWS describes at once.
const TASKS_AT_ONCE: usize = 100;
const SERVICES_AT_ONCE: usize = 10;
/// A task that is listed and not described yet is asked for so often.
const ATTEMPTS: usize = 5;

/// Of one account, region and cluster.
pub(crate) struct Lister<'a> {
    pub aws: &'a Aws,
    pub cluster: &'a str,
    pub prefix: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(alias = "taskArns", alias = "serviceArns")]
    arns: Vec<String>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Services {
    services: Vec<Service>,
}

#[derive(Deserialize)]
struct Tasks {
    tasks: Vec<Task>,
}

impl Lister<'_> {
    /// Every service of the pool that is not gone.
    pub async fn services(&self) -> Result<Vec<Service>> {
        let mut names = self.names("ListServices", &json!({})).await?;
        names.retain(|name| set_of(self.prefix, name).is_some());
        let mut found = Vec::with_capacity(names.len());
        for names in names.chunks(SERVICES_AT_ONCE) {
            found.extend(self.described(names).await?);
        }
        Ok(found)
    }

    /// These, as far as they are there.
    pub async fn described(&self, names: &[String]) -> Result<Vec<Service>> {
        let body = json!({ "cluster": self.cluster, "services": names });
        Ok(self.aws.call::<Services>(On::Ecs, "DescribeServices", &body).await?.services)
    }

    /// Every task of the cluster that runs or has ended not long ago. Of one whose end is `known` nothing new is asked.
    pub async fn tasks(&self, known: &HashMap<String, Task>) -> Result<Vec<Task>> {
        let running = self.names("ListTasks", &json!({ "desiredStatus": "RUNNING" })).await?;
        let mut ending = self.names("ListTasks", &json!({ "desiredStatus": "STOPPED" })).await?;
        // One that was told to end between the two.
        ending.retain(|arn| !running.contains(arn));
        let (over, ending): (Vec<String>, Vec<String>) =
            ending.into_iter().partition(|arn| known.get(arn).is_some_and(|task| task.last_status == "STOPPED"));
        let mut found: Vec<Task> = over.iter().filter_map(|arn| known.get(arn).cloned()).collect();
        found.extend(self.tasks_of(&running, true).await?);
        found.extend(self.tasks_of(&ending, false).await?);
        Ok(found)
    }

    /// With `all`, each of them: one that AWS does not know yet, though it has listed it, is asked for again.
    async fn tasks_of(&self, arns: &[String], all: bool) -> Result<Vec<Task>> {
        let (mut found, mut left) = (Vec::with_capacity(arns.len()), arns.to_vec());
        for _ in 0..ATTEMPTS {
            for arns in left.chunks(TASKS_AT_ONCE) {
                let body = json!({ "cluster": self.cluster, "tasks": arns });
                found.extend(self.aws.call::<Tasks>(On::Ecs, "DescribeTasks", &body).await?.tasks);
            }
            left.retain(|arn| !found.iter().any(|task| task.task_arn == *arn));
            if left.is_empty() || !all {
                return Ok(found);
            }
        }
        let cause = format!("{} tasks are listed that it does not know yet", left.len());
        Err(Error::Malformed { operation: "DescribeTasks".into(), cause })
    }

    async fn names(&self, operation: &str, body: &Value) -> Result<Vec<String>> {
        let (mut names, mut next) = (Vec::new(), None);
        loop {
            let mut body = body.clone();
            (body["cluster"], body["maxResults"]) = (json!(self.cluster), json!(100));
            if let Some(token) = next {
                body["nextToken"] = json!(token);
            }
            let page: Page = self.aws.call(On::Ecs, operation, &body).await?;
            names.extend(page.arns);
            match page.next_token {
                Some(token) => next = Some(token),
                None => return Ok(names),
            }
        }
    }
}
