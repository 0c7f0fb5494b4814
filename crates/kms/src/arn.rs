//! Which key.

use std::str::FromStr;

/// The ARN of a key: `arn:aws:kms:REGION:ACCOUNT:key/ID`. Never an alias.
#[derive(Debug, Clone, PartialEq, Eq, derive_more::Display)]
pub struct KeyArn(String);

impl KeyArn {
    /// Where the key is.
    pub fn region(&self) -> &str {
        self.0.split(':').nth(3).unwrap_or_default()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyArn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", _, "kms", region, account, resource] = parts[..] else {
            return Err(format!(
                "`{text}` is no key's ARN: write arn:aws:kms:REGION:ACCOUNT:key/ID, as `aws kms describe-key` shows it"
            ));
        };
        match resource.strip_prefix("key/") {
            Some(id) if !id.is_empty() && !region.is_empty() && !account.is_empty() => Ok(Self(text.to_owned())),
            _ if resource.starts_with("alias/") => Err(format!(
                "`{text}` is an alias, which anybody who manages keys may point at another one, and then the account is another: write the ARN of the key itself, \
                 arn:aws:kms:{region}:{account}:key/ID"
            )),
            _ => Err(format!("`{text}` names no key: after the account comes key/ID")),
        }
    }
}
