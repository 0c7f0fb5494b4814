//! `linkpool node adopt`: nodes that the contract has and the database does not know become ours.

use linkpool_db::fleet::{FleetNode, Phase};
use linkpool_primitives::{Address, checksum};
use linkpool_testkit::{
    fixture::{Accounts, authorize, deploy_link, deploy_operator, register_node},
    until,
};
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

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_shown_with_what_its_operator_contract_lacks_and_a_second_node_is_not_given_it() {
    let (heirs, wallets) = Heirs::of::<2>().await;
    let mut ids = Vec::new();
    for wallet in wallets {
        heirs.indexed(wallet).await;
        let (_, said) = heirs.run(&format!("node adopt {} --reason inherited --json", checksum(&wallet)));
        let done: Value = serde_json::from_str(&said).unwrap();
        ids.push(done["node_id"].as_str().unwrap().to_owned());
    }
    let name = |id: &str, what: &str| heirs.run(&format!("node operator {id} {what} --reason work"));
    let shows = |text: &str| {
        let (_, said) = heirs.run(&format!("node show {}", ids[0]));
        assert!(said.contains(text), "{text}: {said}");
    };
    shows("operator     -");
    let nothing = checksum(&Address::repeat_byte(0x77));
    assert_eq!(name(&ids[0], &nothing), (Some(0), format!("change the Operator of {}: done\n", ids[0])));
    shows(&format!("there is no contract at {nothing}"));

    let chain = &heirs.roles.fixture.chain;
    let accounts = Accounts::of(chain).await.unwrap();
    let link = deploy_link(chain, &accounts).await.unwrap();
    let operator = deploy_operator(chain, &accounts, link, wallets[1]).await.unwrap();
    let shown = checksum(&operator);
    assert_eq!(name(&ids[0], &checksum(&link)).0, Some(0));
    shows("is no Operator");
    assert_eq!(name(&ids[0], &shown).0, Some(0));
    shows(&format!("its owner has to call setAuthorizedSenders([{}])", checksum(&wallets[0])));
    let (code, said) = name(&ids[1], &shown);
    assert!(code == Some(3) && said.contains(&format!("serves node {} already", ids[0])), "{said}");
    authorize(chain, &accounts, operator, wallets[0]).await.unwrap();
    shows(&format!("operator     {shown}\n"));
    assert_eq!(name(&ids[0], "--none").0, Some(0));
    shows("operator     -");
    assert_eq!(name(&ids[1], &shown).0, Some(0));
    assert_ne!(name(&ids[1], "").0, Some(0), "an address or --none");
}
