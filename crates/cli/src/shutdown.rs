//! Ctrl-C, SIGTERM and SIGHUP, as one token that everything listens to.

use std::io::IsTerminal;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

/// What a process does when its terminal hangs up, or somebody asks it to read its settings again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hangup {
    Stop,
    Ignore,
}

/// For a command: a token that is cancelled at the first signal; a second signal ends the process at once.
pub fn token() -> std::io::Result<CancellationToken> {
    listen(Hangup::Stop)
}

/// For a role, which goes on when its terminal is gone or a tool for log files sends SIGHUP. Its settings are read at the start:
/// half of them could not change under way, and a role may be stopped and started at any moment. Only at a terminal a hangup stops
/// it, as whoever closes one expects.
pub fn role_token() -> std::io::Result<CancellationToken> {
    listen(if std::io::stdin().is_terminal() { Hangup::Stop } else { Hangup::Ignore })
}

fn listen(on_hangup: Hangup) -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let shared = token.clone();
    tokio::spawn(async move {
        let mut last = false;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => if on_hangup == Hangup::Ignore {
                    info!("SIGHUP changes nothing: settings are read at the start; stop the role and start it again");
                    continue;
                }
            }
            if last {
                std::process::exit(130);
            }
            shared.cancel();
            last = true;
        }
    });
    Ok(token)
}
