//! What is sent to AWS has the shape that moto knows from AWS's own models. moto starts no task and signs no digest: nothing else can be
//! seen there.

use std::{process::Stdio, time::Duration};

use linkpool_aws::{Aws, AwsConfig, Service as On};
use linkpool_db::fleet::OperatorRequest;
use linkpool_kms::KmsSigner;
use linkpool_testkit::until_some;
use linkpool_tx_manager::Signer;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    backend::aws_at,
    fixture::{Fixture, PATIENCE_TIME, fleet_config},
};

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A server of moto's, on a port that it chooses.
struct Moto {
    url: String,
    _process: Child,
}

impl Moto {
    async fn start() -> Self {
        let program = std::env::var("LINKPOOL_MOTO").expect("LINKPOOL_MOTO names moto_server: run `cargo xtask test ecs`");
        let mut command = Command::new(program);
        command
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, url)) = line.split_once("Running on ") {
                    return url.trim().to_owned();
                }
            }
            panic!("moto ended")
        };
        let url = tokio::time::timeout(START_TIMEOUT, listening).await.expect("moto listens");
        // Whoever does not read what it writes stops it in the end.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { url, _process: process }
    }

    fn config(&self) -> AwsConfig {
        aws_at(&self.url)
    }

    /// What its default network has of this kind. EC2 does not speak AWS JSON, and moto looks at no signature.
    async fn ids(&self, action: &str, tag: &str) -> Vec<String> {
        let scope = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=a";
        let request = reqwest::Client::new().post(&self.url).header("authorization", scope);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(format!("Action={action}&Version=2016-11-15")).send().await.unwrap().text().await.unwrap();
        let begun = answer.split(&format!("<{tag}>")).skip(1).map(str::to_owned).collect::<Vec<_>>();
        begun.iter().filter_map(|rest| Some(rest.split_once('<')?.0.to_owned())).collect()
    }

    async fn call(&self, service: On, operation: &str, body: Value) -> Value {
        Aws::new(self.config()).unwrap().call(service, operation, &body).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nodes_service_definition_and_secret_are_what_moto_takes_and_gives_back() {
    let (moto, fixture) = (Moto::start().await, Fixture::set().await);
    moto.call(On::Ecs, "CreateCluster", json!({ "clusterName": "pool" })).await;
    let (aws, mut config) = fixture.usual_at(&moto.url);
    config.subnets = moto.ids("DescribeSubnets", "subnetId").await;
    config.security_groups = moto.ids("DescribeSecurityGroups", "groupId").await;
    assert!(config.subnets.len() > 1 && !config.security_groups.is_empty(), "{config:?}");
    let fleet = fixture.fleet_with(fleet_config(), (aws, config)).await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    let name = format!("test-{id}-g1");
    let service = async |desired: u64| {
        until_some("the service", PATIENCE_TIME, async || {
            let told = moto.call(On::Ecs, "DescribeServices", json!({ "cluster": "pool", "services": [name] })).await;
            let service = told["services"].get(0)?.clone();
            (service["desiredCount"] == desired).then_some(service)
        })
        .await
    };
    let made = service(2).await;
    assert_eq!((&made["status"], &made["schedulingStrategy"]), (&json!("ACTIVE"), &json!("REPLICA")), "{made}");
    let told = moto.call(On::Ecs, "DescribeTaskDefinition", json!({ "taskDefinition": made["taskDefinition"] })).await;
    let definition = &told["taskDefinition"];
    let container = &definition["containerDefinitions"][0];
    assert_eq!(
        (&definition["networkMode"], &definition["cpu"], &definition["memory"]),
        (&json!("awsvpc"), &json!("512"), &json!("1024"))
    );
    assert_eq!(
        (&container["healthCheck"]["interval"], &container["healthCheck"]["retries"]),
        (&json!(10), &json!(3)),
        "{container}"
    );
    let secret = moto.call(On::SecretsManager, "GetSecretValue", json!({ "SecretId": format!("test/{id}") })).await;
    let injected = format!("{}:keystore::", secret["ARN"].as_str().unwrap());
    let secrets = container["secrets"].as_array().unwrap();
    assert!(secrets.iter().any(|it| it["valueFrom"] == injected.as_str()), "{secrets:?} {injected}");
    let values: Value = serde_json::from_str(secret["SecretString"].as_str().unwrap()).unwrap();
    assert!(values["db"].as_str().unwrap().starts_with("postgres://"));
    let stop = OperatorRequest { node_id: &id, actor: "a test", reason: "a test", dry_run: false };
    fixture.database.stop_node(&stop, true).await.unwrap();
    service(0).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_motos_has_an_account_and_its_signature_of_something_else_is_refused() {
    let moto = Moto::start().await;
    let made = moto.call(On::Kms, "CreateKey", json!({ "KeySpec": "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY" })).await;
    let key = made["KeyMetadata"]["Arn"].as_str().unwrap().parse().unwrap();
    let signer = KmsSigner::connect(Aws::new(moto.config()).unwrap(), key).await.unwrap();
    // moto hashes a digest once more: its signature is good for another one.
    let error = signer.sign(&[7; 32].into()).await.unwrap_err().to_string();
    assert!(error.contains("its signature is not by 0x"), "{error}");
}
