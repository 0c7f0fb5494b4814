//! The drill: a node is kept, goes on, and is brought back.

use std::{fs, path::PathBuf};

use linkpool_chainlink::Secret;
use linkpool_db::fleet::{OperatorRequest, PairHealth, Phase, RolloutStep, SecretKind};
use linkpool_fleet::local::{Chainlink, DumpFile, Launcher as _, Restore};
use linkpool_jobs::{Job, JobSet};
use linkpool_node_postgres::{Error as PostgresError, Server};
use linkpool_primitives::Address;
use linkpool_testkit::until;
use serde_json::json;

use super::programs;
use crate::{
    fixture::PATIENCE_TIME,
    rollout::{
        fixture::{NEW, Nodes, OLD},
        keeping::RECIPIENT,
    },
};

fn job(number: u32) -> Job {
    let toml = format!(
        "type = \"cron\"\nschemaVersion = 1\nschedule = \"CRON_TZ=UTC 0 0 0 1 1 *\"\nobservationSource = '''\na [type=memo value=\"{number}\"]\n'''\n"
    );
    Job { toml, nodes: None }
}

impl Nodes {
    /// Programs that keep databases and bring them back, and the private half of their recipient.
    pub fn with_programs(self) -> Self {
        programs::write(self.fixture.path());
        fs::write(self.identity(), format!("private half of {RECIPIENT}\n")).unwrap();
        self
    }

    pub fn identity(&self) -> PathBuf {
        self.fixture.path().join("identity")
    }

    /// What the registrar does once it has seen the node's key.
    pub async fn know_wallet(&self, id: &str) -> Address {
        let wallet: Address = self.wallets(id)[0].parse().unwrap();
        self.fixture.database.node_wallet(id, &wallet, Phase::WalletKnown).await.unwrap();
        wallet
    }

    pub async fn want_jobs(&self, names: &[&str]) {
        let jobs = names.iter().zip(1..).map(|(name, number)| ((*name).to_owned(), job(number))).collect();
        let set = json!(JobSet { bridges: Default::default(), jobs });
        self.fixture.database.store_job_set(None, &set, "a test", None).await.unwrap();
    }

    /// Waits until the node has these jobs and no others.
    pub async fn has_jobs(&self, id: &str, names: &[&str]) {
        let wanted = names.join(",");
        until(&format!("the jobs {wanted}"), PATIENCE_TIME, async || {
            self.sql_of_node(id, "select coalesce(string_agg(name, ',' order by name), '') from job") == [wanted.clone()]
        })
        .await;
    }

    pub fn sql_of_node(&self, id: &str, statements: &str) -> Vec<String> {
        self.fixture.sql_of(&format!("linkpool_node_{id}"), statements)
    }

    /// The newest dump, once there is one.
    pub async fn kept(&self, id: &str) -> PathBuf {
        until("a dump", PATIENCE_TIME, async || self.fixture.database.waits_to_be_kept(id).await.unwrap().is_none()).await;
        let mut dumps: Vec<PathBuf> =
            fs::read_dir(self.fixture.path().join("dumps").join(id)).unwrap().map(|entry| entry.unwrap().path()).collect();
        dumps.retain(|path| path.display().to_string().ends_with(".dump.age"));
        dumps.sort();
        dumps.pop().unwrap()
    }

    /// The node's program and server, as `linkpool node restore` has them.
    pub fn chainlink(&self) -> Chainlink {
        let chainlink = Chainlink::new(self.encrypting());
        chainlink.begin(&self.fixture.database, &self.fixture.secrets());
        chainlink
    }

    pub async fn stop_node(&self, id: &str) {
        let asked = OperatorRequest { node_id: id, actor: "a test", reason: "a test", dry_run: false };
        self.fixture.database.stop_node(&asked, true).await.unwrap();
        until("the end of both", PATIENCE_TIME, async || crate::fixture::processes_with(&format!("{id}/g")).is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_as_it_was_kept_with_the_jobs_that_are_wanted_now_and_what_it_had_is_kept_too() {
    let nodes = Nodes::set().await.with_programs();
    let fleet = nodes.encrypting_fleet().await;
    let id = nodes.fixture.request("one", 1).await.nodes.remove(0).id;
    nodes.fixture.phase(&id, Phase::Healthy).await;
    nodes.want_jobs(&["removed", "stays"]).await;
    // Both wait for the wallet, so that the first dump may come before the jobs: another is made.
    let wallet = nodes.know_wallet(&id).await;
    nodes.kept(&id).await;
    nodes.has_jobs(&id, &["removed", "stays"]).await;
    nodes.fixture.sql("update fleet_node set kept_at = null");
    let dump = DumpFile { path: nodes.kept(&id).await, identity: Some(nodes.identity()) };
    // What comes after it is lost.
    nodes.want_jobs(&["stays", "later"]).await;
    nodes.has_jobs(&id, &["later", "stays"]).await;
    nodes.sql_of_node(
        &id,
        &format!(
            "insert into evm_tx (request_block, request_log, sender, recipient, calldata, gas_limit, fail_on_revert, state, nonce, raw, hash, block_hash)
             values ('\\x', 0, '\\x{wallet:x}', '\\x{wallet:x}', '\\x', 1, false, 'confirmed', 6, '\\x01', decode(repeat('11', 32), 'hex'), decode(repeat('11', 32), 'hex'))"
        ),
    );
    let password = nodes.fixture.secrets().kept(&id, SecretKind::DatabasePassword).await.unwrap().unwrap();
    nodes.stop_node(&id).await;
    let (chainlink, directory) = (nodes.chainlink(), nodes.fixture.path().join("fleet"));
    let node = nodes.fixture.node(&id).await;
    let restore = Restore {
        chainlink: &chainlink,
        directory: &directory,
        database: &nodes.fixture.database,
        node: &node,
        actor: "a test",
        reason: "a drill",
        even_if_alive: false,
    };
    let assembled = restore.assemble(&dump).await.unwrap();
    let present = assembled.present.clone().unwrap();
    assert_eq!((present.next_nonce, present.last_transaction), (Some(7), 1));
    assert_eq!((assembled.restored.next_nonce, assembled.restored.last_transaction), (None, 0));
    assert_eq!(
        (assembled.restored.version.as_deref(), assembled.restored.wallets.as_slice()),
        (Some(OLD), present.wallets.as_slice())
    );
    let restored = restore.carry_out(&assembled).await.unwrap();
    assert_eq!((restored.back_to, restored.was_ending), (None, None));
    nodes.fixture.until(&id, "its health", |node, _| node.health == PairHealth::Healthy).await;
    nodes.whole(&id, 1).await;
    assert_eq!(nodes.wallets(&id), [format!("{wallet:x}")]);
    assert_eq!(nodes.sql_of_node(&id, "select count(*) from evm_tx"), ["0"]);
    // `removed` is in the dump, and nobody wants it any more.
    nodes.has_jobs(&id, &["later", "stays"]).await;
    assert_eq!(nodes.fixture.sql_of(&restored.kept_as, "select count(*) from evm_tx"), ["1"]);
    // Who has the old password is not let in.
    let server = Server::new(&Secret::new(nodes.fixture.url.as_str())).unwrap();
    let before = server.node(&format!("linkpool_node_{id}"), &password).unwrap();
    assert!(matches!(before.lease().await, Err(PostgresError::NotLetIn { .. })), "{:?}", before.lease().await);
    let events = nodes.fixture.database.fleet_events(&[(id.clone(), 0)]).await.unwrap();
    assert!(events.iter().any(|event| event.kind == "restored" && event.detail["reason"] == "a drill"), "{events:#?}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_behind_its_door_is_brought_back_to_the_version_that_kept_it() {
    let nodes = Nodes::set().await.with_programs();
    let fleet = nodes.encrypting_fleet().await;
    let id = nodes.fixture.request("one", 1).await.nodes.remove(0).id;
    nodes.fixture.phase(&id, Phase::Healthy).await;
    let wallet = nodes.know_wallet(&id).await;
    nodes.start("a newer version", NEW).await;
    let node = nodes.until(&id, "its end", |node| node.step == RolloutStep::Done).await;
    let path = PathBuf::from(node.before["snapshot"].as_str().unwrap());
    let dump = DumpFile { path, identity: Some(nodes.identity()) };
    nodes.stop_node(&id).await;
    let (chainlink, directory) = (nodes.chainlink(), nodes.fixture.path().join("fleet"));
    let node = nodes.fixture.node(&id).await;
    let restore = Restore {
        chainlink: &chainlink,
        directory: &directory,
        database: &nodes.fixture.database,
        node: &node,
        actor: "a test",
        reason: "it does not get on",
        even_if_alive: false,
    };
    let assembled = restore.assemble(&dump).await.unwrap();
    let restored = restore.carry_out(&assembled).await.unwrap();
    assert_eq!(restored.back_to.as_deref(), Some(OLD));
    nodes.whole(&id, 3).await;
    assert_eq!(nodes.sql_of_node(&id, "select version from node_versions"), [OLD]);
    assert_eq!(nodes.wallets(&id), [format!("{wallet:x}")]);
    fleet.stop().await;
}
