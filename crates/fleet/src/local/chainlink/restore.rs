//! A node's database as it was kept: put together beside the one that is there, looked at, and then put in its place. What was there stays,
//! under another name.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use linkpool_chainlink::Secret;
use linkpool_db::fleet::SecretKind;
use linkpool_node_postgres::{Beside, Contents};
use tokio::{io::AsyncReadExt, process::Command};

use super::{
    Chainlink, NO_DUMP,
    dump::{command, finished, not_run, without_password},
    sentence,
};
use crate::secrets::new_password;

/// Longer than any password of a keystore.
const MAX_PASSWORD_BYTES: u64 = 4_096;
const ENDING: &str = ".age";

/// What was kept, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpFile {
    pub path: PathBuf,
    /// The private half of the recipient, where the file is encrypted.
    pub identity: Option<PathBuf>,
}

/// A database that was put together and stands beside the node's own.
#[derive(Debug)]
pub struct Assembled {
    beside: Beside,
    pub restored: Contents,
    /// What the node's own holds now; `None` where nobody is let in.
    pub present: Option<Contents>,
}

impl Chainlink {
    /// Puts together what was kept of a node. Nothing that the node has is touched.
    ///
    /// # Errors
    /// A sentence: the file can't be read or opened, or holds no wallet of this address.
    pub async fn assemble(&self, node_id: &str, dump: &DumpFile, wallet: [u8; 20]) -> Result<Assembled, String> {
        dump.path.metadata().map_err(|error| format!("{}: {error}", dump.path.display()))?;
        self.same_keystore(node_id, dump).await?;
        let database = self.node_database(node_id).await?;
        // Where the whole server was lost, there is nothing yet.
        database.ensure().await.map_err(sentence)?;
        let present = database.contents(wallet).await.ok();
        let beside = database.make_beside().await.map_err(sentence)?;
        match self.fill(&beside, node_id, dump, wallet).await {
            Ok(restored) => Ok(Assembled { beside, restored, present }),
            Err(why) => {
                // Another attempt makes it again; this one is shown why.
                let _ = beside.discard().await;
                Err(why)
            }
        }
    }

    async fn fill(&self, beside: &Beside, node_id: &str, dump: &DumpFile, wallet: [u8; 20]) -> Result<Contents, String> {
        let password = self.term()?.secrets.password(node_id, SecretKind::DatabasePassword).await.map_err(sentence)?;
        self.pour(dump, &beside.url().map_err(sentence)?, &password).await?;
        let restored = beside.contents(wallet).await.map_err(sentence)?;
        let wanted = wallet.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if restored.wallets.contains(&wanted) {
            return Ok(restored);
        }
        let found = if restored.wallets.is_empty() { "none".to_owned() } else { format!("0x{}", restored.wallets.join(", 0x")) };
        Err(format!("{} is of another node: its wallets are {found}, and the node's is 0x{wanted}", dump.path.display()))
    }

    /// Puts what was assembled in the place of the node's database, whose name from now on is the one returned. The node's role gets another
    /// password before: a process of the node that nobody sees is never let in again.
    ///
    /// # Errors
    /// A sentence; then the node's own is where it was.
    pub async fn swap(&self, node_id: &str, assembled: &Assembled, end_sessions: bool) -> Result<String, String> {
        let secrets = self.term()?.secrets;
        let kind = SecretKind::DatabasePassword;
        let old = self.term()?.database.sealed_secret(node_id, kind).await.map_err(sentence)?.unwrap_or_default();
        if !secrets.replace(node_id, kind, &old, &new_password()).await.map_err(sentence)? {
            return Err("somebody else has changed the node's password meanwhile: look again".into());
        }
        let database = self.node_database(node_id).await?;
        database.ensure().await.map_err(sentence)?;
        let kept = format!("{}_until_{}", database.name(), chrono::Utc::now().format("%Y%m%dt%H%M%S"));
        assembled.beside.replace_own(&kept, end_sessions).await.map_err(sentence)?;
        Ok(kept)
    }

    /// Gives up what was assembled.
    ///
    /// # Errors
    /// A sentence.
    pub async fn discard(&self, assembled: &Assembled) -> Result<(), String> {
        assembled.beside.discard().await.map_err(sentence)
    }

    /// How many are connected with a node's database, and who holds its lease, where somebody does.
    ///
    /// # Errors
    /// A sentence: nothing is known then.
    pub async fn holders(&self, node_id: &str) -> Result<(u64, Option<String>), String> {
        let database = self.node_database(node_id).await?;
        database.ensure().await.map_err(sentence)?;
        let lease = database.lease().await.map_err(sentence)?.filter(|lease| lease.is_held);
        Ok((database.sessions().await.map_err(sentence)?, lease.map(|lease| lease.holder)))
    }

    /// From the file into the database, through `age` where it is encrypted.
    async fn pour(&self, dump: &DumpFile, url: &Secret, password: &Secret) -> Result<(), String> {
        let failed = |said: String| format!("{} could not be restored, by {said}", dump.path.display());
        let pg_restore = self.pg_restore()?;
        let mut restore = command(&pg_restore);
        restore.env("PGPASSWORD", password.expose()).env("PGCONNECT_TIMEOUT", "10").stderr(Stdio::piped());
        restore.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--no-password", "--dbname"]);
        restore.arg(without_password(url)?);
        if !is_encrypted(&dump.path) {
            let child = restore.arg(&dump.path).spawn().map_err(not_run(&pg_restore))?;
            return finished(child, &pg_restore).await.map_err(failed);
        }
        let (age, mut opening) = self.opening(dump, &dump.path)?;
        let mut opened = opening.stdout(Stdio::piped()).spawn().map_err(not_run(&age))?;
        let nothing = || format!("{} gives nothing", age.display());
        let plain: Stdio = opened.stdout.take().and_then(|pipe| pipe.try_into().ok()).ok_or_else(nothing)?;
        let child = restore.stdin(plain).spawn().map_err(not_run(&pg_restore))?;
        // Whichever fails ends the other: its pipe is closed. What does not open is the reason for all the rest.
        let (opened, restored) = tokio::join!(finished(opened, &age), finished(child, &pg_restore));
        opened.and(restored).map_err(failed)
    }

    /// The password that was kept with the dump is the one that the fleet starts the node with; where the fleet has none, it has it now.
    async fn same_keystore(&self, node_id: &str, dump: &DumpFile) -> Result<(), String> {
        let Some(path) = keystore_file(&dump.path).filter(|path| path.is_file()) else { return Ok(()) };
        let (age, mut opening) = self.opening(dump, &path)?;
        let mut child = opening.stdout(Stdio::piped()).spawn().map_err(not_run(&age))?;
        let mut text = String::new();
        if let Some(pipe) = child.stdout.take() {
            // What it can't open it says itself.
            let _ = pipe.take(MAX_PASSWORD_BYTES).read_to_string(&mut text).await;
        }
        let text = Secret::new(text.trim_end_matches('\n'));
        finished(child, &age).await.map_err(|said| format!("{} could not be opened, by {said}", path.display()))?;
        let counts = self.term()?.secrets.keep(node_id, SecretKind::KeystorePassword, &text).await.map_err(sentence)?;
        if counts.expose() == text.expose() {
            return Ok(());
        }
        Err(format!("{} holds another password than the fleet has for the node's keystore: it is another node's", path.display()))
    }

    fn opening(&self, dump: &DumpFile, file: &Path) -> Result<(PathBuf, Command), String> {
        let encryption = self.spec.dump.as_ref().and_then(|spec| spec.encryption.as_ref());
        let age = encryption.ok_or("fleet.age is not set: it is the program that opens what is kept")?.age.clone();
        let identity = dump.identity.as_ref().ok_or_else(|| {
            format!(
                "{} is encrypted: name the file with the private half of fleet.dump_recipient (--identity FILE)",
                file.display()
            )
        })?;
        let mut command = command(&age);
        command.args(["--decrypt", "--identity"]).arg(identity).arg(file).stderr(Stdio::piped());
        Ok((age, command))
    }

    /// It comes with `pg_dump`.
    fn pg_restore(&self) -> Result<PathBuf, String> {
        let spec = self.spec.dump.as_ref().ok_or(NO_DUMP)?;
        let path = spec.pg_dump.with_file_name("pg_restore");
        if path.is_file() {
            Ok(path)
        } else {
            Err(format!("there is no {}: it comes with pg_dump (fleet.pg_dump)", path.display()))
        }
    }
}

fn is_encrypted(path: &Path) -> bool {
    path.to_string_lossy().ends_with(ENDING)
}

/// Of `TIME.dump.age`: `TIME.keystore.age`. Beside a dump that is not encrypted there is none.
fn keystore_file(dump: &Path) -> Option<PathBuf> {
    let name = dump.file_name()?.to_str()?;
    let time = name.strip_suffix(".dump.age")?;
    Some(dump.with_file_name(format!("{time}.keystore{ENDING}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_beside_a_dump_that_is_encrypted() {
        let of = |path: &str| keystore_file(Path::new(path));
        assert_eq!(of("/d/n/20260101T000000000Z.dump.age"), Some("/d/n/20260101T000000000Z.keystore.age".into()));
        assert_eq!((of("/d/n/20260101T000000000Z.dump"), of("x.age")), (None, None));
    }
}
