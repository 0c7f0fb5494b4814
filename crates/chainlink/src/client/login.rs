//! Sessions by password: one login at a time per host, and never two of one user within the login interval.

use reqwest::StatusCode;
use serde_json::json;

use super::{
    Error, ErrorKind, Transport,
    answer::Answer,
    login_book::{Hindrance, Session, User},
};
use crate::Secret;

impl Transport {
    /// A session of `user` at `peer` other than number `stale`: the one that is there, or a new login.
    ///
    /// # Errors
    /// [`ErrorKind::LoginHeldBack`] if the interval since their last login has not passed; if that login was refused, its
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
        if let Some(session) = host.session(user, stale) {
            return Ok(session);
        }
        match host.hindrance(user, self.limits.login_interval) {
            Some(Hindrance::Refused(error)) => return Err(error),
            Some(Hindrance::TooSoon(retry_in)) => return Err(ErrorKind::LoginHeldBack { retry_in }.of(peer)),
            None => host.begin(user),
        }
        match self.log_in(peer, login_url, user).await {
            Ok(cookie) => Ok(host.succeeded(user, cookie)),
            Err(error) => {
                host.failed(user, &error, counts_as_login(&error));
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
            (StatusCode::UNAUTHORIZED, _) => Err(answer.fault(answer.why_unauthorized())),
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
    !error.is_transient() || matches!(error.kind, ErrorKind::LoginLimited | ErrorKind::LoginUnchecked { .. })
}

/// A 200 without a cookie is a web page that answers everything, or a node that wants a second factor.
fn no_session(answer: &Answer) -> Error {
    let reason = "the login set no clsession cookie; a user with a second factor cannot log in by script".to_owned();
    answer.parse::<serde_json::Value>().err().unwrap_or_else(|| answer.fault(ErrorKind::Malformed { reason }))
}
