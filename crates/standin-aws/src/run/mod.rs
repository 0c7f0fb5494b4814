//! Running a task's container: a process in a folder of its own, with an address of its own, asked for its health as its definition says.

mod health;
mod network;
mod scale;

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use linkpool_process::{Life, Process};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use self::{health::Checks, network::Interface};
use crate::{
    account::Account,
    world::{Definition, Task},
};

/// What the program of a container is told of where it is.
const ADDRESS_VARIABLE: &str = "LINKPOOL_STANDIN_ADDRESS";
const TASK_VARIABLE: &str = "LINKPOOL_STANDIN_TASK";

/// Runs a task's container until it ends, and says so.
pub async fn run(account: Arc<Account>, task: Arc<Task>, definition: Arc<Definition>, terminated: CancellationToken) {
    let folder = account.config.directory.join(task.id());
    let outcome = match start(&account, &task, &definition, &folder).await {
        Ok((process, interface)) => Ok(watch(&account, (&task, &definition), process, interface, terminated).await),
        Err(reason) => Err(reason),
    };
    account.with_world(|world| match &outcome {
        Ok(code) => world.ended(&task.arn, *code, None),
        Err(reason) => world.ended(&task.arn, None, Some(reason)),
    });
}

async fn start(
    account: &Account,
    task: &Task,
    definition: &Definition,
    folder: &Path,
) -> Result<(Process, Option<Interface>), String> {
    let container = definition.container();
    let image = container["image"].as_str().unwrap_or_default();
    let program = account.config.images.join(image.replace(':', "/"));
    if !program.is_dir() {
        return Err(format!(
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: not found"
        ));
    }
    let mut variables = variables(account, container)?;
    let interface = match account.config.database {
        Some(database) => Some(Interface::open(task.address, database).await.map_err(|error| unable(&error))?),
        None => None,
    };
    for (_, value) in &mut variables {
        *value = interface.as_ref().map_or_else(|| value.clone(), |interface| interface.led_through(value));
    }
    let begun = async {
        fs::create_dir_all(folder)?;
        let mut command = command(container)?;
        command.current_dir(folder).env_clear().envs(variables).envs(account.config.environment.iter().cloned());
        command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", program.display()));
        command.env("HOME", folder).env("TMPDIR", folder).env(ADDRESS_VARIABLE, task.address.to_string());
        command.env(TASK_VARIABLE, format!("{} {}", task.group, task.arn));
        let log = File::create(folder.join("log"))?;
        command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
        Process::start(command, Life::WithParent, &folder.join("process"), task.id()).await
    };
    begun.await.map(|process| (process, interface)).map_err(|error| unable(&error))
}

fn unable(error: &io::Error) -> String {
    format!("CannotStartContainerError: {error}")
}

fn command(container: &Value) -> io::Result<Command> {
    let of = |name: &str| container[name].as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned));
    let mut words = of("entryPoint").chain(of("command"));
    let program = words.next().ok_or_else(|| io::Error::other("the stand-in knows no image's own entry point"))?;
    let mut command = Command::new(program);
    command.args(words);
    Ok(command)
}

fn variables(account: &Account, container: &Value) -> Result<Vec<(String, String)>, String> {
    let entries = |name: &str| container[name].as_array().cloned().unwrap_or_default();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = entries("environment").iter().map(|entry| (text(entry, "name"), text(entry, "value"))).collect();
    for entry in entries("secrets") {
        let from = text(&entry, "valueFrom");
        let value = account.injected(&from).ok_or_else(|| {
            format!(
                "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: {from}"
            )
        })?;
        found.push((text(&entry, "name"), value));
    }
    Ok(found)
}

/// Until it has ended; returns its exit code.
async fn watch(
    account: &Account,
    (task, definition): (&Task, &Definition),
    mut process: Process,
    _interface: Option<Interface>,
    terminated: CancellationToken,
) -> Option<i32> {
    let mut checks = Checks::new(definition.health_check(), task.address, account.pace());
    loop {
        tokio::select! {
            status = process.ended() => {
                let status = status.ok().flatten();
                return status.and_then(|status| {
                    use std::os::unix::process::ExitStatusExt;
                    status.code().or_else(|| status.signal().map(|signal| 128 + signal))
                });
            }
            health = checks.next() => account.with_world(|world| world.checked(&task.arn, health)),
            () = terminated.cancelled() => {
                let grace = definition.stop_timeout();
                let _ = process.stop(grace).await;
                return Some(143);
            }
        }
    }
}
