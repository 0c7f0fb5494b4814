//! The client and the stand-in for AWS.

#![allow(clippy::unwrap_used)]

use linkpool_aws::{Aws, AwsConfig, Credentials, CredentialsSource, Error, Service};
use linkpool_chainlink::Secret;
use linkpool_standin_aws::{ACCESS_KEY, SECRET_KEY, StandinAws, StandinAwsConfig};
use serde_json::{Value, json};

async fn standin(folder: &tempfile::TempDir) -> StandinAws {
    let config = StandinAwsConfig::new(folder.path().join("images"), folder.path().join("tasks"));
    StandinAws::start(config).await.unwrap()
}

fn client(standin: &StandinAws, secret: &str) -> Aws {
    let credentials = Credentials { access_key: ACCESS_KEY.into(), secret_key: Secret::new(secret), session_token: None };
    Aws::new(AwsConfig {
        region: "us-east-1".into(),
        endpoint: Some(standin.url().parse().unwrap()),
        credentials: CredentialsSource::Fixed(credentials),
        attempts: 20,
    })
    .unwrap()
}

#[tokio::test]
async fn a_call_with_another_secret_is_refused_and_a_signed_one_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let standin = standin(&folder).await;
    let body = json!({ "clusterName": "pool" });
    let refused = client(&standin, "another").call::<Value>(Service::Ecs, "CreateCluster", &body).await.unwrap_err();
    assert!(matches!(&refused, Error::Refused { kind, .. } if kind == "InvalidSignatureException"), "{refused}");
    let made: Value = client(&standin, SECRET_KEY).call(Service::Ecs, "CreateCluster", &body).await.unwrap();
    assert_eq!(made["cluster"]["status"], "ACTIVE");
}

#[tokio::test]
async fn a_call_is_made_again_while_its_answers_are_lost_or_aws_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let standin = standin(&folder).await;
    standin.behave(|it| (it.lost_answers, it.lost_calls, it.server_errors) = (300, 200, 200));
    let client = client(&standin, SECRET_KEY);
    let secret = json!({ "Name": "a", "SecretString": "x", "ClientRequestToken": "one" });
    let made: Value = client.call(Service::SecretsManager, "CreateSecret", &secret).await.unwrap();
    for _ in 0..10 {
        let again: Value = client.call(Service::SecretsManager, "CreateSecret", &secret).await.unwrap();
        assert_eq!(again, made);
    }
    standin.behave(|it| it.lost_calls = 1_000);
    let silent = client.call_once::<Value>(Service::SecretsManager, "CreateSecret", &secret).await.unwrap_err();
    assert!(matches!(silent, Error::Unanswered { .. }), "{silent}");
}
