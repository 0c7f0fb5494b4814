use serde_json::Value;

use super::*;

const PASSWORD: &[u8] = b"testpassword";
/// The two of the definition's test vectors, whose key is public.
const PBKDF2: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
    "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
    "kdfparams":{"c":1024,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
    "mac":""},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
const HELD: &str = include_str!("../../tests/keystore.json");
const HELD_PASSWORD: &[u8] = b"a test password";
const HELD_ADDRESS: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

fn held() -> Value {
    serde_json::from_str(HELD).unwrap()
}

fn opened(value: &Value) -> Result<String, KeystoreError> {
    open(&value.to_string(), HELD_PASSWORD).map(|key| checksum(&key.address()))
}

/// As ethers v6 writes it: `Crypto`, and things of its own beside it.
fn of_ethers() -> Value {
    let mut value = held();
    let crypto = value.as_object_mut().unwrap().remove("crypto").unwrap();
    value["Crypto"] = crypto;
    value["x-ethers"] = json!({ "client": "ethers/6.13.4", "gethFilename": "UTC--2026" });
    value
}

#[test]
fn keystores_of_all_writers_open() {
    let mut upper = held();
    upper["address"] = json!(HELD_ADDRESS);
    let mut prefixed = held();
    prefixed["crypto"]["mac"] = json!(format!("0x{}", prefixed["crypto"]["mac"].as_str().unwrap().to_uppercase()));
    let mut bare = held();
    bare.as_object_mut().unwrap().remove("address");
    bare.as_object_mut().unwrap().remove("id");
    let mut named = held();
    named["uuid"] = named.as_object_mut().unwrap().remove("id").unwrap();
    let mut empty = held();
    empty["address"] = json!("");
    for (writer, value) in [
        ("geth", held()),
        ("ethers", of_ethers()),
        ("0x", upper),
        ("hex", prefixed),
        ("bare", bare),
        ("uuid", named),
        ("no", empty),
    ] {
        assert_eq!(opened(&value).as_deref(), Ok(HELD_ADDRESS), "{writer}");
    }
}

#[test]
fn pbkdf2_opens_as_the_definition_has_it() {
    let rounds = PBKDF2
        .replace("1024", "262144")
        .replace("\"mac\":\"\"", "\"mac\":\"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2\"");
    let key = open(&rounds, PASSWORD).unwrap();
    assert_eq!(hex::encode(key.to_bytes()), "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d");
    assert!(matches!(open(&rounds, b"testpasswort"), Err(KeystoreError::Password)));
}

#[test]
fn a_wrong_password_and_a_wrong_file_are_two_answers() {
    assert!(matches!(open(HELD, b"another"), Err(KeystoreError::Password)));
    let changed = |path: &str, to: Value| {
        let mut value = of_ethers();
        *value.pointer_mut(path).unwrap() = to;
        opened(&value).unwrap_err().to_string()
    };
    for (path, to, expect) in [
        ("/version", json!(1), "version is 1, not 3"),
        ("/Crypto", json!("secret"), "crypto is not an object"),
        ("/Crypto/cipher", json!("aes-256-gcm"), "crypto.cipher is `aes-256-gcm`, not aes-128-ctr"),
        ("/Crypto/cipherparams/iv", json!("00"), "crypto.cipherparams.iv has not 16 bytes"),
        ("/Crypto/mac", json!("xy"), "crypto.mac is not hexadecimal"),
        ("/Crypto/kdf", json!("argon2"), "crypto.kdf is `argon2`, neither scrypt nor pbkdf2"),
        ("/Crypto/kdfparams/dklen", json!(8), "crypto.kdfparams.dklen is not 32"),
        ("/Crypto/kdfparams/n", json!(1000), "kdfparams.n is 1000: scrypt takes a power of two"),
        ("/Crypto/kdfparams/n", json!(1_u64 << 40), "too much work"),
        ("/Crypto/kdfparams/r", json!(0), "ask for none or too much work"),
        ("/Crypto/kdfparams/p", json!(1_u64 << 33), "too much work"),
        ("/Crypto/kdfparams/salt", json!(7), "crypto.kdfparams.salt is not text"),
        ("/address", json!("0x12"), "address is `0x12`, which is none"),
    ] {
        let said = changed(path, to);
        assert!(said.contains(expect) && !said.contains("password"), "{path}: {said}");
    }
    for text in ["", "{", "[]", "7", "{}", r#"{"version":3}"#] {
        assert!(matches!(open(text, HELD_PASSWORD), Err(KeystoreError::Format(_))), "{text}");
    }
    let mut other = held();
    other["address"] = json!("0x0000000000000000000000000000000000000001");
    assert!(matches!(opened(&other), Err(KeystoreError::Address { .. })));
}

#[test]
fn what_is_sealed_opens_again_and_shows_nothing() {
    let key = generate();
    let text = seal(&key, PASSWORD, Effort::Light);
    assert_eq!(open(&text, PASSWORD).unwrap().to_bytes(), key.to_bytes());
    assert_eq!(claimed_address(&text), Some(key.address()));
    assert!(!text.contains(&hex::encode(key.to_bytes())));
    let again = seal(&key, PASSWORD, Effort::Light);
    assert_ne!(text, again, "salt, vector and name are new each time");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["id"].as_str().unwrap().len(), 36);
    assert_eq!(Derivation::scrypt(false, Vec::new()).to_json().1["n"], 131_072);
}

#[test]
fn a_key_is_64_digits_and_an_error_does_not_repeat_them() {
    let digits = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
    for text in [digits.to_owned(), format!("0x{digits}\n")] {
        assert_eq!(checksum(&parse_key(&text).unwrap().address()), HELD_ADDRESS);
    }
    for text in ["", "0x", &digits[..62], &"0".repeat(64), &"f".repeat(64), &format!("{digits}00")] {
        let said = parse_key(text).unwrap_err();
        assert!(said.contains("64 hexadecimal digits") && !said.contains("59c6995e"), "{said}");
    }
}
