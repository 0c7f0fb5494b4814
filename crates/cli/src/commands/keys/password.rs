//! Where a password comes from: a file, or somebody at the terminal.

use std::path::Path;

use anyhow::Result;

use crate::failure::Failure;

/// A shorter one is guessed in an afternoon.
const LEAST_LENGTH: usize = 12;

pub(super) fn new(file: Option<&Path>) -> Result<String> {
    let password = match file {
        Some(path) => secret("--password-file", path)?.trim_end_matches(['\r', '\n']).to_owned(),
        None => {
            let first = ask("password of the keystore (not shown): ")?;
            if first != ask("the same again: ")? {
                return Err(Failure::bad_input("the two passwords differ"));
            }
            first
        }
    };
    if password.chars().count() < LEAST_LENGTH {
        return Err(Failure::bad_input(format!(
            "the password is too short: at least {LEAST_LENGTH} characters, for example those of `openssl rand -hex 32`"
        )));
    }
    Ok(password)
}

/// The text of a file that only its owner may read.
pub(super) fn secret(argument: &str, path: &Path) -> Result<String> {
    linkpool_secrets::read(path).map_err(|fault| Failure::bad_input(format!("{argument}: {}: {fault}", path.display())))
}

/// Asks at the terminal, whatever stdin and stdout are.
pub(super) fn ask(prompt: &str) -> Result<String> {
    rpassword::prompt_password(prompt)
        .map_err(|_| Failure::bad_input("there is no terminal to ask for the password: pass --password-file FILE"))
}
