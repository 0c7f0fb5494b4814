//! The nodes' databases are kept before anything is sent to their wallets, and daily.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use linkpool_db::fleet::Phase;
use linkpool_testkit::until;
use serde_json::json;

use crate::{fixture::PATIENCE_TIME, rollout::fixture::Nodes};

const DAY: Duration = Duration::from_secs(86_400);

impl Nodes {
    /// Keeping a database fails from now on, or does not. Each attempt is a line of the file `attempts`.
    fn dumps_fail(&self, fail: bool) {
        let path = self.fixture.path().join("pg_dump");
        let end = if fail { "echo 'no space left' >&2; exit 1" } else { "echo 'a dump'" };
        let text = "#!/bin/sh\ncase \"$1\" in --version) echo 'pg_dump (PostgreSQL) 18.0' ;; *) echo \"$*\" >> \"$(dirname \"$0\")/attempts\"; ";
        // Whole or not at all: it may be being started.
        let partial = path.with_extension("partial");
        fs::write(&partial, format!("{text}{end} ;; esac\n")).unwrap();
        fs::set_permissions(&partial, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(&partial, &path).unwrap();
    }

    fn attempts(&self) -> usize {
        fs::read_to_string(self.fixture.path().join("attempts")).unwrap_or_default().lines().count()
    }

    fn dumps(&self, id: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.fixture.path().join("dumps").join(id)) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "dump"));
        paths.sort();
        paths
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nodes_database_is_kept_once_its_wallet_is_known_and_again_after_a_day_and_the_node_waits_until_it_is() {
    let nodes = Nodes::set().await;
    nodes.dumps_fail(true);
    let fleet = nodes.keeping_fleet().await;
    let (fixture, database) = (&nodes.fixture, &nodes.fixture.database);
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    assert_eq!(database.nodes_to_keep(DAY, &[]).await.unwrap(), Vec::<String>::new(), "it has no wallet yet");
    // The registrar's word.
    assert!(database.advance_node(&id, &[Phase::Healthy], Phase::WalletKnown, &json!({})).await.unwrap());
    let said = async || database.waits_to_be_kept(&id).await.unwrap().expect("what failed counts as kept");
    until("the failure of an attempt", PATIENCE_TIME, async || said().await.is_some()).await;
    assert!(said().await.is_some_and(|why| why.contains("no space left")) && nodes.attempts() > 0);
    assert_eq!(database.fleet_statistics().await.unwrap().nodes_not_kept, 1);
    assert_eq!(nodes.dumps(&id), Vec::<PathBuf>::new());
    fleet.stop().await;
    nodes.dumps_fail(false);
    // Another fleet tries at once.
    let fleet = nodes.keeping_fleet().await;
    until("a dump", PATIENCE_TIME, async || database.waits_to_be_kept(&id).await.unwrap().is_none()).await;
    assert_eq!(database.fleet_statistics().await.unwrap().nodes_not_kept, 0);
    let kept = nodes.dumps(&id);
    assert_eq!(kept.len(), 1);
    let events = database.fleet_events(&[(id.clone(), 0)]).await.unwrap();
    let told = events.iter().find(|event| event.kind == "kept").expect("an event");
    assert_eq!(told.detail["path"], kept[0].display().to_string());
    // A day is not over, and then it is.
    let ago = |hours: u32| fixture.sql(&format!("update fleet_node set kept_at = now() - interval '{hours} hours'"));
    ago(23);
    assert_eq!(database.nodes_to_keep(DAY, &[]).await.unwrap(), Vec::<String>::new());
    ago(25);
    until("another dump", PATIENCE_TIME, async || nodes.dumps(&id).len() == 2).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_whose_databases_cant_be_kept_do_not_hide_the_others_and_stopped_ones_are_left_alone() {
    let nodes = Nodes::set().await;
    let (fixture, database) = (&nodes.fixture, &nodes.fixture.database);
    database.set_keeping(true).await.unwrap();
    let ids: Vec<String> = fixture.request("three", 3).await.nodes.into_iter().map(|node| node.id).collect();
    fixture.sql("update fleet_node set phase = 'open'");
    fixture.sql(&format!("update fleet_node set ending = 'stopped' where fleet_node_id = '{}'", ids[0]));
    let mut due = database.nodes_to_keep(DAY, &[]).await.unwrap();
    due.sort();
    let mut living = ids[1..].to_vec();
    living.sort();
    assert_eq!(due, living);
    assert_eq!(database.nodes_to_keep(DAY, &[living[0].as_str()]).await.unwrap(), [living[1].clone()]);
    database.node_kept(&living[1], "/a/path").await.unwrap();
    assert_eq!(database.nodes_to_keep(DAY, &[living[0].as_str()]).await.unwrap(), Vec::<String>::new());
    // Where nothing says that they are to be kept, nobody waits.
    assert_eq!(database.waits_to_be_kept(&living[0]).await.unwrap(), Some(None));
    // What is two days old counts as not kept, and what nobody keeps does not.
    assert_eq!(database.fleet_statistics().await.unwrap().nodes_not_kept, 0);
    fixture.sql("update fleet_node set kept_at = now() - interval '49 hours' where kept_at is not null");
    assert_eq!(database.fleet_statistics().await.unwrap().nodes_not_kept, 1);
    database.set_keeping(false).await.unwrap();
    assert_eq!(database.waits_to_be_kept(&living[0]).await.unwrap(), None);
    assert_eq!(database.fleet_statistics().await.unwrap().nodes_not_kept, 0);
}
