//! Running a program for what it says: bounded in time and in what is read of it.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    time::timeout,
};

use super::super::launcher::Launch;

/// A configuration with all that is usual has 25 KB.
const MAX_BYTES: u64 = 1 << 20;
/// On a busy machine; alone it takes half a second.
const RUN_TIMEOUT: Duration = Duration::from_secs(20);

/// What a program said, and whether it ended well.
pub(super) struct Said {
    pub good: bool,
    pub output: String,
    pub errors: String,
}

/// # Errors
/// A sentence, if it could not be started or does not end.
pub(super) async fn run(launch: &Launch) -> Result<Said, String> {
    let program = launch.program.display();
    let mut command = Command::new(&launch.program);
    command.args(&launch.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    for (name, value) in &launch.environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let failed =
        |error: std::io::Error| format!("{program} can't be run ({error}): set fleet.node_program to the node's program");
    let mut child = command.spawn().map_err(failed)?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let ended = async {
        let (output, errors) = tokio::join!(text(output), text(errors));
        // What says more than that is cut off by its pipe, and ends.
        Ok(Said { good: child.wait().await?.success(), output, errors })
    };
    let late =
        || format!("{program} did not end within {} s, which `--version` and `validate` of a node do", RUN_TIMEOUT.as_secs());
    timeout(RUN_TIMEOUT, ended).await.map_err(|_| late())?.map_err(failed)
}

async fn text(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let mut text = Vec::new();
    if let Some(pipe) = pipe {
        // What was read until then counts.
        let _ = pipe.take(MAX_BYTES).read_to_end(&mut text).await;
    }
    String::from_utf8_lossy(&text).into_owned()
}
