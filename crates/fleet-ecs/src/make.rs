//! Making a set: the node's database, its secret, the set's task definition and its service. Each step finds what was done before.

use std::time::Instant;

use linkpool_aws::Service as On;
use linkpool_db::fleet::SecretKind;
use linkpool_fleet::{
    Login, SetKey, SetSpec,
    local::{not_older, usual},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer::Service,
    definition, denied,
    listing::Lister,
    names,
    shared::{Core, sentence},
};

#[derive(Deserialize)]
struct Scaled {
    service: Service,
}

/// The set is there and is to have all of its tasks.
pub(crate) async fn made(core: &Core, spec: &SetSpec, login: &Login) -> Result<(), String> {
    let key = &spec.key;
    let database = core.node_database(&key.node_id).await?;
    core.config.server.version().await.map_err(sentence)?.check(&core.config.server_versions).map_err(sentence)?;
    database.ensure().await.map_err(sentence)?;
    core.witness.know(database.clone());
    if let Some(last) = database.last_version().await.map_err(sentence)? {
        not_older(&core.version(spec.release.as_ref())?, &last)?;
    }
    let name = names::service(&core.config.prefix, key);
    // One that was stopped, or made by a fleet that was killed.
    if scaled(core, key, &name, spec.replica_count, false).await? {
        return Ok(());
    }
    let term = core.term()?;
    let keystore = term.secrets.password(&key.node_id, SecretKind::KeystorePassword).await.map_err(sentence)?;
    let link = core.config.chain.link(&term.database).await.map_err(sentence)?;
    let text = json!({
        "db": database.url().map_err(sentence)?.expose(),
        "keystore": keystore.expose(),
        "login": login.text().expose(),
        "usual": usual(&core.config.chain, link).expose(),
    });
    let secret = secret(core, &key.node_id, &text.to_string()).await?;
    let definition = task_definition(core, spec, &name, &secret).await?;
    create(core, spec, &name, &definition).await
}

/// Sets how many tasks an existing service is to have; false where there is none.
pub(crate) async fn scaled(core: &Core, key: &SetKey, name: &str, count: u16, anew: bool) -> Result<bool, String> {
    let mut body = json!({ "cluster": core.config.cluster, "service": name, "desiredCount": count });
    if anew {
        body["forceNewDeployment"] = json!(true);
    }
    let asked = Instant::now();
    match core.aws.call::<Scaled>(On::Ecs, "UpdateService", &body).await {
        Ok(told) => {
            core.seen().show_service(key.clone(), asked, told.service);
            Ok(true)
        }
        Err(error) => match error.refusal() {
            Some(("ServiceNotFoundException" | "ServiceNotActiveException", _)) => Ok(false),
            _ => Err(denied::told(error)),
        },
    }
}

/// The node's secret with this text; its ARN.
async fn secret(core: &Core, node_id: &str, text: &str) -> Result<String, String> {
    let name = names::secret(&core.config.prefix, node_id);
    let token = names::token(&[&name, text]);
    let body = json!({ "Name": name, "SecretString": text, "ClientRequestToken": token });
    let told = match core.aws.call::<Value>(On::SecretsManager, "CreateSecret", &body).await {
        Err(error) if matches!(error.refusal(), Some(("ResourceExistsException", _))) => {
            let body = json!({ "SecretId": name, "SecretString": text, "ClientRequestToken": token });
            core.aws.call::<Value>(On::SecretsManager, "PutSecretValue", &body).await
        }
        told => told,
    };
    let told = told.map_err(denied::told)?;
    told["ARN"].as_str().map(str::to_owned).ok_or_else(|| "Secrets Manager names no ARN".into())
}

/// The set's task definition: the one that there is, or a new one.
async fn task_definition(core: &Core, spec: &SetSpec, family: &str, secret: &str) -> Result<String, String> {
    let known: Result<Value, _> = core.aws.call(On::Ecs, "DescribeTaskDefinition", &json!({ "taskDefinition": family })).await;
    let told = match known {
        Ok(told) if told["taskDefinition"]["status"] == "ACTIVE" => told,
        Err(error) if error.refusal().is_none() => return Err(denied::told(error)),
        _ => {
            let body = definition::task_definition(&core.config, family, secret, spec.release.as_ref());
            core.aws.call(On::Ecs, "RegisterTaskDefinition", &body).await.map_err(denied::told)?
        }
    };
    let arn = told["taskDefinition"]["taskDefinitionArn"].as_str();
    arn.map(str::to_owned).ok_or_else(|| "ECS names no task definition".into())
}

async fn create(core: &Core, spec: &SetSpec, name: &str, definition: &str) -> Result<(), String> {
    let token = names::token(&[name, definition, &spec.replica_count.to_string()]);
    let body = definition::service(&core.config, name, &token, definition, spec.replica_count);
    let asked = Instant::now();
    let error = match core.aws.call::<Scaled>(On::Ecs, "CreateService", &body).await {
        Ok(told) => {
            core.seen().show_service(spec.key.clone(), asked, told.service);
            return Ok(());
        }
        Err(error) => error,
    };
    // Made by a fleet before this one, whose answer nobody has heard, with another revision of the same definition.
    let lister = Lister { aws: &core.aws, cluster: &core.config.cluster, prefix: &core.config.prefix };
    let known = lister.described(&[name.to_owned()]).await.map_err(denied::told)?;
    match known.into_iter().find(Service::is_active) {
        Some(service) => {
            core.seen().show_service(spec.key.clone(), asked, service);
            Ok(())
        }
        None => Err(denied::told(error)),
    }
}
