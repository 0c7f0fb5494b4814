//! One key.

use k256::{
    FieldBytes, NonZeroScalar, Scalar, U256,
    ecdsa::{Signature, SigningKey, hazmat::SignPrimitive},
    elliptic_curve::ops::Reduce,
};
use serde_json::{Value, json};

use crate::{
    dice::Dice,
    error::{AwsError, Result},
    world::{ACCOUNT, REGION},
};

/// The only one that is asked for a signature.
pub const CURVE: &str = "ECC_SECG_P256K1";
/// In front of a point of that curve: who it is a key of (RFC 5480).
const PUBLIC: [u8; 23] = [
    0x30, 0x56, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a, 0x03,
    0x42, 0x00,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion,
}

impl KeyState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
        }
    }
}

#[derive(Debug)]
pub struct Key {
    pub id: String,
    pub arn: String,
    pub state: KeyState,
    spec: String,
    secret: SigningKey,
}

impl Key {
    pub fn make(spec: &str, dice: &mut Dice) -> Result<Self> {
        let digits = dice.digits(32);
        let part = |range: std::ops::Range<usize>| &digits[range];
        let id = format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32));
        let secret = Option::<NonZeroScalar>::from(NonZeroScalar::new(scalar(dice))).ok_or_else(AwsError::of_the_server)?;
        let arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}");
        Ok(Self { id, arn, state: KeyState::Enabled, spec: spec.to_owned(), secret: SigningKey::from(secret) })
    }

    pub fn shown(&self) -> Value {
        json!({
            "AWSAccountId": ACCOUNT, "KeyId": self.id, "Arn": self.arn, "Enabled": self.state == KeyState::Enabled,
            "KeyState": self.state.word(), "KeySpec": self.spec, "CustomerMasterKeySpec": self.spec, "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER", "KeyUsage": if self.spec == CURVE { "SIGN_VERIFY" } else { "ENCRYPT_DECRYPT" },
        })
    }

    pub fn require_usable(&self) -> Result<()> {
        if self.state == KeyState::Enabled { Ok(()) } else { Err(self.not_usable()) }
    }

    pub fn not_usable(&self) -> AwsError {
        match self.state {
            KeyState::PendingDeletion => AwsError::new("KMSInvalidStateException", format!("{} is pending deletion.", self.arn)),
            _ => AwsError::new("DisabledException", format!("{} is disabled.", self.arn)),
        }
    }

    /// As `SubjectPublicKeyInfo`, 88 bytes.
    pub fn public(&self) -> Result<Vec<u8>> {
        if self.spec != CURVE {
            return Err(AwsError::new(
                "UnsupportedOperationException",
                format!("{} has no public key: its spec is {}", self.arn, self.spec),
            ));
        }
        let point = self.secret.verifying_key().to_encoded_point(false);
        Ok([&PUBLIC[..], point.as_bytes()].concat())
    }

    /// Of 32 bytes as they are: never the same signature twice.
    pub fn sign(&self, digest: &[u8; 32], is_high: bool, dice: &mut Dice) -> Result<[u8; 64]> {
        if self.spec != CURVE {
            return Err(AwsError::new(
                "InvalidKeyUsageException",
                format!("{} is not for signing: its spec is {}", self.arn, self.spec),
            ));
        }
        let failed = |_| AwsError::of_the_server();
        let secret = self.secret.as_nonzero_scalar();
        let (low, _) = secret.try_sign_prehashed(scalar(dice), &FieldBytes::from(*digest)).map_err(failed)?;
        if !is_high {
            return Ok(low.to_bytes().into());
        }
        let (r, s) = low.split_scalars();
        Ok(Signature::from_scalars(*r, -*s).map_err(failed)?.to_bytes().into())
    }
}

/// By chance.
fn scalar(dice: &mut Dice) -> Scalar {
    let mut bytes = FieldBytes::default();
    bytes.iter_mut().for_each(|byte| *byte = dice.below(256) as u8);
    <Scalar as Reduce<U256>>::reduce_bytes(&bytes)
}
