//! Services: made by a token, scaled, deleted; described by ten.

use std::{collections::VecDeque, sync::Arc};

use serde_json::{Value, json};

use super::{Call, show};
use crate::{
    error::{AwsError, Result},
    request::{Parameters, name_of},
    world::{ACCOUNT, Breaker, REGION, Rollout, Service, ServiceStatus},
};

/// Longest token of a service.
const MAX_TOKEN: usize = 36;
/// Most services that are described at once.
const MAX_DESCRIBED: usize = 10;

impl Call<'_> {
    pub(super) fn create_service(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        let cluster = self.cluster(parameters)?;
        let name = parameters.required("serviceName")?;
        let token = parameters.text("clientToken").map(str::to_owned);
        if token.as_ref().is_some_and(|token| token.len() > MAX_TOKEN) {
            return Err(AwsError::invalid(format!("clientToken must have at most {MAX_TOKEN} characters.")));
        }
        let definition = self.definition(parameters.required("taskDefinition")?)?;
        if let Some(other) = self.world.view.services.get(name).cloned() {
            match other.status {
                ServiceStatus::Draining => {
                    return Err(AwsError::invalid("Unable to Start a service that is still Draining."));
                }
                ServiceStatus::Active if token.is_some() && other.token == token && other.told == *parameters.0 => {
                    return Ok(json!({ "service": show::service(&other, &self.world.view) }));
                }
                ServiceStatus::Active => return Err(AwsError::invalid("Creation of service was not idempotent.")),
                ServiceStatus::Inactive => {}
            }
        }
        let service = Service {
            arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/{cluster}/{name}"),
            name: name.to_owned(),
            status: ServiceStatus::Active,
            since: self.world.now,
            made: self.world.now,
            desired: desired(parameters)?.unwrap_or(0),
            definition: definition.arn.clone(),
            maximum: percent(parameters.0, "maximumPercent", 200),
            // As AWS has it since September 2025 for new ones.
            rebalances: parameters.text("availabilityZoneRebalancing") != Some("DISABLED"),
            breaker: breaker(parameters.0),
            rollout: Rollout::InProgress,
            deployment_id: format!("ecs-svc/{}", self.world.dice.digits(19)),
            failed_tasks: 0,
            token,
            told: parameters.0.clone(),
            events: VecDeque::new(),
        };
        let shown = show::service(&service, &self.world.view);
        self.world.view.services.insert(name.to_owned(), Arc::new(service));
        self.changed();
        Ok(json!({ "service": shown }))
    }

    pub(super) fn update_service(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        self.cluster(parameters)?;
        let name = name_of(parameters.required("service")?).to_owned();
        if parameters.text("taskDefinition").is_some() {
            return Err(AwsError::invalid("the stand-in knows no second deployment of a service"));
        }
        let desired = desired(parameters)?;
        let deployment_id = format!("ecs-svc/{}", self.world.dice.digits(19));
        let service = self.world.service_mut(&name).filter(|service| service.status != ServiceStatus::Inactive);
        let service = service.ok_or_else(not_found)?;
        if service.status != ServiceStatus::Active {
            return Err(AwsError::new("ServiceNotActiveException", "Service was not ACTIVE."));
        }
        if let Some(desired) = desired {
            service.desired = desired;
        }
        if parameters.flag("forceNewDeployment") {
            (service.rollout, service.failed_tasks, service.deployment_id) = (Rollout::InProgress, 0, deployment_id);
        }
        let service = service.clone();
        self.changed();
        Ok(json!({ "service": show::service(&service, &self.world.view) }))
    }

    pub(super) fn delete_service(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        self.cluster(parameters)?;
        let name = name_of(parameters.required("service")?).to_owned();
        let (now, force) = (self.world.now, parameters.flag("force"));
        let service = self.world.service_mut(&name).filter(|service| service.status != ServiceStatus::Inactive);
        let service = service.ok_or_else(not_found)?;
        if service.desired > 0 && !force {
            return Err(AwsError::invalid("The service cannot be stopped while it is scaled above 0."));
        }
        if service.status == ServiceStatus::Active {
            (service.status, service.since, service.desired) = (ServiceStatus::Draining, now, 0);
        }
        let service = service.clone();
        self.changed();
        Ok(json!({ "service": show::service(&service, &self.world.view) }))
    }

    pub(super) fn describe_services(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        self.cluster(parameters)?;
        let asked = parameters.list("services");
        if asked.is_empty() || asked.len() > MAX_DESCRIBED {
            return Err(AwsError::invalid(format!("services must have 1 to {MAX_DESCRIBED} entries.")));
        }
        let view = self.seen();
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for named in asked {
            match view.services.get(name_of(named)) {
                Some(service) => found.push(show::service(service, &view)),
                None => failures.push(json!({ "arn": named, "reason": "MISSING" })),
            }
        }
        Ok(json!({ "services": found, "failures": failures }))
    }

    pub(super) fn list_services(&mut self, parameters: Parameters<'_>) -> Result<Value> {
        self.cluster(parameters)?;
        let view = self.seen();
        let listed = view.services.values().filter(|service| service.status != ServiceStatus::Inactive);
        let (page, next) = parameters.page(&listed.map(|service| service.arn.clone()).collect::<Vec<_>>());
        Ok(json!({ "serviceArns": page, "nextToken": next }))
    }
}

fn not_found() -> AwsError {
    AwsError::new("ServiceNotFoundException", "Service not found.")
}

fn desired(parameters: Parameters<'_>) -> Result<Option<u32>> {
    let Some(number) = parameters.number("desiredCount") else { return Ok(None) };
    u32::try_from(number).map(Some).map_err(|_| AwsError::invalid("desiredCount is too large"))
}

fn percent(told: &Value, name: &str, usual: u32) -> u32 {
    told["deploymentConfiguration"][name].as_u64().and_then(|percent| u32::try_from(percent).ok()).unwrap_or(usual)
}

fn breaker(told: &Value) -> Option<Breaker> {
    let breaker = &told["deploymentConfiguration"]["deploymentCircuitBreaker"];
    let threshold = &breaker["thresholdConfiguration"];
    // Half of what is desired, and at least three, where no count is said.
    let counted = threshold["value"].as_u64().filter(|_| threshold["type"] == "COUNT");
    let failures = counted.and_then(|count| u32::try_from(count).ok()).unwrap_or(3);
    let resets_on_healthy = breaker["resetOnHealthyTask"].as_bool().unwrap_or(true);
    breaker["enable"].as_bool().unwrap_or_default().then_some(Breaker { failures, resets_on_healthy })
}
