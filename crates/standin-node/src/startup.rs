//! The small server that a node runs while it migrates its database: `/health` answers 204, and nothing else is there.

use std::net::SocketAddr;

use axum::{Router, http::StatusCode, routing::get};
use tokio::{net::TcpListener, task::JoinHandle};

/// Gone when it is dropped.
#[derive(Debug)]
pub(super) struct StartupServer(Option<JoinHandle<()>>);

impl StartupServer {
    /// Listens at `address`; where that is taken, or left to the system, it does without.
    pub async fn start(address: SocketAddr) -> Self {
        if address.port() == 0 {
            return Self(None);
        }
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, %address, "StartUpHealthReport server error");
                return Self(None);
            }
        };
        let router = Router::new()
            .route("/health", get(async || StatusCode::NO_CONTENT))
            .fallback(async || (StatusCode::NOT_FOUND, "404 page not found\n"));
        Self(Some(tokio::spawn(async move {
            // It ends with the task.
            let _ = axum::serve(listener, router).await;
        })))
    }

    /// Returns when nobody listens any more.
    pub async fn stop(mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for StartupServer {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
        }
    }
}
