//! Tasks: listed by a hundred, described by a hundred, stopped.

use serde_json::{Value, json};

use super::{Call, show};
use crate::{
    error::{AwsError, Result},
    request::{Parameters, name_of},
    world::Task,
};

/// Most tasks that are described at once.
const MAX_DESCRIBED: usize = 100;

impl Call<'_> {
    pub(super) fn list_tasks(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        self.cluster(parameters)?;
        let is_wanted = parameters.text("desiredStatus") != Some("STOPPED");
        let service = parameters.text("serviceName").map(name_of);
        let view = self.seen();
        let listed = view.tasks.values().filter(|task| task.is_wanted == is_wanted);
        let listed = listed.filter(|task| service.is_none_or(|service| task.service == service));
        let (page, next) = parameters.page(&listed.map(|task| task.arn.clone()).collect::<Vec<_>>());
        Ok(json!({ "taskArns": page, "nextToken": next }))
    }

    pub(super) fn describe_tasks(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        self.cluster(parameters)?;
        let asked = parameters.list("tasks");
        if asked.is_empty() || asked.len() > MAX_DESCRIBED {
            return Err(AwsError::invalid(format!("tasks must have 1 to {MAX_DESCRIBED} entries.")));
        }
        let view = self.seen();
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for named in asked {
            match view.tasks.values().find(|task| is_meant(task, named)) {
                Some(task) => found.push(show::task(task)),
                None => failures.push(json!({ "arn": named, "reason": "MISSING" })),
            }
        }
        Ok(json!({ "tasks": found, "failures": failures }))
    }

    pub(super) fn stop_task(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        self.cluster(parameters)?;
        let named = parameters.required("task")?;
        let found = self.world.view.tasks.values().find(|task| is_meant(task, named)).cloned();
        let found = found.ok_or_else(|| AwsError::invalid("The referenced task was not found."))?;
        let reason = parameters.text("reason").unwrap_or("Task stopped by user");
        self.world.end(&found.arn, "UserInitiated", reason, &mut self.effects);
        self.changed();
        let task = self.world.view.tasks.get(&found.arn).cloned().unwrap_or(found);
        Ok(json!({ "task": show::task(&task) }))
    }
}

fn is_meant(task: &Task, named: &str) -> bool {
    task.arn == named || task.id() == named
}
