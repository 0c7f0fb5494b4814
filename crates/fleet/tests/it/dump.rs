//! Keeping a node's database, with scripts in the place of `pg_dump` and `age`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use linkpool_chainlink::Secret;
use linkpool_db::fleet::SecretKind;
use linkpool_fleet::{
    Snapshot,
    local::{Chainlink, ChainlinkSpec, DumpSpec, Encryption, Launcher, NodeChain},
};
use linkpool_node_postgres::Server;

use crate::fixture::Fixture;

fn script(path: PathBuf, text: &str) -> PathBuf {
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A node of a fleet that keeps databases by these scripts.
async fn keeper(fixture: &Fixture, pg_dump: &str, age: &str) -> (Chainlink, String) {
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    let (pg_dump, age) = (script(fixture.path().join("pg_dump"), pg_dump), script(fixture.path().join("age"), age));
    let encryption = Some(Encryption { age, recipient: "age1recipient".into() });
    let dump = DumpSpec { pg_dump, directory: fixture.path().join("dumps"), encryption, keep: Duration::from_secs(3_600) };
    let server = Server::new(&Secret::new(fixture.url.as_str())).unwrap();
    let chain = NodeChain { chain_id: 31_337, endpoints: Vec::new(), is_development: true };
    let spec =
        ChainlinkSpec { dump: Some(dump), server_versions: 14..=18, ..ChainlinkSpec::new("/bin/true".into(), server, chain) };
    let chainlink = Chainlink::new(spec);
    chainlink.begin(&fixture.database, &fixture.secrets());
    (chainlink, id)
}

const PG_DUMP: &str = "case \"$1\" in --version) echo 'pg_dump (PostgreSQL) 18.0' ;; *) echo \"$@\" > \"$(dirname \"$0\")/told\"; echo \"a dump\" ;; esac";

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_and_the_keystores_password_are_encrypted_to_the_recipient_and_for_their_owner_alone() {
    let fixture = Fixture::set().await;
    let (chainlink, id) = keeper(&fixture, PG_DUMP, "echo \"sealed by $*\"; exec rev").await;
    let Snapshot::Kept(path) = chainlink.snapshot(&id).await.unwrap() else { panic!("it was not kept") };
    let kept = files(&fixture.path().join("dumps").join(&id));
    assert_eq!((kept.len(), kept[0].display().to_string()), (2, path));
    assert_eq!(fs::read_to_string(&kept[0]).unwrap(), "sealed by --encrypt --recipient age1recipient\npmud a\n");
    let password = fixture.secrets().kept(&id, SecretKind::KeystorePassword).await.unwrap().unwrap();
    let turned: String = password.expose().chars().rev().collect();
    assert!(fs::read_to_string(&kept[1]).unwrap().ends_with(&format!("\n{turned}\n")));
    for file in &kept {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    let told = fs::read_to_string(fixture.path().join("told")).unwrap();
    let database = fixture.secrets().kept(&id, SecretKind::DatabasePassword).await.unwrap().unwrap();
    assert!(told.contains(&format!("linkpool_node_{id}")) && !told.contains(database.expose()), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_in_the_middle_leaves_no_file_and_says_why() {
    let fixture = Fixture::set().await;
    let failing = PG_DUMP.replace("echo \"a dump\"", "echo half; echo 'connection lost' >&2; exit 1");
    let (chainlink, id) = keeper(&fixture, &failing, "exec cat").await;
    let why = chainlink.snapshot(&id).await.unwrap_err();
    assert!(why.contains("could not be kept") && why.contains("connection lost"), "{why}");
    let left = files(&fixture.path().join("dumps").join(&id));
    assert!(left.iter().all(|path| path.display().to_string().contains(".keystore.")), "{left:?}");
    let fixture = Fixture::set().await;
    let (chainlink, id) = keeper(&fixture, PG_DUMP, "echo 'no such recipient' >&2; exit 2").await;
    assert!(chainlink.snapshot(&id).await.unwrap_err().contains("no such recipient"));
    assert_eq!(files(&fixture.path().join("dumps").join(&id)), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pg_dump_that_is_older_than_the_server_is_not_used() {
    let fixture = Fixture::set().await;
    let (chainlink, id) = keeper(&fixture, &PG_DUMP.replace("18.0", "14.2"), "exec cat").await;
    assert!(chainlink.snapshot(&id).await.unwrap_err().contains("is of Postgres 14 and the nodes' Postgres is"));
}
