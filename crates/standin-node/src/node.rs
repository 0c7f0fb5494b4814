//! The state of an active replica. While it holds the lease nobody else writes the node's tables, so reads come from
//! memory.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use alloy::primitives::{Address, B256};

use linkpool_chainlink::{Secret, client::Role};
use tokio::sync::watch;

use crate::{
    FaultSet, ReplicaConfig,
    balance::SeenBalances,
    health::HealthSample,
    rate_limit::RateLimit,
    session_secret::SessionSecret,
    store::{KeyRecord, SessionRecord, Store, UserRecord, hash_secret},
};

/// Most sessions kept; the one unused for longest makes room.
const MAX_SESSIONS: usize = 256;

/// An active replica.
#[derive(Debug)]
pub(super) struct Node {
    pub store: Store,
    pub chain_id: u64,
    pub rpc_url: Option<Secret>,
    /// The chain's LINK.
    pub link_token: Option<Address>,
    pub endpoint_name: String,
    pub balances: SeenBalances,
    pub health: HealthSample,
    pub can_sign: bool,
    pub session_secret: SessionSecret,
    pub secure_cookies: bool,
    /// What the node says it is.
    pub version: String,
    pub booted_at: Instant,
    /// Logins: 5 in 20 s.
    pub login_limit: RateLimit,
    /// Everything that is there, logins included: 1,000 a minute.
    pub request_limit: RateLimit,
    /// Pages for what is not there: 20 a minute.
    pub page_limit: RateLimit,
    session_timeout: Duration,
    faults: RwLock<FaultSet>,
    keys: Mutex<Vec<KeyRecord>>,
    users: Mutex<Vec<UserRecord>>,
    sessions: Mutex<HashMap<B256, Session>>,
    jobs: watch::Sender<u64>,
    sending: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Session {
    email: String,
    last_used: Instant,
}

/// What a boot has read from the node's database.
pub(super) struct Boot {
    pub faults: FaultSet,
    pub keys: Vec<KeyRecord>,
    pub users: Vec<UserRecord>,
    pub sessions: Vec<SessionRecord>,
    pub session_secret: SessionSecret,
}

impl Node {
    pub fn new(config: &ReplicaConfig, store: Store, boot: Boot) -> Self {
        let now = Instant::now();
        let live = |record: SessionRecord| (record.hash, Session { email: record.email, last_used: now });
        Self {
            store,
            chain_id: config.chain.id(),
            rpc_url: config.rpc_url.clone(),
            link_token: config.link_token,
            endpoint_name: config.endpoint_name.clone(),
            balances: SeenBalances::default(),
            health: HealthSample::at_start(),
            can_sign: config.can_sign,
            session_secret: boot.session_secret,
            secure_cookies: config.secure_cookies,
            booted_at: now,
            login_limit: RateLimit::new(5, Duration::from_secs(20)),
            request_limit: RateLimit::new(1_000, Duration::from_secs(60)),
            page_limit: RateLimit::new(20, Duration::from_secs(60)),
            session_timeout: config.session_timeout,
            faults: RwLock::new(boot.faults),
            keys: Mutex::new(boot.keys),
            users: Mutex::new(boot.users),
            sessions: Mutex::new(boot.sessions.into_iter().map(live).collect()),
            version: config.version.clone(),
            jobs: watch::Sender::new(0),
            sending: tokio::sync::Mutex::new(()),
        }
    }

    pub fn faults(&self) -> FaultSet {
        self.faults.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_faults(&self, faults: FaultSet) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    pub fn keys(&self) -> Vec<KeyRecord> {
        lock(&self.keys).clone()
    }

    /// Changes the key of this address; `None` if there is none.
    pub fn update_key(&self, address: Address, change: impl FnOnce(&mut KeyRecord)) -> Option<KeyRecord> {
        let mut keys = lock(&self.keys);
        let key = keys.iter_mut().find(|key| key.address == address)?;
        change(key);
        Some(key.clone())
    }

    pub fn add_key(&self, key: KeyRecord) {
        lock(&self.keys).push(key);
    }

    /// The oldest key: the one that the first boot made.
    pub fn wallet(&self) -> Option<Address> {
        lock(&self.keys).first().map(|key| key.address)
    }

    pub fn user(&self, email: &str) -> Option<UserRecord> {
        lock(&self.users).iter().find(|user| user.email == email).cloned()
    }

    pub fn user_by_token(&self, key: &str, secret: &str) -> Option<UserRecord> {
        lock(&self.users).iter().find(|user| user.has_token(key, secret)).cloned()
    }

    /// Every user, by e-mail.
    pub fn users(&self) -> Vec<UserRecord> {
        let mut users = lock(&self.users).clone();
        users.sort_by(|one, other| one.email.cmp(&other.email));
        users
    }

    /// Forgets the user and their sessions.
    pub fn remove_user(&self, email: &str) {
        lock(&self.users).retain(|user| user.email != email);
        self.end_sessions(email);
    }

    /// Ends the sessions of a user.
    pub fn end_sessions(&self, email: &str) {
        lock(&self.sessions).retain(|_, session| session.email != email);
    }

    /// Tells whoever runs jobs that there are others now.
    pub fn jobs_changed(&self) {
        self.jobs.send_modify(|changes| *changes += 1);
    }

    /// Sees every [`Self::jobs_changed`].
    pub fn watch_jobs(&self) -> watch::Receiver<u64> {
        self.jobs.subscribe()
    }

    /// Waits until nobody else of this replica is about to give a transaction its nonce.
    pub async fn sending(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.sending.lock().await
    }

    /// Adds the user, or replaces the one of that name.
    pub fn put_user(&self, user: UserRecord) {
        let mut users = lock(&self.users);
        users.retain(|it| it.email != user.email);
        users.push(user);
    }

    /// The user of a live session, which is used by this.
    pub fn user_by_session(&self, session_id: &str) -> Option<UserRecord> {
        let mut sessions = lock(&self.sessions);
        let hash = session_hash(session_id);
        let session = sessions.get_mut(&hash)?;
        if session.last_used.elapsed() > self.session_timeout {
            sessions.remove(&hash);
            return None;
        }
        session.last_used = Instant::now();
        let email = session.email.clone();
        drop(sessions);
        self.user(&email)
    }

    pub fn add_session(&self, record: SessionRecord) {
        let mut sessions = lock(&self.sessions);
        if sessions.len() >= MAX_SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.last_used).map(|(hash, _)| *hash);
            oldest.and_then(|hash| sessions.remove(&hash));
        }
        sessions.insert(record.hash, Session { email: record.email, last_used: Instant::now() });
    }

    pub fn remove_session(&self, session_id: &str) -> B256 {
        let hash = session_hash(session_id);
        lock(&self.sessions).remove(&hash);
        hash
    }

    pub fn has_user(&self, email: &str, password: &str) -> bool {
        self.user(email).is_some_and(|user| user.has_password(password))
    }
}

/// The form in which a session is stored, so that the table alone opens no session.
pub(super) fn session_hash(session_id: &str) -> B256 {
    hash_secret(&B256::ZERO, session_id)
}

impl UserRecord {
    pub fn may(&self, role: Role) -> bool {
        self.role >= role
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
