//! The token that every operator's call carries.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

/// Shorter tokens could be guessed.
const MIN_LENGTH: usize = 32;

/// A bearer token (RFC 6750). Its `Debug` says nothing.
#[derive(Clone)]
pub struct OperatorToken(String);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[error("the operator token in {}: {reason}", path.display())]
pub struct TokenError {
    path: PathBuf,
    reason: String,
}

impl OperatorToken {
    /// The token in a file that only its owner may read.
    ///
    /// # Errors
    /// If the file is missing, readable by others, or holds fewer than 32 characters.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let failed = |reason: String| TokenError { path: path.to_owned(), reason };
        let text = linkpool_secrets::read(path).map_err(|fault| failed(fault.to_string()))?;
        let token = text.trim();
        if token.len() < MIN_LENGTH || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(failed(format!("it must be one line of at least {MIN_LENGTH} printable characters")));
        }
        Ok(Self(token.to_owned()))
    }

    /// [`OperatorToken::read`], after making the file with a random token if there is none.
    ///
    /// # Errors
    /// As [`OperatorToken::read`], and if the file can't be written.
    pub fn read_or_create(path: &Path) -> Result<Self, TokenError> {
        // 244 random bits.
        let token = format!("{}{}\n", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        match linkpool_secrets::create(path, &token) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(TokenError { path: path.to_owned(), reason: format!("it can't be made: {error}") })
            }
            _ => Self::read(path),
        }
    }

    /// For the `Authorization` header of a call.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `given` is the token. The time it takes does not tell how much of it was right.
    pub(super) fn is(&self, given: &str) -> bool {
        let (ours, given) = (self.0.as_bytes(), given.as_bytes());
        ours.len() == given.len() && ours.iter().zip(given).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl fmt::Debug for OperatorToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OperatorToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_token_is_made_once_kept_from_others_and_never_shown() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("operator-token");
        assert!(OperatorToken::read(&path).is_err());
        let token = OperatorToken::read_or_create(&path)?;
        assert_eq!(OperatorToken::read_or_create(&path)?.expose(), token.expose());
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        assert!(!format!("{token:?}").contains(token.expose()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640))?;
        assert!(OperatorToken::read(&path).is_err_and(|error| error.to_string().contains("chmod 600")));
        Ok(())
    }

    #[test]
    fn only_the_whole_token_counts() {
        let token = OperatorToken("0123456789abcdef0123456789abcdef".into());
        assert!(token.is("0123456789abcdef0123456789abcdef"));
        for wrong in
            ["", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdeF", "0123456789abcdef0123456789abcdef0"]
        {
            assert!(!token.is(wrong), "{wrong}");
        }
    }
}
