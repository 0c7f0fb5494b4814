//! The restore drill: a dump is made, a node is opened after it, the dump is restored. The node is the contract's and its folder
//! and its own database are there; the database that knows the nodes has forgotten it.

use linkpool_db::fleet::{FleetNode, Phase};
use linkpool_primitives::checksum;

use crate::roles::Roles;

struct Drill {
    roles: Roles,
    operator: String,
}

impl Drill {
    async fn begin() -> Self {
        // The nodes' own data stand in another database, as docs/operations.md has it.
        let roles = Roles::with_a_user_each().await;
        let operator = roles.address("fleet", "the operator's calls at ").await;
        Self { roles, operator }
    }

    fn run(&self, line: &str) -> (Option<i32>, String) {
        let output = self.roles.fixture.command(line).env("LINKPOOL__OPERATOR__URL", &self.operator).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }

    /// A node of the fleet that is none of these, once it is open.
    async fn opened(&self, others: &[&str]) -> FleetNode {
        let (code, said) = self.run("scale up 1 --wait --timeout 120");
        assert_eq!(code, Some(0), "{said}\n{}", self.roles.tail("fleet"));
        let is_it = |node: &FleetNode| node.phase == Phase::Open && !others.contains(&node.id.as_str());
        self.roles.until_node("a new node open", is_it).await
    }

    /// Stops all roles, does something to the database, and starts them again.
    async fn meanwhile(&mut self, sql: &[String]) {
        self.roles.end();
        for sql in sql {
            self.roles.fixture.database.server().run("postgres", sql).unwrap();
        }
        self.roles.begin();
        self.operator = self.roles.address("fleet", "the operator's calls at ").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_opened_after_the_dump_is_adopted_with_its_wallet_and_nothing_is_sent() {
    let mut drill = Drill::begin().await;
    let first = drill.opened(&[]).await;
    let name = drill.roles.fixture.database.name().to_owned();
    let alone = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    drill.meanwhile(&[alone.clone(), format!("create database {name}_dump template {name}")]).await;
    let lost = drill.opened(&[&first.id]).await;
    let wallet = lost.wallet.unwrap();
    let restore = [format!("drop database {name} with (force)"), format!("create database {name} template {name}_dump")];
    drill.meanwhile(&restore).await;
    let sent = drill.roles.fixture.nonce().await;

    // It looks at what is final.
    drill.roles.fixture.chain.mine(4).await.unwrap();
    // The audit says which wallets are missing here, and what to do.
    let roles = &drill.roles;
    let says = || drill.run("node audit").1.contains(&checksum(&wallet)).then_some(());
    roles.until("an audit that names the wallet", says).await;
    assert!(drill.run("node audit").1.contains("linkpool node adopt --lost ID"));
    let (_, listed) = drill.run("node list");
    assert!(listed.contains(&first.id) && !listed.contains(&lost.id), "{listed}");
    assert!(roles.fixture.path("nodes").join(&lost.id).is_dir(), "its folder says which id it had");

    let adopt = format!("node adopt --lost {} --reason restored", lost.id);
    let (code, said) = drill.run(&format!("{adopt} --dry-run"));
    assert_eq!((code, said.trim()), (Some(0), format!("would adopt {}", lost.id).as_str()));
    assert!(!drill.run("node list").1.contains(&lost.id), "a dry run changed something");
    let (code, said) = drill.run(&adopt);
    assert_eq!((code, said.trim()), (Some(0), format!("adopt {}: done", lost.id).as_str()));
    let is_back = |node: &FleetNode| node.id == lost.id && node.phase == Phase::Open;
    let back = roles.until_node("the lost node open again", is_back).await;
    assert_eq!((back.wallet, back.proof_mode), (Some(wallet), lost.proof_mode));
    let (code, said) = drill.run(&adopt);
    assert!(code == Some(0) && said.contains("done before, nothing was changed"), "{said}");
    let (_, history) = drill.run(&format!("node show {}", lost.id));
    assert!(history.contains("restored"), "who and why is kept: {history}");

    // An id that no node had: what comes up has a wallet of its own, which nobody asked for.
    let (code, said) = drill.run("node adopt --lost 0123456789ab --reason a-slip");
    assert_eq!(code, Some(0), "{said}");
    let is_refused = |node: &FleetNode| {
        node.id == "0123456789ab"
            && node.last_error.as_deref().is_some_and(|error| error.contains("its own database is not the one"))
    };
    let refused = roles.until_node("the slip shown", is_refused).await;
    assert_eq!((refused.phase, refused.wallet), (Phase::Healthy, None));
    let (code, said) = drill.run("node adopt --lost NODE --reason a-slip");
    assert!(code == Some(2) && said.contains("12 lower-case hexadecimal digits"), "{said}");
    assert_eq!(roles.fixture.nonce().await, sent, "adopting sends nothing");
}
