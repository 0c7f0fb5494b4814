//! The secret that signs a replica's sessions. It lies in the replica's own directory, so a cookie is good at one replica only,
//! although both find the session in the node's database.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use alloy::primitives::B256;

use crate::{StandinError, store::hash_secret};

/// Its name in that directory, as a node has it.
const FILE: &str = "secret";

#[derive(Clone)]
pub(super) struct SessionSecret(B256);

impl SessionSecret {
    /// The one of `directory`, made if it is not there; without a directory, one of this moment.
    pub fn of(directory: Option<&Path>) -> Result<Self, StandinError> {
        let Some(directory) = directory else { return Ok(Self(B256::new(rand::random()))) };
        let path = directory.join(FILE);
        let failed = |reason: String| StandinError::File { path: path.clone(), reason };
        std::fs::create_dir_all(directory).map_err(|error| failed(error.to_string()))?;
        let made = B256::new(rand::random());
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => file.write_all(made.as_slice()).map(|()| Self(made)).map_err(|error| failed(error.to_string())),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
                let kept = B256::try_from(bytes.as_slice());
                kept.map(Self).map_err(|_| failed("is not the secret of a stand-in node".to_owned()))
            }
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// The cookie of a session.
    pub fn cookie(&self, session_id: &str) -> String {
        format!("{session_id}.{:x}", hash_secret(&self.0, session_id))
    }

    /// The session of a cookie that this replica gave.
    pub fn session_id<'a>(&self, cookie: &'a str) -> Option<&'a str> {
        let (session_id, _) = cookie.split_once('.')?;
        (self.cookie(session_id) == cookie).then_some(session_id)
    }
}

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SessionSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_good_where_it_was_given_and_after_a_restart_there() -> Result<(), Box<dyn std::error::Error>> {
        let (one, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let cookie = SessionSecret::of(Some(one.path()))?.cookie("session");
        assert_eq!(SessionSecret::of(Some(one.path()))?.session_id(&cookie), Some("session"));
        assert_eq!(SessionSecret::of(Some(other.path()))?.session_id(&cookie), None);
        assert_eq!(SessionSecret::of(None)?.session_id(&cookie), None);
        Ok(())
    }
}
