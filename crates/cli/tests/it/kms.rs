//! A key in AWS KMS in the place of a keystore, with a stand-in for AWS.

use std::{fs, process::Command};

use linkpool_aws::Service;
use linkpool_standin_aws::{ACCESS_KEY, SECRET_KEY, StandinAws, StandinAwsConfig};
use serde_json::{Value, json};

use crate::{
    aws_call::call,
    program::{assert_refused, linkpool},
};

struct Account {
    folder: tempfile::TempDir,
    standin: StandinAws,
    arn: String,
}

impl Account {
    async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = StandinAwsConfig::new(folder.path().join("images"), folder.path().join("tasks"));
        let standin = StandinAws::start(config).await.unwrap();
        let mut account = Self { folder, standin, arn: String::new() };
        let made = account.call("CreateKey", json!({ "KeySpec": "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY" })).await;
        account.arn = made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
        account
    }

    async fn call(&self, operation: &str, body: Value) -> Value {
        call(&self.standin, Service::Kms, operation, body).await
    }

    fn configure(&self, text: &str) {
        let aws = format!("[aws]\nendpoint = \"{}\"\n{text}", self.standin.url());
        fs::write(self.folder.path().join("linkpool.toml"), aws).unwrap();
    }

    fn command(&self, line: &str) -> Command {
        let mut command = linkpool();
        command.current_dir(self.folder.path()).args(line.split_whitespace());
        command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
        command
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_kms_stands_for_a_keystore_in_settings_and_flags() {
    let account = Account::set().await;
    account.configure(&format!("[registrar]\naws_kms = \"{0}\"\n[keys.reporter]\naws_kms = \"{0}\"\n", account.arn));
    let output = account.command("keys list --json").output().unwrap();
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    let keys = shown["keys"].as_array().unwrap();
    assert_eq!(keys.iter().map(|key| key["name"].as_str().unwrap()).collect::<Vec<_>>(), ["registrar", "reporter"]);
    assert!(keys.iter().all(|key| key["aws_kms"] == account.arn.as_str() && key["opens"] == true), "{shown}");
    account.configure("");
    let line = format!("signer address --aws-kms {}", account.arn);
    let output = account.command(&line).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), keys[0]["address"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_key_in_kms_does_not_open_is_said_with_the_exit_code_of_its_cause() {
    let account = Account::set().await;
    account.configure("");
    let line = format!("signer address --aws-kms {}", account.arn);
    let refused = |code, expect: &str| assert_refused(&account.command(&line).output().unwrap(), code, &[&account.arn, expect]);
    account.call("DisableKey", json!({ "KeyId": account.arn })).await;
    refused(2, "it is disabled: `aws kms enable-key`");
    account.call("EnableKey", json!({ "KeyId": account.arn })).await;
    account.standin.behave(|it| it.server_errors = 1_000);
    refused(5, "AWS does not do GetPublicKey now");
    let mut without = account.command(&line);
    without.env_remove("AWS_ACCESS_KEY_ID");
    assert_refused(&without.output().unwrap(), 2, &["no AWS credentials: give the ECS task that this runs in a task role"]);
    let alias = account.arn.replace(":key/", ":alias/");
    let output = account.command(&format!("signer address --aws-kms {alias}")).output().unwrap();
    assert_refused(&output, 2, &["is an alias, which anybody who manages keys may point at another one"]);
}
