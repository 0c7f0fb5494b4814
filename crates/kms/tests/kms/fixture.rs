//! An account of AWS with a key.

use linkpool_aws::{Aws, AwsConfig, Credentials, CredentialsSource, Service};
use linkpool_chainlink::Secret;
use linkpool_kms::{KeyArn, KmsSigner};
use linkpool_standin_aws::{ACCESS_KEY, SECRET_KEY, StandinAws, StandinAwsConfig};
use serde_json::{Value, json};

pub const CURVE: &str = "ECC_SECG_P256K1";

pub struct Fixture {
    pub standin: StandinAws,
    pub key: KeyArn,
    _folder: tempfile::TempDir,
}

impl Fixture {
    pub async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = StandinAwsConfig::new(folder.path().join("images"), folder.path().join("tasks"));
        let standin = StandinAws::start(config).await.unwrap();
        let key = make(&client(&standin, SECRET_KEY, 1), CURVE).await;
        Self { standin, key, _folder: folder }
    }

    /// One that asks again up to so many times.
    pub fn client(&self, attempts: u32) -> Aws {
        client(&self.standin, SECRET_KEY, attempts)
    }

    pub fn client_with(&self, secret: &str) -> Aws {
        client(&self.standin, secret, 1)
    }

    pub async fn signer(&self, attempts: u32) -> KmsSigner {
        KmsSigner::connect(self.client(attempts), self.key.clone()).await.unwrap()
    }

    /// What somebody does to the key.
    pub async fn administer(&self, operation: &str) {
        let body = json!({ "KeyId": self.key.as_str() });
        self.client(1).call::<Value>(Service::Kms, operation, &body).await.unwrap();
    }

    /// How many signatures were given.
    pub fn given(&self) -> u64 {
        self.standin.signed().values().sum()
    }
}

/// A new key.
pub async fn make(aws: &Aws, spec: &str) -> KeyArn {
    let made: Value = aws.call(Service::Kms, "CreateKey", &json!({ "KeySpec": spec, "KeyUsage": "SIGN_VERIFY" })).await.unwrap();
    made["KeyMetadata"]["Arn"].as_str().unwrap().parse().unwrap()
}

fn client(standin: &StandinAws, secret: &str, attempts: u32) -> Aws {
    let credentials = Credentials { access_key: ACCESS_KEY.into(), secret_key: Secret::new(secret), session_token: None };
    Aws::new(AwsConfig {
        region: "us-east-1".into(),
        endpoint: Some(standin.url().parse().unwrap()),
        credentials: CredentialsSource::Fixed(credentials),
        attempts,
    })
    .unwrap()
}
