//! Ctrl-C and SIGTERM, as one token that every role listens to.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled at the first signal; a second signal ends the process at once.
pub fn token() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let shared = token.clone();
    tokio::spawn(async move {
        for last in [false, true] {
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
            if last {
                std::process::exit(130);
            }
            shared.cancel();
        }
    });
    Ok(token)
}
