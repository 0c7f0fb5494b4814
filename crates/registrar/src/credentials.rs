//! A node's API login, from the file that the fleet made.

use std::path::Path;

use linkpool_chainlink::{Secret, client::Credentials};

use crate::{Error, Result, signer::read_secret};

/// Two lines, e-mail and password, in a file that only its owner may read.
pub(crate) fn read(path: &Path) -> Result<Credentials> {
    let failed = |reason: String| Error::Credentials { path: path.to_owned(), reason };
    let text = read_secret(path).map_err(|error| failed(error.to_string()))?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let [email, password] = lines.as_slice() else { return Err(failed("it must have two lines, e-mail and password".into())) };
    Ok(Credentials::Password { email: (*email).to_owned(), password: Secret::new(*password) })
}
