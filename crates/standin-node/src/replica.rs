//! The life of one replica: wait for the lease, boot, serve, and end when the lease or the caller says so.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use alloy::primitives::Address;
use sqlx::PgPool;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Fault, FaultSet, ReplicaConfig, StandinError,
    lease::Lease,
    listener::{ClientAddress, ReplicaListener},
    node::{Boot, Node},
    port_file::PortFile,
    route,
    session_secret::SessionSecret,
    startup::StartupServer,
    store::Store,
};

/// Where a replica is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaState {
    /// Not connected yet.
    Starting,
    /// Standby: does not listen.
    WaitingForLease,
    /// Holds the lease, does not listen yet.
    Booting,
    /// Active.
    Serving {
        /// Where the API listens.
        address: SocketAddr,
        /// The node's first key.
        wallet: Address,
    },
    /// Ended.
    Ended,
}

/// One replica, ready to run. Thousands can run in one process on one pool; each costs about one statement in every
/// [`refresh`](crate::LeaseTiming::refresh).
#[derive(Clone, Debug)]
pub struct Replica {
    store: Store,
    config: Arc<ReplicaConfig>,
    id: Uuid,
    state: watch::Sender<ReplicaState>,
}

impl Replica {
    /// A replica of the node in `config.schema`, on connections that others may share.
    ///
    /// # Errors
    /// [`StandinError::BadConfig`].
    pub fn new(pool: PgPool, config: ReplicaConfig) -> Result<Self, StandinError> {
        config.check()?;
        let store = Store::new(pool, config.schema.clone());
        let state = watch::Sender::new(ReplicaState::Starting);
        Ok(Self { store, config: Arc::new(config), id: Uuid::new_v4(), state })
    }

    /// The same with this name, which its connections have as well.
    pub(super) fn called(self, id: Uuid) -> Self {
        Self { id, ..self }
    }

    /// Runs until `shutdown` is cancelled, which releases the lease, or until the lease is lost.
    ///
    /// Dropping the future is a crash: the API goes at once, the lease runs out by itself.
    ///
    /// # Errors
    /// [`StandinError`].
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), StandinError> {
        let outcome = self.live(&shutdown).await;
        self.state.send_replace(ReplicaState::Ended);
        outcome
    }

    /// Runs it in a task.
    pub fn spawn(self) -> ReplicaHandle {
        let shutdown = CancellationToken::new();
        let state = self.state.subscribe();
        let task = tokio::spawn(self.run(shutdown.clone()));
        ReplicaHandle { state, shutdown, task }
    }

    async fn live(&self, shutdown: &CancellationToken) -> Result<(), StandinError> {
        if let Some(path) = &self.config.port_file {
            PortFile::remove_stale(path)?;
        }
        let lease = Lease::new(self.store.clone(), self.id, self.config.lease);
        lease.prepare().await?;
        self.state.send_replace(ReplicaState::WaitingForLease);
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = lease.wait() => {}
        }
        self.state.send_replace(ReplicaState::Booting);
        let outcome = tokio::select! {
            lost = lease.hold() => Err(lost),
            served = self.boot_and_serve(shutdown) => served,
        };
        if !matches!(outcome, Err(StandinError::LeaseLost)) {
            lease.release().await;
        }
        outcome
    }

    async fn boot_and_serve(&self, shutdown: &CancellationToken) -> Result<(), StandinError> {
        let boot = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            boot = self.boot() => boot?,
        };
        self.serve(Arc::new(Node::new(&self.config, self.store.clone(), boot)), shutdown).await
    }

    /// Version and tables, while only the small server answers; faults, then the keystore: the wallet exists before the API answers.
    async fn boot(&self) -> Result<Boot, StandinError> {
        let startup = StartupServer::start(self.config.listen).await;
        self.store.require_version(&self.config.version).await?;
        self.store.create_tables().await?;
        self.store.save_version(&self.config.version).await?;
        startup.stop().await;
        self.require_keystore().await?;
        let mut switched = self.store.read_faults().await?;
        let mut faults: FaultSet = self.config.faults.iter().chain(switched.iter()).cloned().collect();
        if let Some(time) = faults.find(|fault| if let Fault::SlowBoot(time) = fault { Some(*time) } else { None }) {
            sleep(time).await;
        }
        if faults.contains(&Fault::WalletReplaced) {
            self.store.forget_keys().await?;
            switched.remove(&Fault::WalletReplaced);
            self.store.save_faults(&switched).await?;
            faults.remove(&Fault::WalletReplaced);
        }
        Ok(Boot {
            faults,
            keys: self.store.ensure_key(self.config.chain.id()).await?,
            users: self.store.ensure_users(&self.config.admin).await?,
            sessions: self.store.live_sessions(self.config.session_timeout).await?,
            session_secret: SessionSecret::of(self.config.root_directory.as_deref())?,
        })
    }

    async fn require_keystore(&self) -> Result<(), StandinError> {
        let Some(password) = &self.config.keystore_password else { return Ok(()) };
        if self.store.keystore_opens_with(password.expose()).await? { Ok(()) } else { Err(StandinError::KeystorePassword) }
    }

    /// As a node: where the address is taken, it is tried again for as long as the process lives.
    async fn listen(&self) -> TcpListener {
        let address = self.config.listen;
        loop {
            match TcpListener::bind(address).await {
                Ok(listener) => return listener,
                Err(error) => {
                    tracing::error!(%error, %address, "Error starting server: failed to run plaintext HTTP server");
                    sleep(self.config.listen_retry).await;
                }
            }
        }
    }

    async fn serve(&self, node: Arc<Node>, shutdown: &CancellationToken) -> Result<(), StandinError> {
        let configured = self.config.listen;
        let failed = |source| StandinError::Listen { address: configured, source };
        let listener = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            listener = self.listen() => listener,
        };
        let address = listener.local_addr().map_err(failed)?;
        let wallet = node.wallet().unwrap_or_default();

        // Cancelled when this future ends or is dropped: no connection outlives the replica.
        let ended = CancellationToken::new();
        let _guard = ended.clone().drop_guard();
        let work = crate::work::run(node.clone());
        let application = route::router(node.clone()).into_make_service_with_connect_info::<ClientAddress>();
        let server = axum::serve(ReplicaListener::new(listener, ended), application)
            .with_graceful_shutdown(shutdown.clone().cancelled_owned());

        let _port_file = self.config.port_file.as_ref().map(|path| PortFile::write(path, address)).transpose()?;
        self.state.send_replace(ReplicaState::Serving { address, wallet });
        tracing::info!(%address, %wallet, schema = %self.config.schema, "stand-in node is active");
        let grace = self.config.shutdown_grace;
        let overtime = async {
            shutdown.cancelled().await;
            sleep(grace).await;
        };
        tokio::select! {
            served = server => served.map_err(failed),
            () = work => Ok(()),
            () = overtime => Err(StandinError::GraceExceeded { grace }),
            never = self.mind_health(&node) => match never {},
        }
    }

    /// Looks at once for what a transfer needs, and at the health every interval.
    async fn mind_health(&self, node: &Node) -> Infallible {
        if let (Some(rpc_url), Some(wallet)) = (&node.rpc_url, node.wallet()) {
            node.balances.look(rpc_url, wallet).await;
        }
        loop {
            sleep(self.config.health_interval).await;
            node.health.look(&node.faults());
        }
    }
}

/// A replica that runs in a task of this process. Dropping it kills the replica.
#[derive(Debug)]
pub struct ReplicaHandle {
    state: watch::Receiver<ReplicaState>,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), StandinError>>,
}

impl ReplicaHandle {
    /// Where it is now.
    pub fn state(&self) -> ReplicaState {
        *self.state.borrow()
    }

    /// Waits until `condition` holds for its state; `None` after `limit`, or if the replica ended before.
    pub async fn wait_for(&mut self, limit: Duration, condition: impl FnMut(&ReplicaState) -> bool) -> Option<ReplicaState> {
        timeout(limit, self.state.wait_for(condition)).await.ok()?.ok().map(|state| *state)
    }

    /// Ends it as SIGTERM ends a process: the lease is released.
    ///
    /// # Errors
    /// What it ended with.
    pub async fn stop(mut self) -> Result<(), StandinError> {
        self.shutdown.cancel();
        (&mut self.task).await?
    }

    /// Ends it as SIGKILL ends a process: the API is gone, the lease runs out by itself.
    pub async fn kill(mut self) {
        self.task.abort();
        // The error only says that the task was aborted.
        let _ = (&mut self.task).await;
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// What it ended with, such as [`StandinError::LeaseLost`].
    pub async fn ended(&mut self) -> Result<(), StandinError> {
        (&mut self.task).await?
    }
}

impl Drop for ReplicaHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}
