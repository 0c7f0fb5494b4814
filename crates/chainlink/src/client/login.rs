//! Sessions by password: one login at a time per host, and never two within the login interval.

use std::time::Instant;

use reqwest::StatusCode;
use serde_json::json;

use super::{
    Error, ErrorKind, Transport,
    answer::Answer,
    login_book::{Attempt, Session, User},
};
use crate::Secret;

impl Transport {
    /// A session of `user` at `peer` other than number `stale`: the one that is there, or a new login.
    ///
    /// # Errors
    /// [`ErrorKind::LoginHeldBack`] if the interval since the last login has not passed; if that login was refused, its
    /// error again, so that what is shown does not flap between the two.
    pub(super) async fn session(
        &self,
        peer: &str,
        login_url: url::Url,
        user: &User,
        stale: Option<u64>,
    ) -> Result<Session, Error> {
        let host = self.logins.host(peer);
        let mut host = host.lock().await;
        if let Some(session) = host.session.as_ref().filter(|it| it.user == *user && Some(it.number) != stale) {
            return Ok(session.clone());
        }
        if let Some(last) = &host.last {
            let retry_in = self.limits.login_interval.saturating_sub(last.at.elapsed());
            if !retry_in.is_zero() {
                let refusal = last.refusal.clone().filter(|_| last.user == *user);
                return Err(refusal.unwrap_or_else(|| ErrorKind::LoginHeldBack { retry_in }.of(peer)));
            }
        }
        host.session = None;
        host.logins += 1;
        host.last = Some(Attempt { user: user.clone(), at: Instant::now(), refusal: None });
        let outcome = self.log_in(peer, login_url, user).await;
        match outcome {
            Ok(cookie) => {
                let session = Session { user: user.clone(), cookie, number: host.logins };
                host.session = Some(session.clone());
                Ok(session)
            }
            Err(error) => {
                if counts_as_login(&error) {
                    if let Some(last) = &mut host.last {
                        last.refusal = Some(error.clone());
                    }
                } else {
                    host.last = None;
                }
                Err(error)
            }
        }
    }

    async fn log_in(&self, peer: &str, login_url: url::Url, user: &User) -> Result<Secret, Error> {
        let body = json!({ "email": user.email, "password": user.password.expose() });
        let answer = self.exchange(peer, self.http.post(login_url).json(&body)).await?;
        match (answer.status, &answer.session_cookie) {
            (StatusCode::OK, Some(cookie)) => Ok(Secret::new(cookie)),
            (StatusCode::OK, None) => Err(no_session(&answer)),
            (StatusCode::UNAUTHORIZED, _) => Err(answer.fault(ErrorKind::CredentialsRefused)),
            (StatusCode::NOT_FOUND, _) => Err(answer.fault(ErrorKind::NoLogin)),
            (StatusCode::TOO_MANY_REQUESTS, _) => Err(answer.fault(ErrorKind::LoginLimited)),
            _ => Err(answer.unexpected()),
        }
    }
}

/// Whether a failed login starts the interval. One that met no node, or a node that is still starting, does not: the
/// node would else be out of reach for the interval after it is up. A call that runs out of time leaves its login
/// counted.
fn counts_as_login(error: &Error) -> bool {
    !error.is_transient() || error.kind == ErrorKind::LoginLimited
}

/// A 200 without a cookie is a web page that answers everything, or a node that wants a second factor.
fn no_session(answer: &Answer) -> Error {
    let reason = "the login set no clsession cookie; a user with a second factor cannot log in by script".to_owned();
    answer.parse::<serde_json::Value>().err().unwrap_or_else(|| answer.fault(ErrorKind::Malformed { reason }))
}
