//! The calls of KMS, as far as accounts of Ethereum need it. Shapes as in botocore's `kms/2014-11-01`.

mod der;
mod key;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use self::key::KeyState;
use self::{
    der::der,
    key::{CURVE, Key},
};
use crate::{
    dice::Dice,
    error::{AwsError, Result},
    request::Parameters,
};

/// Of this service's calls, in `X-Amz-Target`.
pub const TARGET: &str = "TrentService";
const ALGORITHM: &str = "ECDSA_SHA_256";

/// All keys of the account, by their ids.
#[derive(Debug, Default)]
pub struct Kms {
    keys: BTreeMap<String, Key>,
    /// How many signatures of each length were given, and whether `s` was high.
    pub signed: BTreeMap<(usize, bool), u64>,
}

impl Kms {
    pub fn answer(&mut self, operation: &str, body: &Value, dice: &mut Dice) -> Result<Value> {
        let parameters = Parameters(body);
        if operation == "CreateKey" {
            return self.create(parameters, dice);
        }
        match operation {
            "DescribeKey" => Ok(json!({ "KeyMetadata": self.find(parameters)?.shown() })),
            "GetPublicKey" => public_key(self.find(parameters)?),
            "Sign" => self.sign(parameters, dice),
            "EnableKey" | "DisableKey" | "ScheduleKeyDeletion" | "CancelKeyDeletion" => self.change(operation, parameters),
            _ => Err(AwsError::new("UnknownOperationException", format!("the stand-in has no {operation}"))),
        }
    }

    fn create(&mut self, parameters: Parameters<'_>, dice: &mut Dice) -> Result<Value> {
        let spec = parameters.text("KeySpec").unwrap_or("SYMMETRIC_DEFAULT");
        let key = Key::make(spec, dice)?;
        let shown = json!({ "KeyMetadata": key.shown() });
        self.keys.insert(key.id.clone(), key);
        Ok(shown)
    }

    fn sign(&mut self, parameters: Parameters<'_>, dice: &mut Dice) -> Result<Value> {
        let key = self.find(parameters)?;
        let (digest, is_high) = (digest(key, parameters)?, dice.hits(500));
        let signature = der(&key.sign(&digest, is_high, dice)?);
        let shown = json!({ "KeyId": key.arn, "Signature": BASE64.encode(&signature), "SigningAlgorithm": ALGORITHM });
        *self.signed.entry((signature.len(), is_high)).or_default() += 1;
        Ok(shown)
    }

    fn change(&mut self, operation: &str, parameters: Parameters<'_>) -> Result<Value> {
        let id = self.find(parameters)?.id.clone();
        let key = self.keys.get_mut(&id).ok_or_else(missing)?;
        if operation != "CancelKeyDeletion" && key.state == KeyState::PendingDeletion {
            return Err(key.not_usable());
        }
        key.state = match operation {
            "EnableKey" => KeyState::Enabled,
            "ScheduleKeyDeletion" => KeyState::PendingDeletion,
            // One whose deletion is called off is disabled, until somebody enables it.
            _ => KeyState::Disabled,
        };
        Ok(json!({ "KeyId": key.arn, "KeyState": key.state.word() }))
    }

    fn find(&self, parameters: Parameters<'_>) -> Result<&Key> {
        let named = parameters.required("KeyId")?;
        self.keys.values().find(|key| key.id == named || key.arn == named).ok_or_else(missing)
    }
}

fn public_key(key: &Key) -> Result<Value> {
    key.require_usable()?;
    Ok(json!({
        "KeyId": key.arn, "PublicKey": BASE64.encode(key.public()?), "KeySpec": CURVE, "CustomerMasterKeySpec": CURVE,
        "KeyUsage": "SIGN_VERIFY", "SigningAlgorithms": [ALGORITHM],
    }))
}

/// What is to be signed.
fn digest(key: &Key, parameters: Parameters<'_>) -> Result<[u8; 32]> {
    key.require_usable()?;
    let algorithm = parameters.required("SigningAlgorithm")?;
    if algorithm != ALGORITHM {
        return Err(AwsError::new(
            "InvalidKeyUsageException",
            format!("Algorithm {algorithm} and key spec {CURVE} are incompatible."),
        ));
    }
    let message = BASE64.decode(parameters.required("Message")?);
    let message = message.map_err(|error| AwsError::new("SerializationException", error.to_string()))?;
    let invalid = |message: String| AwsError::new("ValidationException", message);
    match parameters.text("MessageType") {
        Some("DIGEST") => message.try_into().map_err(|_| invalid(format!("Digest is invalid length for algorithm {ALGORITHM}."))),
        None | Some("RAW") => Ok(Sha256::digest(&message).into()),
        Some(other) => Err(invalid(format!("{other} is no MessageType"))),
    }
}

fn missing() -> AwsError {
    AwsError::new("NotFoundException", "Invalid keyId: there is no such key in this account and region.")
}
