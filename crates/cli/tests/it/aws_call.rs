//! What a test asks of the stand-in for AWS itself, with its key.

use linkpool_aws::{Aws, AwsConfig, Credentials, CredentialsSource, Service};
use linkpool_chainlink::Secret;
use linkpool_standin_aws::{ACCESS_KEY, SECRET_KEY, StandinAws};
use serde_json::Value;

pub async fn call(standin: &StandinAws, service: Service, operation: &str, body: Value) -> Value {
    let credentials = Credentials { access_key: ACCESS_KEY.into(), secret_key: Secret::new(SECRET_KEY), session_token: None };
    let config = AwsConfig {
        region: "us-east-1".into(),
        endpoint: Some(standin.url().parse().unwrap()),
        credentials: CredentialsSource::Fixed(credentials),
        attempts: 1,
    };
    Aws::new(config).unwrap().call(service, operation, &body).await.unwrap()
}
