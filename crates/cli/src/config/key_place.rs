//! Where a key is: in a V3 keystore, or in AWS KMS.

use std::{path::Path, sync::Arc};

use anyhow::Result;
use linkpool_kms::{KeyArn, KmsSigner};
use linkpool_tx_manager::{LocalSigner, Signer};

use super::aws::AwsConfig;
use crate::failure::Failure;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace<'a> {
    /// Both files have the mode 0600.
    Keystore {
        keystore: &'a Path,
        password_file: &'a Path,
    },
    Kms(KeyArn),
}

impl<'a> KeyPlace<'a> {
    /// What a section of the settings, or the flags, say together; `None` where they say nothing.
    ///
    /// # Errors
    /// Half of it, or two places at once.
    pub fn of(
        named: &str,
        keystore: Option<&'a Path>,
        password_file: Option<&'a Path>,
        aws_kms: Option<&str>,
    ) -> Result<Option<Self>> {
        match (keystore, password_file, aws_kms) {
            (None, None, None) => Ok(None),
            (Some(keystore), Some(password_file), None) => Ok(Some(Self::Keystore { keystore, password_file })),
            (None, None, Some(arn)) => {
                let arn = arn.parse::<KeyArn>().map_err(|error| Failure::bad_input(format!("{named}: {error}")))?;
                Ok(Some(Self::Kms(arn)))
            }
            _ => Err(Failure::bad_input(format!("{named}: set keystore and password_file, or aws_kms alone"))),
        }
    }

    /// Takes a second: a keystore's key derivation is slow on purpose, and KMS is asked whose key it is.
    pub async fn open(&self, aws: &AwsConfig) -> Result<Arc<dyn Signer>> {
        match self {
            Self::Keystore { keystore, password_file } => Ok(Arc::new(LocalSigner::from_keystore(keystore, password_file)?)),
            Self::Kms(arn) => Ok(Arc::new(KmsSigner::connect(aws.client(arn.region())?, arn.clone()).await?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_one_place_and_an_alias_is_none() {
        let (file, arn) = (Some(Path::new("a")), Some("arn:aws:kms:eu-west-1:123456789012:key/mrk-1"));
        let of =
            |keystore, password, kms| KeyPlace::of("keys.reporter", keystore, password, kms).map_err(|error| error.to_string());
        assert_eq!(of(None, None, None), Ok(None));
        let Ok(Some(KeyPlace::Kms(kms))) = of(None, None, arn) else { panic!("{arn:?}") };
        assert_eq!((kms.region(), kms.as_str()), ("eu-west-1", arn.unwrap()));
        assert!(matches!(of(file, file, None), Ok(Some(KeyPlace::Keystore { .. }))));
        for (keystore, password, kms) in [(file, None, None), (None, file, None), (file, file, arn), (file, None, arn)] {
            assert_eq!(
                of(keystore, password, kms),
                Err("keys.reporter: set keystore and password_file, or aws_kms alone".into())
            );
        }
        for (text, said) in [
            (
                "arn:aws:kms:eu-west-1:123456789012:alias/pool",
                "is an alias, which anybody who manages keys may point at another one",
            ),
            ("arn:aws:iam::123456789012:role/pool", "is no key's ARN"),
            ("arn:aws:kms:eu-west-1:123456789012:key/", "names no key"),
            ("1234abcd-12ab-34cd-56ef-1234567890ab", "write arn:aws:kms:REGION:ACCOUNT:key/ID"),
        ] {
            let error = of(None, None, Some(text)).unwrap_err();
            assert!(error.starts_with("keys.reporter: `") && error.contains(said), "{error}");
        }
    }
}
