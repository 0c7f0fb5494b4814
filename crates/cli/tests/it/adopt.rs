//! `linkpool node adopt`: nodes that the contract has and the database does not know become ours.

use linkpool_db::fleet::{FleetNode, Phase};
use linkpool_primitives::{Address, checksum};
use linkpool_testkit::{fixture::register_node, until};
use serde_json::Value;

use crate::{
    fixture::CliFixture,
    roles::{NODE_PASSWORD, Roles, WAIT_TIMEOUT},
};

/// Roles of a new database on a pool that has nodes already, as after a loss of the database.
struct Heirs {
    roles: Roles,
    operator: String,
}

impl Heirs {
    async fn of<const N: usize>() -> (Self, [Address; N]) {
        let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.registrar = ours).await;
        let mut wallets = [Address::ZERO; N];
        for wallet in &mut wallets {
            *wallet = register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
        }
        // The audit looks at what is final.
        fixture.chain.mine(4).await.unwrap();
        let roles = Roles::of(fixture, contracts).await;
        let operator = roles.address("fleet", "the operator's calls at ").await;
        (Self { roles, operator }, wallets)
    }

    fn run(&self, line: &str) -> (Option<i32>, String) {
        let output = self.roles.fixture.command(line).env("LINKPOOL__OPERATOR__URL", &self.operator).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }

    /// Waits until `linkpool node audit` ends with this code and says this.
    async fn audit(&self, code: i32, text: &str) {
        let says = || {
            let (found, said) = self.run("node audit");
            (found == Some(code) && said.contains(text)).then_some(())
        };
        self.roles.until(&format!("an audit that says {text}"), says).await;
    }

    async fn indexed(&self, wallet: Address) {
        let database = &self.roles.database;
        until("the indexed node", WAIT_TIMEOUT, async || !database.indexed_wallets(&[wallet]).await.unwrap().is_empty()).await;
    }

    async fn open(&self, id: &str, wallet: Address) -> FleetNode {
        let is_it = |node: &FleetNode| node.id == id && node.wallet == Some(wallet) && node.phase == Phase::Open;
        self.roles.until_node("the adopted node open", is_it).await
    }

    async fn known(&self) -> usize {
        self.roles.database.nodes_with_wallet().await.unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_only_the_contract_knows_is_named_adopted_once_and_open_without_a_transaction() {
    let (heirs, [wallet]) = Heirs::of::<1>().await;
    let before = heirs.roles.fixture.nonce().await;
    let shown = checksum(&wallet);
    heirs.audit(3, &format!("run `linkpool node adopt {shown}` if it is ours")).await;
    heirs.indexed(wallet).await;

    let adopt = format!("node adopt {shown} --reason inherited");
    let (code, said) = heirs.run(&format!("{adopt} --dry-run"));
    assert_eq!((code, said.trim(), heirs.known().await), (Some(0), "would adopt a new node", 0));
    let (code, said) = heirs.run(&format!("{adopt} --json"));
    let done: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &done["outcome"]), (Some(0), &"done".into()), "{done}");
    let id = done["node_id"].as_str().unwrap();
    let node = heirs.open(id, wallet).await;
    assert!(node.registered_block.is_some(), "{node:?}");

    let (code, said) = heirs.run(&adopt);
    assert!(code == Some(0) && said.contains("done before, nothing was changed") && said.contains(id), "{said}");
    assert_eq!(heirs.known().await, 1);
    let (_, history) = heirs.run(&format!("node show {id}"));
    assert!(history.contains("inherited"), "who and why is kept: {history}");
    heirs.audit(0, "").await;
    assert_eq!(heirs.roles.fixture.nonce().await, before, "adopting sends nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_is_adopted_onto_the_node_that_has_it_and_onto_no_second_one() {
    let (mut heirs, [wallet, another]) = Heirs::of::<2>().await;
    // It does not show its wallet, so only a person can say which one it is.
    heirs.roles.listed("mute", "html", &format!("mute@node.local\n{NODE_PASSWORD}\n")).await;
    let mute = heirs.roles.until_node("the listed node", |node| node.listed_name.as_deref() == Some("mute")).await;
    heirs.indexed(wallet).await;
    heirs.indexed(another).await;
    let adopt = |wallet: Address, id: &str| heirs.run(&format!("node adopt {wallet} --node {id} --reason inherited"));
    let (code, said) = adopt(wallet, "0123456789ab");
    assert!(code == Some(3) && said.contains("there is no such node"), "{said}");
    let (code, said) = adopt(wallet, &mute.id);
    assert_eq!((code, said.trim()), (Some(0), format!("adopt {}: done", mute.id).as_str()));
    heirs.open(&mute.id, wallet).await;
    let (code, said) = adopt(another, &mute.id);
    assert!(code == Some(3) && said.contains("it has a wallet already"), "{said}");
    let (code, said) = adopt(wallet, "0123456789ab");
    assert!(code == Some(3) && said.contains(&format!("the wallet is node {}'s already", mute.id)), "{said}");
    assert_eq!(heirs.known().await, 1);
}
