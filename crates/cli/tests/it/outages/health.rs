//! What an instance says about itself.

use std::time::Duration;

use serde_json::Value;

use super::instance::{API, FLEET, INDEX, Instance};

const WAIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks instances, and gives up soon: one that is cut off answers nothing about its database.
#[derive(Debug, Clone)]
pub struct Asker(reqwest::Client);

impl Asker {
    pub fn new() -> Self {
        Self(reqwest::Client::builder().tls_certs_only([]).no_proxy().timeout(WAIT_TIMEOUT).build().unwrap())
    }

    pub async fn get(&self, url: &str) -> Option<(u16, Value)> {
        let answer = self.0.get(url).send().await.ok()?;
        Some((answer.status().as_u16(), answer.json().await.ok()?))
    }

    pub async fn post(&self, url: &str, token: &str, key: &str, body: &Value) -> Option<u16> {
        let call = self.0.post(url).bearer_auth(token).header("idempotency-key", key).json(body);
        Some(call.send().await.ok()?.status().as_u16())
    }

    /// Whether it says that all is well; that it does the work is another question.
    pub async fn is_well(&self, instance: &Instance) -> bool {
        let health = self.get(&format!("{}/health", instance.health)).await;
        health.is_some_and(|(code, status)| code == 200 && (instance.role == INDEX || status["detail"].is_null()))
    }

    /// Whether it does the role's work: the last pass went well, as the one that leads.
    pub async fn leads(&self, instance: &Instance) -> bool {
        if instance.role == INDEX {
            return instance.says_that_it_writes();
        }
        let health = self.get(&format!("{}/health", instance.health)).await;
        health.is_some_and(|(_, status)| status["leads"] == true && status["detail"].is_null())
    }

    /// The block as of which the API answers.
    pub async fn serves(&self, instance: &Instance) -> Option<u64> {
        assert_eq!(instance.role, API);
        let (code, answer) = self.get(&format!("{}/api/v1/pool", instance.listens.as_ref()?)).await?;
        answer["meta"]["as_of"]["block_number"].as_u64().filter(|_| code == 200)
    }

    /// Asks a fleet for one node.
    pub async fn scale(&self, instance: &Instance, token: &str, key: &str) -> Option<u16> {
        assert_eq!(instance.role, FLEET);
        let url = format!("{}/api/v1/operator/nodes", instance.listens.as_ref()?);
        self.post(&url, token, key, &serde_json::json!({ "count": 1 })).await
    }
}
