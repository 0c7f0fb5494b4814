//! A node's database as one file (`pg_dump`'s own format): the only copy of its wallet, and the only way back from a newer node.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use linkpool_chainlink::Secret;
use linkpool_node_postgres::ServerVersion;
use tokio::{io::AsyncReadExt, process::Command, time::timeout};
use url::Url;

use super::{DumpSpec, environment};

/// A node's database has some megabytes; one with a year of runs some gigabytes.
const DUMP_TIMEOUT: Duration = Duration::from_secs(600);
const VERSION_TIMEOUT: Duration = Duration::from_secs(20);
/// Most of what the program complains about.
const MAX_COMPLAINT_BYTES: u64 = 2_000;

/// Writes the database that `url` leads to, with this password, into a file for its owner's eyes only, whole or not at all, and returns where it is.
///
/// # Errors
/// A sentence.
pub(super) async fn dump(
    spec: &DumpSpec,
    (url, password): (&Secret, &Secret),
    server: ServerVersion,
    node_id: &str,
) -> Result<String, String> {
    not_older(&spec.pg_dump, &version_of(&spec.pg_dump).await?, server)?;
    let folder = spec.directory.join(node_id);
    let unusable = |error: io::Error| format!("{}: {error}; check fleet.dump_directory", folder.display());
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(unusable)?;
    let name = format!("{}.dump", chrono::Utc::now().format("%Y%m%dT%H%M%S%3fZ"));
    let (partial, path) = (folder.join(format!("{name}.partial")), folder.join(name));
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&partial).map_err(unusable)?;
    let written = write(spec, (&without_password(url)?, password), file).await;
    let kept = written.and_then(|()| settle(&partial, &path).map_err(unusable));
    if kept.is_err() {
        let _ = fs::remove_file(&partial);
    }
    kept.map(|()| path.display().to_string())
}

/// The password is told in the environment: a command line is everybody's to read.
async fn write(spec: &DumpSpec, (url, password): (&str, &Secret), file: File) -> Result<(), String> {
    let mut command = command(&spec.pg_dump);
    command.env("PGPASSWORD", password.expose()).env("PGCONNECT_TIMEOUT", "10");
    command.args(["--format=custom", "--no-password", "--lock-wait-timeout=30s", "--dbname", url]);
    let failed = |error: io::Error| format!("{} can't be run ({error}): check fleet.pg_dump", spec.pg_dump.display());
    let mut child = command.stdout(Stdio::from(file)).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let errors = child.stderr.take();
    let ended = async { tokio::join!(complaint(errors), child.wait()) };
    let late = || format!("{} did not end within {} s", spec.pg_dump.display(), DUMP_TIMEOUT.as_secs());
    let (said, status) = timeout(DUMP_TIMEOUT, ended).await.map_err(|_| late())?;
    if status.map_err(failed)?.success() {
        return Ok(());
    }
    let said = said.lines().next().unwrap_or("it does not say why").to_owned();
    Err(format!("the node's database could not be kept: {said}"))
}

async fn complaint(pipe: Option<tokio::process::ChildStderr>) -> String {
    let mut text = Vec::new();
    if let Some(pipe) = pipe {
        let _ = pipe.take(MAX_COMPLAINT_BYTES).read_to_end(&mut text).await;
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Complete on the disk before it has its name.
fn settle(partial: &Path, path: &PathBuf) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn without_password(url: &Secret) -> Result<String, String> {
    let unreadable = || "the URL of the node's database is none".to_owned();
    let mut url = Url::parse(url.expose()).map_err(|_| unreadable())?;
    url.set_password(None).map_err(|()| unreadable())?;
    Ok(url.into())
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).kill_on_drop(true);
    for (name, value) in environment::hidden() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
async fn version_of(program: &Path) -> Result<String, String> {
    let run = command(program).arg("--version").output();
    let late = || format!("{} did not end within {} s", program.display(), VERSION_TIMEOUT.as_secs());
    let output = timeout(VERSION_TIMEOUT, run).await.map_err(|_| late())?;
    let output = output.map_err(|error| format!("{} can't be run ({error}): check fleet.pg_dump", program.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// An older one refuses a newer server, after it has connected.
fn not_older(program: &Path, said: &str, server: ServerVersion) -> Result<(), String> {
    let program = program.display();
    let version = said.split_once("(PostgreSQL) ").and_then(|(_, rest)| rest.split(['.', ' ', '\n']).next()?.parse::<u32>().ok());
    match version {
        None => Err(format!("{program} is no pg_dump: set fleet.pg_dump to that of the nodes' Postgres")),
        Some(version) if version < server.major() => Err(format!(
            "{program} is of Postgres {version} and the nodes' Postgres is {server}: set fleet.pg_dump to one that is not older"
        )),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_older_than_the_server_or_no_pg_dump_is_refused() {
        let check = |said: &str| not_older(Path::new("/bin/x"), said, ServerVersion(150_018));
        for good in ["pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", "pg_dump (PostgreSQL) 18.1"] {
            assert!(check(good).is_ok(), "{good}: {:?}", check(good));
        }
        assert!(
            check("pg_dump (PostgreSQL) 14.2\n")
                .is_err_and(|said| said.contains("is of Postgres 14 and the nodes' Postgres is 15.18"))
        );
        assert!(check("true (GNU coreutils) 9.1").is_err_and(|said| said.contains("is no pg_dump")));
    }

    #[test]
    fn a_password_is_no_part_of_the_command_line() {
        let shown = without_password(&Secret::new("postgres://n:secret@h:5433/n?sslmode=require")).unwrap();
        assert_eq!(shown, "postgres://n@h:5433/n?sslmode=require");
    }
}
