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
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    time::timeout,
};
use url::Url;

use super::{
    environment,
    spec::{DumpSpec, Encryption},
};

/// A node's database has some megabytes; one with a year of runs some gigabytes.
const DUMP_TIMEOUT: Duration = Duration::from_secs(600);
const VERSION_TIMEOUT: Duration = Duration::from_secs(20);
/// Most of what the program complains about.
const MAX_ERROR_BYTES: u64 = 2_000;

/// What a dump is made from.
#[derive(Debug)]
pub struct Source<'a> {
    pub node_id: &'a str,
    pub url: &'a Secret,
    pub password: &'a Secret,
    /// Without it the wallet in the dump can't be opened.
    pub keystore: &'a Secret,
    pub server: ServerVersion,
}

/// Writes a node's database into a file for its owner's eyes only, whole or not at all, and returns where it is. Where it is
/// encrypted, the keystore's password stands beside it, encrypted too.
///
/// # Errors
/// A sentence.
pub async fn dump(spec: &DumpSpec, source: &Source<'_>) -> Result<String, String> {
    not_older(&spec.pg_dump, &version_of(&spec.pg_dump).await?, source.server)?;
    let folder = spec.directory.join(source.node_id);
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(unusable(&folder))?;
    let name = chrono::Utc::now().format("%Y%m%dT%H%M%S%3fZ").to_string();
    let ending = if spec.encryption.is_some() { ".age" } else { "" };
    let path = folder.join(format!("{name}.dump{ending}"));
    if let Some(encryption) = &spec.encryption {
        let path = folder.join(format!("{name}.keystore{ending}"));
        let text = Secret::new(format!("{}\n", source.keystore.expose()));
        whole(&path, async |file| encrypt_text(encryption, &text, file).await).await?;
    }
    whole(&path, async |file| write(spec, source, file).await).await?;
    remove_old(&folder, spec.keep);
    Ok(path.display().to_string())
}

fn unusable(path: &Path) -> impl Fn(io::Error) -> String + '_ {
    move |error| format!("{}: {error}; check fleet.dump_directory", path.display())
}

/// Has `write` fill a file, which has its name once it is complete on the disk.
async fn whole(path: &Path, write: impl AsyncFnOnce(File) -> Result<(), String>) -> Result<(), String> {
    let partial = path.with_extension("partial");
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&partial).map_err(unusable(path))?;
    let written = write(file).await.and_then(|()| name_it(&partial, path).map_err(unusable(path)));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

/// The password is told in the environment: a command line is everybody's to read.
async fn write(spec: &DumpSpec, source: &Source<'_>, file: File) -> Result<(), String> {
    let mut dump = command(&spec.pg_dump);
    dump.env("PGPASSWORD", source.password.expose()).env("PGCONNECT_TIMEOUT", "10");
    dump.args(["--format=custom", "--no-password", "--lock-wait-timeout=30s", "--dbname", &without_password(source.url)?]);
    dump.stderr(Stdio::piped());
    let Some(encryption) = &spec.encryption else {
        let child = dump.stdout(Stdio::from(file)).spawn().map_err(not_run(&spec.pg_dump))?;
        return ended(child, &spec.pg_dump).await;
    };
    let mut child = dump.stdout(Stdio::piped()).spawn().map_err(not_run(&spec.pg_dump))?;
    let nothing = || format!("{} gives nothing", spec.pg_dump.display());
    let plain: Stdio = child.stdout.take().and_then(|pipe| pipe.try_into().ok()).ok_or_else(nothing)?;
    let sealed = encryption.command().stdin(plain).stdout(Stdio::from(file)).spawn().map_err(not_run(&encryption.age))?;
    // Whichever fails ends the other: its pipe is closed. What the first says is the reason.
    let (dumped, encrypted) = tokio::join!(ended(child, &spec.pg_dump), ended(sealed, &encryption.age));
    dumped.and(encrypted)
}

async fn encrypt_text(encryption: &Encryption, text: &Secret, file: File) -> Result<(), String> {
    let mut command = encryption.command();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::from(file)).spawn().map_err(not_run(&encryption.age))?;
    if let Some(mut pipe) = child.stdin.take() {
        // Where it does not read, it says why itself.
        let _ = pipe.write_all(text.expose().as_bytes()).await;
    }
    ended(child, &encryption.age).await
}

impl Encryption {
    fn command(&self) -> Command {
        let mut command = command(&self.age);
        command.args(["--encrypt", "--recipient", &self.recipient]).stderr(Stdio::piped());
        command
    }
}

pub(super) fn not_run(program: &Path) -> impl Fn(io::Error) -> String + '_ {
    move |error| format!("{} can't be run ({error}): check fleet.pg_dump and fleet.age", program.display())
}

async fn ended(child: Child, program: &Path) -> Result<(), String> {
    finished(child, program).await.map_err(|said| format!("the node's database could not be kept, by {said}"))
}

/// Waits for its end; the error is its first line.
pub(super) async fn finished(mut child: Child, program: &Path) -> Result<(), String> {
    let errors = child.stderr.take();
    let ended = async { tokio::join!(error_text(errors), child.wait()) };
    let late = || format!("{}: it did not end within {} s", program.display(), DUMP_TIMEOUT.as_secs());
    let (said, status) = timeout(DUMP_TIMEOUT, ended).await.map_err(|_| late())?;
    if status.map_err(not_run(program))?.success() {
        return Ok(());
    }
    let said = said.lines().next().unwrap_or("it does not say why").to_owned();
    Err(format!("{}: {said}", program.display()))
}

/// Dumps that are older than they are kept for; the newest stays however old it is.
fn remove_old(folder: &Path, keep: Duration) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    // By their names, which are times.
    files.sort();
    let newest = files.last().and_then(|path| Some(path.file_name()?.to_str()?.split('.').next()?.to_owned()));
    for path in files {
        let is_newest = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| newest.as_deref().is_some_and(|newest| name.starts_with(newest)));
        let age = path.metadata().and_then(|file| file.modified()).ok().and_then(|at| at.elapsed().ok());
        if !is_newest && age.is_some_and(|age| age > keep) {
            let _ = fs::remove_file(&path);
        }
    }
}

async fn error_text(pipe: Option<tokio::process::ChildStderr>) -> String {
    let mut text = Vec::new();
    if let Some(pipe) = pipe {
        let _ = pipe.take(MAX_ERROR_BYTES).read_to_end(&mut text).await;
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn name_it(partial: &Path, path: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

pub(super) fn without_password(url: &Secret) -> Result<String, String> {
    let unreadable = || "the URL of the node's database is none".to_owned();
    let mut url = Url::parse(url.expose()).map_err(|_| unreadable())?;
    url.set_password(None).map_err(|()| unreadable())?;
    Ok(url.into())
}

pub(super) fn command(program: &Path) -> Command {
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
    fn old_dumps_go_and_the_newest_stays() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "20260101T000000000Z.dump.age",
            "20260101T000000000Z.keystore.age",
            "20260102T000000000Z.dump.age",
            "20260102T000000000Z.keystore.age",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let left = || {
            let mut names: Vec<_> =
                fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        remove_old(folder.path(), Duration::from_secs(3_600));
        assert_eq!(left().len(), 4, "they are young");
        remove_old(folder.path(), Duration::ZERO);
        assert_eq!(left(), ["20260102T000000000Z.dump.age", "20260102T000000000Z.keystore.age"]);
    }

    #[test]
    fn a_password_is_no_part_of_the_command_line() {
        let shown = without_password(&Secret::new("postgres://n:secret@h:5433/n?sslmode=require")).unwrap();
        assert_eq!(shown, "postgres://n@h:5433/n?sslmode=require");
    }
}
