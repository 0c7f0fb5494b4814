//! What a process remembers of its logins.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::Error;
use crate::Secret;

/// Most hosts remembered. Beyond it, hosts that nobody is talking to are forgotten; they cost one login more.
const MAX_HOSTS: usize = 4096;

/// Most users that log in at one host in an interval: a node allows five logins to everybody behind an address, and another of our
/// programs may be there as well.
const MAX_LOGINS: usize = 3;

/// Most sessions kept for a host.
const MAX_SESSIONS: usize = 8;

/// Every host that somebody logged in at.
#[derive(Debug, Default)]
pub(super) struct LoginBook {
    hosts: Mutex<HashMap<String, Arc<tokio::sync::Mutex<HostLogins>>>>,
}

/// What happened with logins at one host.
#[derive(Debug, Default)]
pub(super) struct HostLogins {
    /// Those within the interval; a few at most.
    attempts: Vec<Attempt>,
    /// One for each user.
    sessions: Vec<Session>,
    /// How many logins there have been; it numbers the sessions.
    logins: u64,
}

/// The last login of a user, and why it was refused, if it was.
#[derive(Debug)]
struct Attempt {
    user: User,
    at: Instant,
    refusal: Option<Error>,
}

/// A live session. `number` tells a caller's stale session from one that another call has renewed meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub user: User,
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
    /// Whoever holds the lock is the only one to log in there.
    pub fn host(&self, peer: &str) -> Arc<tokio::sync::Mutex<HostLogins>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MAX_HOSTS && !hosts.contains_key(peer) {
            hosts.retain(|_, logins| Arc::strong_count(logins) > 1);
        }
        hosts.entry(peer.to_owned()).or_default().clone()
    }
}

/// What stands against another login.
pub(super) enum Hindrance {
    /// This user's last one was refused.
    Refused(Error),
    /// There was one too lately: another is allowed after so long.
    TooSoon(Duration),
}

impl HostLogins {
    /// The session of `user`, unless it has this number.
    pub fn session(&self, user: &User, stale: Option<u64>) -> Option<Session> {
        self.sessions.iter().find(|it| it.user == *user && Some(it.number) != stale).cloned()
    }

    /// Whether `user` may log in now: once in an interval, and so may few others.
    pub fn hindrance(&mut self, user: &User, interval: Duration) -> Option<Hindrance> {
        self.attempts.retain(|it| it.at.elapsed() < interval);
        let wait = |it: &Attempt| Hindrance::TooSoon(interval.saturating_sub(it.at.elapsed()));
        if let Some(own) = self.attempts.iter().find(|it| it.user == *user) {
            return Some(own.refusal.clone().map_or_else(|| wait(own), Hindrance::Refused));
        }
        // The oldest comes first.
        if self.attempts.len() >= MAX_LOGINS { self.attempts.first().map(wait) } else { None }
    }

    /// A login of `user` begins. It counts even if nobody waits for its end.
    pub fn begin(&mut self, user: &User) {
        self.sessions.retain(|it| it.user != *user);
        self.logins += 1;
        self.attempts.push(Attempt { user: user.clone(), at: Instant::now(), refusal: None });
    }

    pub fn succeeded(&mut self, user: &User, cookie: Secret) -> Session {
        let session = Session { user: user.clone(), cookie, number: self.logins };
        if self.sessions.len() >= MAX_SESSIONS {
            self.sessions.remove(0);
        }
        self.sessions.push(session.clone());
        session
    }

    /// The login of `user` gave no session; `counts` says whether it starts the interval.
    pub fn failed(&mut self, user: &User, error: &Error, counts: bool) {
        if !counts {
            self.attempts.retain(|it| it.user != *user);
        } else if let Some(attempt) = self.attempts.iter_mut().find(|it| it.user == *user) {
            attempt.refusal = Some(error.clone());
        }
    }
}
