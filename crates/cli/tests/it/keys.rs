//! `linkpool keys`: keystores are made, brought in and shown; a key never shows.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::{
    fixture::restrict,
    program::{assert_refused, assert_refused_json, linkpool},
};

const KEYSTORE: &str = include_str!("../../../tx-manager/tests/keystore.json");
const KEY: &str = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const ADDRESS: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", "a test password\n");
    folder
}

fn secret(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
    restrict(&folder.join(name), 0o600);
}

fn command(folder: &Path, line: &str) -> Command {
    let mut command = linkpool();
    command.current_dir(folder).args(line.split_whitespace()).stdin(Stdio::null());
    command
}

fn with_input(folder: &Path, line: &str, input: &str) -> Output {
    let mut child = command(folder, line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn succeed(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(!text.contains(KEY), "the key shows: {text}");
    text
}

#[test]
fn a_new_key_lies_in_a_keystore_that_opens_and_is_its_owners_alone() {
    let folder = folder();
    let output = command(folder.path(), "keys new registrar.json --password-file password --light-kdf --json").output().unwrap();
    let made: Value = serde_json::from_str(&succeed(&output)).unwrap();
    let mode = fs::metadata(folder.path().join("registrar.json")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let line = "signer address --keystore registrar.json --password-file password";
    let shown = succeed(&command(folder.path(), line).output().unwrap());
    assert_eq!(shown.trim(), made["address"].as_str().unwrap());
    let again = command(folder.path(), "keys new registrar.json --password-file password --light-kdf").output().unwrap();
    assert_refused(&again, 3, &["registrar.json exists, and a key is never written over"]);
}

#[test]
fn a_key_is_imported_from_stdin_or_a_file_and_never_shows() {
    let folder = folder();
    let line = "keys import KEYSTORE --password-file password --light-kdf";
    let said = succeed(&with_input(folder.path(), &line.replace("KEYSTORE", "a.json"), &format!("0x{KEY}\n")));
    assert!(said.contains(ADDRESS), "{said}");
    secret(folder.path(), "key", KEY);
    let said = succeed(&command(folder.path(), &line.replace("KEYSTORE", "b.json --from key")).output().unwrap());
    assert!(said.contains(ADDRESS), "{said}");
    for (input, expect) in [("", "64 hexadecimal digits"), (&KEY[..60], "64 hexadecimal digits")] {
        let output = with_input(folder.path(), &line.replace("KEYSTORE", "c.json"), input);
        assert_refused(&output, 2, &[expect]);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("59c6995e"));
    }
    restrict(&folder.path().join("key"), 0o644);
    let output = command(folder.path(), &line.replace("KEYSTORE", "c.json --from key")).output().unwrap();
    assert_refused(&output, 2, &["key: holds a secret but has mode 0644; run chmod 600 on it"]);
    assert!(!folder.path().join("c.json").exists());
}

#[test]
fn what_keeps_a_keystore_from_being_made_is_said() {
    let folder = folder();
    secret(folder.path(), "short", "hunter2\n");
    for (line, code, expect) in [
        ("keys new a.json --password-file missing", 2, "--password-file: missing: No such file"),
        ("keys new a.json --password-file short", 2, "the password is too short: at least 12 characters"),
        ("keys new a.json --password-file .", 2, "is not a file"),
        ("keys new no/such/folder.json --password-file password --light-kdf", 2, "cannot write the keystore no/such/folder.json"),
        ("keys list", 2, "no key is configured"),
    ] {
        let mut command = command(folder.path(), line);
        assert_refused(&command.output().unwrap(), code, &[expect]);
    }
    // No terminal: setsid takes the one away that the test may run at.
    let mut setsid = Command::new("setsid");
    setsid.arg("-w").arg(env!("CARGO_BIN_EXE_linkpool")).args(["keys", "new", "a.json"]).current_dir(folder.path());
    assert_refused(&setsid.stdin(Stdio::null()).output().unwrap(), 2, &["there is no terminal", "--password-file FILE"]);
    assert!(!folder.path().join("a.json").exists());
}

#[test]
fn the_list_shows_whose_each_key_is_and_which_does_not_open() {
    let folder = folder();
    let ethers = KEYSTORE.replace("\"crypto\"", "\"Crypto\"").replace("\"70997970", "\"0x70997970");
    secret(folder.path(), "ethers.json", &ethers);
    secret(folder.path(), "broken.json", &KEYSTORE.replace("scrypt", "argon2"));
    secret(folder.path(), "wrong", "another password\n");
    let key = |section: &str, keystore: &str, password: &str| {
        format!("[{section}]\nkeystore = \"{keystore}\"\npassword_file = \"{password}\"\n")
    };
    let configure = |text: String| fs::write(folder.path().join("linkpool.toml"), text).unwrap();
    configure(key("registrar", "ethers.json", "password"));
    let said = succeed(&command(folder.path(), "keys list").output().unwrap());
    assert!(said.contains("registrar ") && said.contains(ADDRESS) && said.contains("ethers.json (0600)"), "{said}");
    configure(
        key("registrar", "ethers.json", "password")
            + &key("keys.slasher", "broken.json", "password")
            + &key("keys.treasury", "ethers.json", "wrong")
            + &key("keys.guardian", "missing.json", "password"),
    );
    let output = command(folder.path(), "keys list --json").output().unwrap();
    assert_refused_json(&output, 3, "3 keys do not open");
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |name: &str| shown["keys"].as_array().unwrap().iter().find(|key| key["name"] == name).unwrap();
    assert_eq!((&of("registrar")["opens"], &of("registrar")["fault"]), (&true.into(), &Value::Null));
    assert_eq!(of("registrar")["keystore"]["mode"], "0600");
    let fault = |name: &str| of(name)["fault"].as_str().unwrap();
    assert!(fault("slasher").contains("crypto.kdf is `argon2`, neither scrypt nor pbkdf2"), "{shown}");
    assert!(fault("treasury").contains("does not open with the password in"), "{shown}");
    assert!(fault("guardian").contains("No such file"), "{shown}");
    assert_eq!(of("treasury")["address"], ADDRESS, "what the file claims");
}
