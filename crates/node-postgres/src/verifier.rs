//! A role's password as Postgres stores it (SCRAM-SHA-256, RFC 5802): made here, so that the password itself is in no statement and
//! so in no log of the server.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use linkpool_chainlink::Secret;
use sha2::{Digest, Sha256};

/// A random password of 122 bits gains nothing from slow hashing, which is for those that can be guessed, and each connection would pay for it: a fleet
/// makes one to each node's database every few seconds.
const ROUNDS: u32 = 1;

/// For a random password of ASCII letters and digits, which need no preparation.
pub(crate) fn verifier(password: &Secret) -> Secret {
    with_salt(password, &rand::random::<[u8; 16]>(), ROUNDS)
}

fn with_salt(password: &Secret, salt: &[u8], rounds: u32) -> Secret {
    let mut salted = [0; 32];
    pbkdf2::pbkdf2::<Hmac<Sha256>>(password.expose().as_bytes(), salt, rounds, &mut salted);
    let stored_key = Sha256::digest(keyed(&salted, b"Client Key"));
    let server_key = keyed(&salted, b"Server Key");
    let [salt, stored_key, server_key] = [salt, &stored_key, &server_key].map(|bytes| STANDARD.encode(bytes));
    Secret::new(format!("SCRAM-SHA-256${rounds}:{salt}${stored_key}:{server_key}"))
}

fn keyed(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // A key of any length will do for HMAC: there is no error to come.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |hmac| hmac.chain_update(text).finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677 without its exchange: password `pencil`, its salt and rounds.
    #[test]
    fn a_verifier_is_the_one_that_the_standard_says() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let expect = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
        assert_eq!(with_salt(&Secret::new("pencil"), &salt, 4_096).expose(), expect);
    }
}
