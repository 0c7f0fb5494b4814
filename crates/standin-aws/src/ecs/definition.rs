//! Task definitions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Call, show};
use crate::{
    error::{AwsError, Result},
    request::{Parameters, name_of},
    world::{ACCOUNT, Definition, REGION},
};

impl Call<'_> {
    pub(super) fn register(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        let family = parameters.required("family")?;
        check(parameters.0)?;
        let last = self.world.view.definitions.values().filter(|it| it.family == family).map(|it| it.revision).max();
        let revision = last.unwrap_or(0) + 1;
        let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{family}:{revision}");
        let definition =
            Definition { arn: arn.clone(), family: family.to_owned(), revision, is_active: true, told: parameters.0.clone() };
        let shown = show::definition(&definition);
        self.world.view.definitions.insert(arn, Arc::new(definition));
        self.changed();
        Ok(json!({ "taskDefinition": shown }))
    }

    pub(super) fn describe_definition(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        let named = parameters.required("taskDefinition")?;
        let view = self.seen();
        let found =
            find(view.definitions.values(), named).ok_or_else(|| AwsError::client("Unable to describe task definition."))?;
        Ok(json!({ "taskDefinition": show::definition(&found) }))
    }

    pub(super) fn deregister(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        let named = parameters.required("taskDefinition")?;
        let found = find(self.world.view.definitions.values(), named);
        let found = found.ok_or_else(|| AwsError::client("The specified task definition does not exist."))?;
        let inactive = Definition { is_active: false, ..(*found).clone() };
        let shown = show::definition(&inactive);
        self.world.view.definitions.insert(found.arn.clone(), Arc::new(inactive));
        self.changed();
        Ok(json!({ "taskDefinition": shown }))
    }

    pub(super) fn list_definitions(&mut self, parameters: Parameters<'_>) -> Value {
        let view = self.seen();
        let of_family = |it: &&Arc<Definition>| parameters.text("familyPrefix").is_none_or(|family| it.family == family);
        let is_active = parameters.text("status") != Some("INACTIVE");
        let found = view.definitions.values().filter(of_family).filter(|it| it.is_active == is_active);
        let (page, next) = parameters.page(&found.map(|it| it.arn.clone()).collect::<Vec<_>>());
        json!({ "taskDefinitionArns": page, "nextToken": next })
    }

    /// The active revision that a service is to have.
    pub(super) fn definition(&self, named: &str) -> Result<Arc<Definition>> {
        let found = find(self.world.view.definitions.values(), named).filter(|it| it.is_active);
        found.ok_or_else(|| AwsError::client("TaskDefinition not found."))
    }
}

/// By ARN, by `family:revision`, or the newest active one of a family.
fn find<'a>(all: impl Iterator<Item = &'a Arc<Definition>>, named: &str) -> Option<Arc<Definition>> {
    let name = name_of(named);
    match name.split_once(':') {
        Some((family, revision)) => {
            let mut all = all;
            all.find(|it| it.family == family && it.revision.to_string() == revision).cloned()
        }
        None => all.filter(|it| it.family == name && it.is_active).max_by_key(|it| it.revision).cloned(),
    }
}

/// What AWS refuses of what LinkPool asks for.
fn check(told: &Value) -> Result<()> {
    let containers = told["containerDefinitions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let [container] = containers else {
        return Err(AwsError::client("the stand-in runs tasks of one container"));
    };
    for name in ["name", "image"] {
        if container[name].as_str().is_none_or(str::is_empty) {
            return Err(AwsError::client(format!("Container.{name} should not be null or empty.")));
        }
    }
    let is_fargate = told["requiresCompatibilities"].as_array().is_some_and(|all| all.iter().any(|it| it == "FARGATE"));
    if is_fargate && (told["networkMode"] != "awsvpc" || told["cpu"].as_str().is_none() || told["memory"].as_str().is_none()) {
        return Err(AwsError::client("Fargate requires task definition to have awsvpc, cpu and memory."));
    }
    if is_fargate && container["secrets"].is_array() && told["executionRoleArn"].as_str().is_none() {
        return Err(AwsError::client("Fargate requires task definition to have execution role ARN to support secrets."));
    }
    let bounds = [("interval", 5..=300), ("timeout", 2..=60), ("retries", 1..=10), ("startPeriod", 0..=300)];
    for (name, bounds) in bounds {
        if container["healthCheck"][name].as_u64().is_some_and(|number| !bounds.contains(&number)) {
            return Err(AwsError::client(format!("healthCheck.{name} must be within {} and {}", bounds.start(), bounds.end())));
        }
    }
    if container["stopTimeout"].as_u64().is_some_and(|seconds| seconds > 120) {
        return Err(AwsError::client("Fargate does not support stopTimeout above 120"));
    }
    Ok(())
}
