//! Whether a call is signed (Signature Version 4) by the only key there is.

use hmac::{Hmac, Mac};
use hyper::http::request;
use sha2::{Digest, Sha256};

pub const ACCESS_KEY: &str = "AKIASTANDIN";
pub const SECRET_KEY: &str = "a-secret-of-the-stand-in";

/// # Errors
/// Why it is not.
pub fn check(head: &request::Parts, body: &[u8]) -> Result<(), String> {
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header("authorization").ok_or("Missing Authentication Token")?;
    let parts = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or("Authorization header requires AWS4-HMAC-SHA256.")?;
    let part = |name: &str| parts.split(", ").find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let (credential, names, signature) = (part("Credential"), part("SignedHeaders"), part("Signature"));
    let (Some(credential), Some(names), Some(signature)) = (credential, names, signature) else {
        return Err("Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.".into());
    };
    let (key, scope) = credential.split_once('/').unwrap_or_default();
    if key != ACCESS_KEY {
        return Err("The security token included in the request is invalid.".into());
    }
    let time = header("x-amz-date").unwrap_or_default();
    for needed in ["host", "x-amz-date", "x-amz-target"] {
        if !names.split(';').any(|name| name == needed) {
            return Err(format!("'{needed}' must be a 'SignedHeader' in the AWS Authorization."));
        }
    }
    let lines: String = names.split(';').map(|name| format!("{name}:{}\n", header(name).unwrap_or_default().trim())).collect();
    let canonical = format!("{}\n{}\n\n{lines}\n{names}\n{}", head.method, head.uri.path(), hash(body));
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hash(canonical.as_bytes()));
    let key = scope.split('/').fold(format!("AWS4{SECRET_KEY}").into_bytes(), |key, part| mac(&key, part));
    if hex::encode(mac(&key, &to_sign)) == signature {
        Ok(())
    } else {
        Err("The request signature we calculated does not match the signature you provided.".into())
    }
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
