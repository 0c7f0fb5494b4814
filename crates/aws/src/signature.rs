//! Signature Version 4, for calls without a query.

use hmac::{Hmac, Mac};
use linkpool_chainlink::Secret;
use sha2::{Digest, Sha256};

/// What a signature is good for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub region: &'a str,
    pub service: &'a str,
    /// `20150830T123600Z`
    pub time: &'a str,
}

/// The value of the header `Authorization` of a call with these headers, whose names are in lower case and sorted.
pub(crate) fn authorization(
    (access_key, secret_key): (&str, &Secret),
    scope: Scope<'_>,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> String {
    let Scope { region, service, time } = scope;
    let date = time.get(..8).unwrap_or(time);
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let canonical = format!("{method}\n{path}\n\n{lines}\n{names}\n{}", hash(body));
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hash(canonical.as_bytes()));
    let first = format!("AWS4{}", secret_key.expose()).into_bytes();
    let key = [date, region, service, "aws4_request"].iter().fold(first, |key, part| mac(&key, part));
    let signature = hex::encode(mac(&key, &to_sign));
    format!("AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}")
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length is good for an HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of AWS's own suite, "aws-sig-v4-test-suite".
    fn check(method: &str, headers: &[(&str, &str)], body: &str, expect: &str) {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let scope = Scope { region: "us-east-1", service: "service", time: "20150830T123600Z" };
        let signed = authorization(("AKIDEXAMPLE", &secret), scope, (method, "/"), headers, body.as_bytes());
        assert!(signed.ends_with(&format!("Signature={expect}")), "{signed}");
    }

    #[test]
    fn a_call_is_signed_as_awss_own_examples_are() {
        let (host, date) = (("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z"));
        check("POST", &[host, date], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
        check("GET", &[host, date], "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let expect = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a";
        check("POST", &[kind, host, date], "Param1=value1", expect);
    }
}
