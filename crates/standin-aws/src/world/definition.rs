//! Task definitions.

use std::time::Duration;

use serde_json::Value;

/// A revision of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub arn: String,
    pub family: String,
    pub revision: u32,
    pub is_active: bool,
    /// As it was registered.
    pub told: Value,
}

/// What a container is asked whether it is well.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthCheck {
    /// For a shell.
    pub command: String,
    pub interval: Duration,
    pub timeout: Duration,
    pub retries: u32,
    pub start_period: Duration,
}

impl Definition {
    /// The essential one, which is the only one here.
    pub fn container(&self) -> &Value {
        &self.told["containerDefinitions"][0]
    }

    pub fn health_check(&self) -> Option<HealthCheck> {
        let check = self.container().get("healthCheck")?;
        let command = check["command"].as_array()?.iter().filter_map(Value::as_str).collect::<Vec<_>>();
        let seconds = |name: &str, usual: u64| Duration::from_secs(check[name].as_u64().unwrap_or(usual));
        Some(HealthCheck {
            command: match command.as_slice() {
                ["CMD-SHELL", command] => (*command).to_owned(),
                [_, words @ ..] => words.join(" "),
                [] => return None,
            },
            interval: seconds("interval", 30),
            timeout: seconds("timeout", 5),
            retries: u32::try_from(check["retries"].as_u64().unwrap_or(3)).unwrap_or(3),
            start_period: seconds("startPeriod", 0),
        })
    }

    pub fn stop_timeout(&self) -> Duration {
        Duration::from_secs(self.container()["stopTimeout"].as_u64().unwrap_or(30))
    }
}
