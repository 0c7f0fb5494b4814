//! A node's API login: in a file that an operator made, or sealed in the database by the fleet that runs the node.

use std::path::Path;

use linkpool_chainlink::{SealKey, Secret, client::Credentials};
use linkpool_db::{
    Database,
    fleet::{Replica, SecretKind},
};

use crate::{Error, Result};

/// Two lines in a file that only its owner may read: e-mail and password, or the access key and secret of an API token. A key
/// holds no `@`, an e-mail address always does.
///
/// # Errors
/// [`Error::Credentials`], which does not repeat what the file holds.
pub fn read(path: &Path) -> Result<Credentials> {
    let failed = |reason: String| Error::Credentials { path: path.to_owned(), reason };
    let text = linkpool_secrets::read(path).map_err(|fault| failed(format!("{}: {fault}", path.display())))?;
    parse(&text).ok_or_else(|| failed("it must have two lines: e-mail and password, or access key and secret".into()))
}

/// The login for this replica: that of the file which its list names, else the one that its fleet has sealed.
///
/// # Errors
/// [`Error::Credentials`], [`Error::SealedLogin`] and [`Error::NoTokenYet`], or the database's.
pub async fn of_replica(database: &Database, seal_key: Option<&SealKey>, replica: &Replica) -> Result<Credentials> {
    if let Some(file) = &replica.credentials_file {
        return read(Path::new(file));
    }
    let node_id = &replica.node_id;
    let failed = |reason: &str| Error::SealedLogin { node_id: node_id.clone(), reason: reason.to_owned() };
    let Some(sealed) = database.registrar_secret(node_id).await? else {
        let reason = database.access_error(node_id).await?;
        return Err(Error::NoTokenYet { node_id: node_id.clone(), reason });
    };
    let key = seal_key.ok_or_else(|| failed("it is sealed: set fleet.seal_key_file, the same as for the fleet"))?;
    let text =
        key.open_secret(node_id, SecretKind::RegistrarToken.as_str(), &sealed).map_err(|error| failed(&error.to_string()))?;
    parse(text.expose()).ok_or_else(|| failed("it is not a login"))
}

fn parse(text: &str) -> Option<Credentials> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let [first, second] = lines.as_slice() else { return None };
    Some(match first.contains('@') {
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
