//! A node's API login, from a file that the fleet or an operator made.

use std::path::Path;

use linkpool_chainlink::{Secret, client::Credentials};

use crate::{Error, Result, signer::read_secret};

/// Two lines in a file that only its owner may read: e-mail and password, or the access key and secret of an API token. A key
/// holds no `@`, an e-mail address always does.
///
/// # Errors
/// [`Error::Credentials`], which does not repeat what the file holds.
pub fn read(path: &Path) -> Result<Credentials> {
    let failed = |reason: String| Error::Credentials { path: path.to_owned(), reason };
    let text = read_secret(path).map_err(|error| failed(error.to_string()))?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let [first, second] = lines.as_slice() else {
        return Err(failed("it must have two lines: e-mail and password, or access key and secret".into()));
    };
    Ok(match first.contains('@') {
        true => Credentials::Password { email: (*first).to_owned(), password: Secret::new(*second) },
        false => Credentials::Token { key: Secret::new(*first), secret: Secret::new(*second) },
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn check(text: &str, expect: Option<Credentials>) -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("login");
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        assert_eq!(read(&path).ok(), expect, "{text:?}");
        Ok(())
    }

    #[test]
    fn an_e_mail_address_means_a_password_and_anything_else_a_token() -> std::io::Result<()> {
        let password = Credentials::Password { email: "a@node.local".into(), password: Secret::new("hunter2") };
        check("a@node.local\n\nhunter2\n", Some(password))?;
        check("4f1c\nhunter2", Some(Credentials::Token { key: Secret::new("4f1c"), secret: Secret::new("hunter2") }))?;
        check("only one line", None)?;
        check("one\ntwo\nthree\n", None)
    }
}
