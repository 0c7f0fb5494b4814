//! Ctrl-C, SIGTERM and SIGHUP, as one token that everything listens to.

use std::{io::IsTerminal, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

/// What a process does when its terminal hangs up, or somebody asks it to read its settings again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hangup {
    Stop,
    Ignore,
}

/// How long a role may take to stop. Supervisors wait at least this long before they kill.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// For a command: a token that is cancelled at the first signal; a second signal ends the process at once.
pub fn token() -> std::io::Result<CancellationToken> {
    listen(Hangup::Stop, None)
}

/// For a command that waits so long at most: what comes first, the signal or the end of the time, cancels it.
pub fn token_within(seconds: u64) -> std::io::Result<CancellationToken> {
    let token = token()?;
    let shared = token.clone();
    tokio::spawn(async move {
        tokio::select! { () = tokio::time::sleep(Duration::from_secs(seconds)) => shared.cancel(), () = shared.cancelled() => {} }
    });
    Ok(token)
}

/// For a role, which goes on when its terminal is gone or a tool for log files sends SIGHUP. Its settings are read at the start:
/// half of them could not change under way, and a role may be stopped and started at any moment. Only at a terminal a hangup stops
/// it, as whoever closes one expects.
///
/// A role that is told to stop has ended ten seconds later, whatever hangs: what it leaves unfinished is what a kill would leave, which
/// the next one makes good.
pub fn role_token() -> std::io::Result<CancellationToken> {
    listen(if std::io::stdin().is_terminal() { Hangup::Stop } else { Hangup::Ignore }, Some(STOP_TIMEOUT))
}

fn listen(on_hangup: Hangup, deadline: Option<Duration>) -> std::io::Result<CancellationToken> {
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
            if let Some(deadline) = deadline {
                end_after(deadline);
            }
        }
    });
    Ok(token)
}

/// On a thread of its own, because what hangs may be the runtime, or a thread that it waits for at its end.
fn end_after(deadline: Duration) {
    let wait = move || {
        std::thread::sleep(deadline);
        tracing::warn!(seconds = deadline.as_secs(), "what was begun does not end; it is cut off");
        std::process::exit(0);
    };
    // Without a thread a second signal still ends it.
    let _ = std::thread::Builder::new().name("deadline".into()).spawn(wait);
}
