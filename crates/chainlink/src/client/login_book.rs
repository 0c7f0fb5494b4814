//! What a process remembers of its logins.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::Error;
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
pub(super) struct HostLogins {
    pub last: Option<Attempt>,
    pub session: Option<Session>,
    /// How many there have been; it numbers the sessions.
    pub logins: u64,
}

/// The last login, and why it was refused, if it was.
#[derive(Debug)]
pub(super) struct Attempt {
    pub user: User,
    pub at: Instant,
    pub refusal: Option<Error>,
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
