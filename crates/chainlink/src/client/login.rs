//! Sessions by password: one login at a time per host, and never two within the login interval.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use reqwest::StatusCode;
use serde_json::json;

use super::{
    Error,
    json_api::error_detail,
    transport::{Answer, Transport},
};
use crate::Secret;

/// Most hosts remembered. Beyond it, hosts that nobody is talking to are forgotten; they cost one login more.
const MAX_HOSTS: usize = 4096;

/// Every host that somebody logged in at.
#[derive(Debug, Default)]
pub(super) struct LoginBook {
    hosts: Mutex<HashMap<String, Arc<tokio::sync::Mutex<HostLogins>>>>,
}

/// What happened with logins at one host.
#[derive(Debug, Default)]
struct HostLogins {
    last: Option<Attempt>,
    session: Option<Session>,
    logins: u64,
}

#[derive(Debug)]
struct Attempt {
    user: User,
    at: Instant,
    refusal: Option<Error>,
}

/// A live session. `number` tells a caller's stale session from one that another call has renewed meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Session {
    user: User,
    pub cookie: Secret,
    pub number: u64,
}

/// Who logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub email: String,
    pub password: Secret,
}

impl LoginBook {
    fn host(&self, peer: &str) -> Arc<tokio::sync::Mutex<HostLogins>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MAX_HOSTS && !hosts.contains_key(peer) {
            hosts.retain(|_, logins| Arc::strong_count(logins) > 1);
        }
        hosts.entry(peer.to_owned()).or_default().clone()
    }
}

impl Transport {
    /// A session of `user` at `peer` other than number `stale`: the one that is there, or a new login.
    ///
    /// # Errors
    /// [`Error::LoginHeldBack`] if the interval since the last login has not passed; if that login was refused, its
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
                return Err(refusal.unwrap_or_else(|| Error::LoginHeldBack { peer: peer.to_owned(), retry_in }));
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
        let peer = peer.to_owned();
        match answer.status {
            StatusCode::OK => match answer.session_cookie {
                Some(cookie) => Ok(Secret::new(cookie)),
                None => Err(no_session(&answer)),
            },
            StatusCode::NO_CONTENT => Err(Error::Migrating { peer }),
            StatusCode::UNAUTHORIZED => Err(Error::CredentialsRefused { peer }),
            StatusCode::NOT_FOUND => Err(Error::NoLogin { peer }),
            StatusCode::TOO_MANY_REQUESTS => Err(Error::LoginLimited { peer }),
            StatusCode::SERVICE_UNAVAILABLE => Err(Error::Unavailable { peer, detail: error_detail(&answer) }),
            status => Err(Error::UnexpectedStatus { peer, status: status.as_u16(), detail: error_detail(&answer) }),
        }
    }
}

/// Whether a failed login starts the interval. One that met no node, or a node that is still starting, does not: the
/// node would else be out of reach for the interval after it is up. A call that runs out of time leaves its login
/// counted.
fn counts_as_login(error: &Error) -> bool {
    !error.is_transient() || matches!(error, Error::LoginLimited { .. })
}

/// A 200 without a cookie is a web page that answers everything, or a node that wants a second factor.
fn no_session(answer: &Answer) -> Error {
    match super::json_api::parse::<serde_json::Value>(answer) {
        Err(error) => error,
        Ok(_) => Error::Malformed {
            peer: answer.peer.clone(),
            reason: "the login set no clsession cookie; a user with a second factor cannot log in by script".to_owned(),
        },
    }
}
