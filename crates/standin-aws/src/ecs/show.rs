//! How AWS shows what there is.

use std::time::Duration;

use serde_json::{Value, json};

use super::cluster_arn;
use crate::world::{Definition, Health, Rollout, Service, ServiceStatus, Status, Task, View};

/// Where the stand-in's time begins, in seconds since 1970.
const EPOCH: f64 = 1_793_000_000.0;

pub fn time(at: Duration) -> f64 {
    EPOCH + at.as_secs_f64()
}

pub fn definition(definition: &Definition) -> Value {
    let mut shown = definition.told.clone();
    shown["taskDefinitionArn"] = json!(definition.arn);
    shown["revision"] = json!(definition.revision);
    shown["status"] = json!(if definition.is_active { "ACTIVE" } else { "INACTIVE" });
    shown
}

pub fn service(service: &Service, view: &View) -> Value {
    let tasks = || view.tasks.values().filter(|task| task.service == service.name);
    let running = tasks().filter(|task| matches!(task.status, Status::Running | Status::Stopping)).count();
    let pending = tasks().filter(|task| task.is_wanted && task.status < Status::Running).count();
    let rollout = match service.rollout {
        Rollout::InProgress => "IN_PROGRESS",
        Rollout::Completed => "COMPLETED",
        Rollout::Failed => "FAILED",
    };
    let events = service.events.iter().enumerate();
    let events =
        events.map(|(number, (at, event))| json!({ "id": number.to_string(), "createdAt": time(*at), "message": event }));
    json!({
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": cluster_arn(service.arn.split('/').nth(1).unwrap_or_default()),
        "status": match service.status {
            ServiceStatus::Active => "ACTIVE",
            ServiceStatus::Draining => "DRAINING",
            ServiceStatus::Inactive => "INACTIVE",
        },
        "desiredCount": service.desired,
        "runningCount": running,
        "pendingCount": pending,
        "taskDefinition": service.definition,
        "createdAt": time(service.made),
        "availabilityZoneRebalancing": if service.rebalances { "ENABLED" } else { "DISABLED" },
        "deploymentConfiguration": service.told["deploymentConfiguration"],
        "networkConfiguration": service.told["networkConfiguration"],
        "enableExecuteCommand": service.told["enableExecuteCommand"].as_bool().unwrap_or_default(),
        "deployments": [{
            "id": service.deployment_id,
            "status": "PRIMARY",
            "taskDefinition": service.definition,
            "desiredCount": service.desired,
            "runningCount": running,
            "pendingCount": pending,
            "failedTasks": service.failed_tasks,
            "rolloutState": rollout,
        }],
        "events": events.collect::<Vec<_>>(),
    })
}

pub fn task(task: &Task) -> Value {
    let health = match task.health {
        Health::Unknown => "UNKNOWN",
        Health::Healthy => "HEALTHY",
        Health::Unhealthy => "UNHEALTHY",
    };
    let interface = json!({
        "type": "ElasticNetworkInterface",
        "status": "ATTACHED",
        "details": [{ "name": "privateIPv4Address", "value": task.address.to_string() }],
    });
    json!({
        "taskArn": task.arn,
        "clusterArn": cluster_arn(task.arn.split('/').nth(1).unwrap_or_default()),
        "group": task.group,
        "taskDefinitionArn": task.definition,
        "lastStatus": task.status.word(),
        "desiredStatus": if task.is_wanted { "RUNNING" } else { "STOPPED" },
        "healthStatus": health,
        "availabilityZone": task.zone,
        "launchType": "FARGATE",
        "createdAt": time(task.made),
        "startedAt": task.started.map(time),
        "stoppedAt": task.ended.filter(|_| task.is_over()).map(time),
        "stopCode": task.stop_code,
        "stoppedReason": task.reason,
        "version": task.version,
        "attachments": [interface],
        "containers": [{
            "name": "node",
            "lastStatus": task.status.word(),
            "healthStatus": health,
            "exitCode": task.exit_code,
            "networkInterfaces": [{ "privateIpv4Address": task.address.to_string() }],
        }],
    })
}
