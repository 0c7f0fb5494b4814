//! What ECS is told: a set's task definition and service.

use std::time::Duration;

use linkpool_db::fleet::Release;
use serde_json::{Value, json};
use toml::toml;

use crate::config::EcsConfig;

/// Where a node answers.
pub(crate) const PORT: u16 = 6_688;

/// What a node takes from files, it is given in files: its login, which it takes from nothing else, and its configuration, of which one part
/// holds the endpoints' keys.
const SCRIPT: &str = r#"set -e
umask 077
d=$(mktemp -d)
printf %s "$LINKPOOL_LOGIN" > "$d/login"
printf %s "$LINKPOOL_USUAL" > "$d/usual.toml"
printf %s "$LINKPOOL_OVERLAY" > "$d/overlay.toml"
unset LINKPOOL_LOGIN LINKPOOL_USUAL LINKPOOL_OVERLAY
exec chainlink node -config "$d/usual.toml" -config "$d/overlay.toml" start -a "$d/login""#;

/// One that waits for the lease does not listen, which is no sickness (7: refused); one that hangs takes the call and does not answer it.
const HEALTH: &str = "curl -s -o /dev/null -f -m 4 http://127.0.0.1:6688/health; c=$?; [ $c -eq 0 ] || [ $c -eq 7 ]";

/// The image of a release, or of the settings.
pub(crate) fn image<'a>(config: &'a EcsConfig, release: Option<&'a Release>) -> &'a str {
    release.and_then(|release| release.program.as_deref()).unwrap_or(&config.image)
}

pub(crate) fn task_definition(config: &EcsConfig, family: &str, secret: &str, release: Option<&Release>) -> Value {
    let overlay = release.and_then(|release| release.config.as_deref()).or(config.overlay.as_deref()).unwrap_or_default();
    let environment = |name: &str, value: &str| json!({ "name": name, "value": value });
    let injected = |name: &str, key: &str| json!({ "name": name, "valueFrom": format!("{secret}:{key}::") });
    let mut container = json!({
        "name": "node",
        "image": image(config, release),
        "essential": true,
        "entryPoint": ["/bin/sh", "-c"],
        "command": [SCRIPT],
        "environment": [
            environment("CL_CONFIG", &fixed(config)),
            environment("GOMEMLIMIT", &format!("{}MiB", config.memory_mib * 3 / 4)),
            environment("LINKPOOL_OVERLAY", overlay),
        ],
        "secrets": [
            injected("CL_DATABASE_URL", "db"),
            injected("CL_PASSWORD_KEYSTORE", "keystore"),
            injected("LINKPOOL_LOGIN", "login"),
            injected("LINKPOOL_USUAL", "usual"),
        ],
        "portMappings": [{ "containerPort": PORT, "protocol": "tcp" }],
        "healthCheck": { "command": ["CMD-SHELL", HEALTH], "interval": 10, "timeout": 5, "retries": 3, "startPeriod": 300 },
        "stopTimeout": 30,
    });
    if let Some(group) = &config.log_group {
        let options = json!({ "awslogs-group": group, "awslogs-region": config.region, "awslogs-stream-prefix": family });
        container["logConfiguration"] = json!({ "logDriver": "awslogs", "options": options });
    }
    let mut told = json!({
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": config.cpu.to_string(),
        "memory": config.memory_mib.to_string(),
        "executionRoleArn": config.execution_role,
        "containerDefinitions": [container],
    });
    if let Some(role) = &config.task_role {
        told["taskRoleArn"] = json!(role);
    }
    told
}

pub(crate) fn service(config: &EcsConfig, name: &str, token: &str, definition: &str, count: u16) -> Value {
    json!({
        "cluster": config.cluster,
        "serviceName": name,
        "clientToken": token,
        "taskDefinition": definition,
        "desiredCount": count,
        "launchType": "FARGATE",
        "schedulingStrategy": "REPLICA",
        "availabilityZoneRebalancing": "DISABLED",
        "enableExecuteCommand": false,
        "deploymentConfiguration": {
            "strategy": "ROLLING",
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
            "deploymentCircuitBreaker": {
                "enable": true,
                "rollback": false,
                "resetOnHealthyTask": false,
                "thresholdConfiguration": { "type": "COUNT", "value": 3 },
            },
        },
        "networkConfiguration": { "awsvpcConfiguration": {
            "subnets": config.subnets,
            "securityGroups": config.security_groups,
            "assignPublicIp": "DISABLED",
        } },
    })
}

/// What the fleet depends on. It stands over all files.
fn fixed(config: &EcsConfig) -> String {
    let milliseconds = |time: Duration| format!("{}ms", time.as_millis());
    let (duration, refresh) = (milliseconds(config.lease_duration), milliseconds(config.lease_refresh));
    let mut fixed = toml! {
        [WebServer]
        ListenIP = "0.0.0.0"
        // The fleet and the registrar speak plain HTTP to it, in the pool's own network.
        SecureCookies = false
        [WebServer.TLS]
        HTTPSPort = 0
        [Database.Lock]
        Enabled = true
    };
    if let Some(toml::Value::Table(server)) = fixed.get_mut("WebServer") {
        server.insert("HTTPPort".into(), i64::from(PORT).into());
    }
    if let Some(toml::Value::Table(lock)) = fixed.get_mut("Database").and_then(|it| it.get_mut("Lock")) {
        lock.insert("LeaseDuration".into(), duration.into());
        lock.insert("LeaseRefreshInterval".into(), refresh.into());
    }
    fixed.to_string()
}
