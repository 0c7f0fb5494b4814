//! A node's secrets: files, and the environment over them.

use linkpool_chainlink::Secret;
use toml::{Table, Value};
use url::Url;

use super::known::require_known;

/// A node's environment variables.
const DATABASE_URL: &str = "CL_DATABASE_URL";
const KEYSTORE_PASSWORD: &str = "CL_PASSWORD_KEYSTORE";

/// Shortest password of a database or keystore, and the longest one of a keystore.
const SHORTEST: usize = 16;

#[derive(Debug)]
pub(super) struct Secrets {
    pub database_url: Secret,
    pub keystore_password: Secret,
}

impl Secrets {
    /// # Errors
    /// What is wrong, one line each, without the secrets.
    pub fn read(texts: &[String], environment: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let mut all = Vec::new();
        for text in texts {
            // A parser's words could quote the line.
            let table = require_known(text, "").ok().and_then(|()| toml::from_str::<Table>(text).ok());
            all.push(table.ok_or_else(|| {
                vec!["failed to decode secrets TOML: strict mode: fields in the document are missing".to_owned()]
            })?);
        }
        let mut faults = Vec::new();
        let mut find = |path: &str, variable: &str| {
            let (section, key) = path.split_once('.').unwrap_or_default();
            let found: Vec<&str> = all.iter().filter_map(|table| table.get(section)?.get(key).and_then(Value::as_str)).collect();
            if found.len() > 1 {
                faults.push(format!("{path}: overrides (duplicate keys are not allowed for multiple secrets files)"));
            }
            let found = environment(variable).or_else(|| found.first().map(|text| (*text).to_owned())).unwrap_or_default();
            if found.is_empty() {
                faults.push(format!("{path}: empty: must be provided and non-empty"));
            }
            Secret::new(found)
        };
        let database_url = find("Database.URL", DATABASE_URL);
        let keystore_password = find("Password.Keystore", KEYSTORE_PASSWORD);
        if let (false, Err(why)) = (database_url.expose().is_empty(), require_password(database_url.expose())) {
            faults.push(format!("Database.URL: invalid value (*****): missing or insufficiently complex password: {why}"));
        }
        if faults.is_empty() { Ok(Self { database_url, keystore_password }) } else { Err(faults) }
    }
}

/// A database of tests needs none.
fn require_password(url: &str) -> Result<(), String> {
    let url = Url::parse(url).map_err(|_| "DB URL must be authenticated; plaintext URLs are not allowed".to_owned())?;
    let mut shown = url.clone();
    // Only how it is shown: a URL that takes no password shows none.
    let _ = shown.set_password(None);
    if shown.as_str().contains("_test") {
        return Ok(());
    }
    let in_query = url.query_pairs().find(|(key, _)| key == "password").map(|(_, value)| value.into_owned());
    let password = in_query.or_else(|| url.password().map(str::to_owned));
    let length = password.ok_or_else(|| "DB URL must be authenticated; password is required".to_owned())?.len();
    if length < SHORTEST { Err(format!("password is less than {SHORTEST} characters long")) } else { Ok(()) }
}

/// The password of the keystore as it stands in a file: one line, and no space around it.
pub(super) fn password_of_file(text: &str) -> Result<Secret, &'static str> {
    let password = text.strip_suffix('\n').unwrap_or(text);
    if password.is_empty() {
        return Err("detected empty password in password file");
    }
    if password.trim() != password {
        return Err("leading or trailing whitespace detected in password, please remove it");
    }
    Ok(Secret::new(password))
}

/// What a node wants of the password of a keystore that it makes.
pub(super) fn require_keystore_password(password: &Secret) -> Result<(), String> {
    if password.expose().len() < SHORTEST {
        return Err(format!("error authenticating keystore: password is less than {SHORTEST} characters long"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, environment: &[(&str, &str)]) -> Result<Secrets, String> {
        let text = format!("[Database]\nURL = '{url}'\n[Password]\nKeystore = 'a keystore password'\n");
        let environment = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Secrets::read(&[text], environment).map_err(|faults| faults.join("; "))
    }

    #[test]
    fn the_database_has_a_password_unless_it_is_for_tests() {
        for good in ["postgres://a:averylongpassword@h/d", "postgres://h/d?password=averylongpassword", "postgres://h/d_test"] {
            assert_eq!(read(good, &[]).unwrap().database_url.expose(), good);
        }
        for (bad, why) in [
            ("postgres://a:hunter2@h/d", "less than 16 characters"),
            ("postgres://a@h/d", "password is required"),
            ("nonsense", "must be authenticated"),
            ("", "Database.URL: empty"),
        ] {
            let refusal = read(bad, &[]).expect_err(bad);
            assert!(refusal.contains(why) && !refusal.contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn the_environment_stands_above_the_files() {
        let other = "postgres://h/other_test";
        let secrets = read("postgres://h/d_test", &[(DATABASE_URL, other), (KEYSTORE_PASSWORD, "another password")]).unwrap();
        assert_eq!((secrets.database_url.expose(), secrets.keystore_password.expose()), (other, "another password"));
        let twice = "[Password]\nKeystore = 'a keystore password'\n".to_owned();
        assert!(
            Secrets::read(&[twice.clone(), twice], |_| None)
                .is_err_and(|faults| faults.iter().any(|fault| fault.contains("duplicate keys")))
        );
    }
}
