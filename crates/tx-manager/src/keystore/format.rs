//! The JSON of a V3 keystore. Writers differ: ethers spells the keys `Crypto`, `address` comes with or without 0x or not at all,
//! `id` is a UUID, `uuid` or missing. What does not matter is not asked for.

use alloy::{hex, primitives::B256};
use linkpool_primitives::{Address, printable};
use serde_json::{Map, Value};

use super::derive::Derivation;

pub(super) const CIPHER: &str = "aes-128-ctr";
/// Of a text that somebody else wrote.
const SHOWN: usize = 40;

pub(super) struct Keystore {
    pub address: Option<Address>,
    pub ciphertext: Vec<u8>,
    pub iv: [u8; 16],
    pub mac: B256,
    pub derivation: Derivation,
}

impl Keystore {
    /// # Errors
    /// A sentence that names the field.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|_| "it is not JSON".to_owned())?;
        let top = Fields::of("", &value)?;
        match top.get("version")? {
            Value::Number(number) if number.as_u64() == Some(3) => {}
            Value::String(text) if text == "3" => {}
            other => return Err(format!("version is {other}, not 3")),
        }
        let crypto = Fields::of("crypto", top.get("crypto")?)?;
        let cipher = crypto.text("cipher")?;
        if cipher != CIPHER {
            return Err(format!("crypto.cipher is `{}`, not {CIPHER}", printable(&cipher, SHOWN)));
        }
        let iv = Fields::of("crypto.cipherparams", crypto.get("cipherparams")?)?.bytes("iv")?;
        let params = Fields::of("crypto.kdfparams", crypto.get("kdfparams")?)?;
        Ok(Self {
            address: address(&top)?,
            ciphertext: crypto.bytes("ciphertext")?,
            iv: iv.try_into().map_err(|_| "crypto.cipherparams.iv has not 16 bytes".to_owned())?,
            mac: B256::try_from(crypto.bytes("mac")?.as_slice()).map_err(|_| "crypto.mac has not 32 bytes".to_owned())?,
            derivation: derivation(&crypto.text("kdf")?, &params)?,
        })
    }
}

fn derivation(kdf: &str, params: &Fields<'_>) -> Result<Derivation, String> {
    if params.number("dklen")? != 32 {
        return Err("crypto.kdfparams.dklen is not 32".into());
    }
    let salt = params.bytes("salt")?;
    let small = |key: &str| params.number(key).map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    match kdf {
        "scrypt" => Derivation::checked_scrypt(params.number("n")?, small("r")?, small("p")?, salt),
        "pbkdf2" => match params.text("prf")?.as_str() {
            "hmac-sha256" => Derivation::checked_pbkdf2(params.number("c")?, salt),
            prf => Err(format!("crypto.kdfparams.prf is `{}`, not hmac-sha256", printable(prf, SHOWN))),
        },
        kdf => Err(format!("crypto.kdf is `{}`, neither scrypt nor pbkdf2", printable(kdf, SHOWN))),
    }
}

fn address(top: &Fields<'_>) -> Result<Option<Address>, String> {
    let Ok(Value::String(text)) = top.get("address") else { return Ok(None) };
    // Some writers leave it empty to give nothing away.
    if text.is_empty() {
        return Ok(None);
    }
    let bytes = hex::decode(text).ok().and_then(|bytes| Address::try_from(bytes.as_slice()).ok());
    bytes.map(Some).ok_or_else(|| format!("address is `{}`, which is none", printable(text, SHOWN)))
}

/// An object whose keys are found however they are spelt.
struct Fields<'a> {
    section: &'static str,
    object: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn of(section: &'static str, value: &'a Value) -> Result<Self, String> {
        let object = value.as_object().ok_or_else(|| match section {
            "" => "it is not a JSON object".to_owned(),
            section => format!("{section} is not an object"),
        })?;
        Ok(Self { section, object })
    }

    fn name(&self, key: &str) -> String {
        if self.section.is_empty() { key.to_owned() } else { format!("{}.{key}", self.section) }
    }

    fn get(&self, key: &str) -> Result<&'a Value, String> {
        let found = self.object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value).ok_or_else(|| format!("{} is missing", self.name(key)))
    }

    fn text(&self, key: &str) -> Result<String, String> {
        let text = self.get(key)?.as_str().ok_or_else(|| format!("{} is not text", self.name(key)))?;
        Ok(text.to_ascii_lowercase())
    }

    fn number(&self, key: &str) -> Result<u64, String> {
        self.get(key)?.as_u64().ok_or_else(|| format!("{} is not a whole number", self.name(key)))
    }

    fn bytes(&self, key: &str) -> Result<Vec<u8>, String> {
        hex::decode(self.text(key)?).map_err(|_| format!("{} is not hexadecimal", self.name(key)))
    }
}
