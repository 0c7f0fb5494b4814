//! The calls of Secrets Manager. Shapes as in botocore's `secretsmanager/2017-10-17`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    dice::Dice,
    error::{AwsError, Result},
    request::Parameters,
    world::{ACCOUNT, REGION},
};

/// Of this service's calls, in `X-Amz-Target`.
pub const TARGET: &str = "secretsmanager";

#[derive(Debug, Clone)]
struct Secret {
    arn: String,
    name: String,
    is_deleted: bool,
    /// By the token of whoever made it; the newest last.
    versions: Vec<(String, String)>,
}

/// All secrets of the account.
#[derive(Debug, Default)]
pub struct SecretsManager(BTreeMap<String, Secret>);

impl SecretsManager {
    pub fn answer(&mut self, operation: &str, body: &Value, dice: &mut Dice) -> Result<Value> {
        let parameters = Parameters(body);
        match operation {
            "CreateSecret" => self.create(parameters, dice),
            "PutSecretValue" => self.put(parameters, dice),
            "GetSecretValue" => self.get(parameters),
            "DescribeSecret" => {
                let secret = self.find(parameters)?;
                Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
            }
            "DeleteSecret" => self.delete(parameters, true),
            "RestoreSecret" => self.delete(parameters, false),
            _ => Err(AwsError::new("UnknownOperationException", format!("the stand-in has no {operation}"))),
        }
    }

    /// The value at one key of a secret, as a task definition names it: `<arn>:<key>:<stage>:<version>`.
    pub fn injected(&self, value_from: &str) -> Option<String> {
        let parts: Vec<&str> = value_from.splitn(8, ':').collect();
        let (arn, rest) = (parts.get(..7)?.join(":"), parts.get(7).copied().unwrap_or_default());
        let secret = self.0.values().find(|secret| secret.arn == arn && !secret.is_deleted)?;
        let text = &secret.versions.last()?.1;
        let key = rest.split(':').next().unwrap_or_default();
        if key.is_empty() {
            return Some(text.clone());
        }
        serde_json::from_str::<Value>(text).ok()?.get(key)?.as_str().map(str::to_owned)
    }

    fn create(&mut self, parameters: Parameters<'_>, dice: &mut Dice) -> Result<Value> {
        let name = parameters.required("Name")?;
        let text = parameters.required("SecretString")?;
        let token = parameters.text("ClientRequestToken").map_or_else(|| dice.digits(32), str::to_owned);
        if let Some(other) = self.0.get(name) {
            if other.is_deleted {
                let message = "You can't create this secret because a secret with this name is already scheduled for deletion.";
                return Err(AwsError::new("InvalidRequestException", message));
            }
            let is_same = other.versions.iter().any(|(known, value)| *known == token && value == text);
            let exists = || {
                AwsError::new(
                    "ResourceExistsException",
                    format!("The operation failed because the secret {name} already exists."),
                )
            };
            return is_same.then(|| json!({ "ARN": other.arn, "Name": name, "VersionId": token })).ok_or_else(exists);
        }
        let arn = format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-{}", dice.digits(6));
        let shown = json!({ "ARN": arn, "Name": name, "VersionId": token });
        let versions = vec![(token, text.to_owned())];
        self.0.insert(name.to_owned(), Secret { arn, name: name.to_owned(), is_deleted: false, versions });
        Ok(shown)
    }

    fn put(&mut self, parameters: Parameters<'_>, dice: &mut Dice) -> Result<Value> {
        let text = parameters.required("SecretString")?;
        let token = parameters.text("ClientRequestToken").map_or_else(|| dice.digits(32), str::to_owned);
        let name = self.find(parameters)?.name.clone();
        let secret = self.0.get_mut(&name).ok_or_else(missing)?;
        match secret.versions.iter().find(|(known, _)| *known == token) {
            Some((_, value)) if value == text => {}
            Some(_) => {
                let message = format!("You can't use ClientRequestToken {token} because that value is already in use");
                return Err(AwsError::new("ResourceExistsException", message));
            }
            None => secret.versions.push((token.clone(), text.to_owned())),
        }
        Ok(json!({ "ARN": secret.arn, "Name": secret.name, "VersionId": token }))
    }

    fn get(&self, parameters: Parameters<'_>) -> Result<Value> {
        let secret = self.find(parameters)?;
        let (version, text) = secret.versions.last().ok_or_else(missing)?;
        Ok(json!({ "ARN": secret.arn, "Name": secret.name, "VersionId": version, "SecretString": text }))
    }

    fn delete(&mut self, parameters: Parameters<'_>, is_deleted: bool) -> Result<Value> {
        let named = parameters.required("SecretId")?;
        let secret = self.0.values_mut().find(|it| it.name == named || it.arn == named).ok_or_else(missing)?;
        secret.is_deleted = is_deleted;
        Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
    }

    fn find(&self, parameters: Parameters<'_>) -> Result<&Secret> {
        let named = parameters.required("SecretId")?;
        let secret = self.0.values().find(|it| it.name == named || it.arn == named).ok_or_else(missing)?;
        if secret.is_deleted {
            let message = "You can't perform this operation on the secret because it was marked for deletion.";
            return Err(AwsError::new("InvalidRequestException", message));
        }
        Ok(secret)
    }
}

fn missing() -> AwsError {
    AwsError::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(all: &mut SecretsManager, operation: &str, body: &Value) -> Result<Value> {
        all.answer(operation, body, &mut Dice::new(1))
    }

    #[test]
    fn a_secret_is_made_once_for_a_token_and_what_is_put_with_one_stays() {
        let mut all = SecretsManager::default();
        let made = json!({ "Name": "a", "SecretString": "{\"db\":\"x\"}", "ClientRequestToken": "1" });
        let first = call(&mut all, "CreateSecret", &made).unwrap();
        assert_eq!(call(&mut all, "CreateSecret", &made).unwrap(), first);
        let other = json!({ "Name": "a", "SecretString": "y", "ClientRequestToken": "2" });
        assert_eq!(call(&mut all, "CreateSecret", &other).unwrap_err().kind, "ResourceExistsException");
        let put = json!({ "SecretId": "a", "SecretString": "z", "ClientRequestToken": "1" });
        assert_eq!(call(&mut all, "PutSecretValue", &put).unwrap_err().kind, "ResourceExistsException");
        let arn = first["ARN"].as_str().unwrap();
        assert_eq!(all.injected(&format!("{arn}:db::")).as_deref(), Some("x"));
        assert_eq!(all.injected(&format!("{arn}:nothing::")), None);
        call(&mut all, "DeleteSecret", &json!({ "SecretId": arn })).unwrap();
        assert_eq!(all.injected(&format!("{arn}:db::")), None);
        assert_eq!(call(&mut all, "GetSecretValue", &json!({ "SecretId": "a" })).unwrap_err().kind, "InvalidRequestException");
    }
}
