//! A node whose jobs wait for an Operator gets one, within a budget and once.

use linkpool_contracts::operator::{getAuthorizedSendersCall, ownerCall};
use linkpool_earnings::{Step, Verdict};
use linkpool_primitives::Address;
use linkpool_testkit::until;
use linkpool_tx_manager::{FailPoints, failpoint};

use crate::fixture::{EarningsFixture, WAIT_TIMEOUT};

const ETHER: u128 = 1_000_000_000_000_000_000;

impl EarningsFixture {
    /// As the fleet leaves it that has compared the node with a set whose job names `{{operator}}`.
    fn wants_operator(&self, wallet: Address) {
        let detail = r#"{"waiting": [{"kind": "job", "name": "number", "variables": ["operator"]}]}"#;
        self.sql(&format!(
            "insert into node_feed (fleet_node_id, detail) select fleet_node_id, '{detail}' from fleet_node where wallet = '\\x{}'",
            alloy::primitives::hex::encode(wallet)
        ));
    }

    async fn named(&self, wallet: Address) -> Option<Address> {
        let nodes = self.database.fleet_nodes().await.unwrap();
        nodes.into_iter().find(|node| node.wallet == Some(wallet)).and_then(|node| node.operator)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_gets_the_operator_that_its_jobs_want_once_however_often_the_role_is_killed() {
    let mut fixture = EarningsFixture::set().await;
    let (wallet, other) = (fixture.node().await, fixture.node().await);
    fixture.wants_operator(wallet);
    let step = async |fixture: &EarningsFixture| {
        let plan = fixture.look().await;
        plan.sendings().map(|(planned, sending)| (planned.wallet, sending.step)).collect::<Vec<_>>()
    };
    assert_eq!(step(&fixture).await, [], "nobody has allowed it");
    fixture.config.operators_per_day_wei = Some(1);
    let plan = fixture.look().await;
    let verdicts: Vec<_> = plan.planned.iter().map(|planned| &planned.verdict).collect();
    let is_over =
        |verdict: &&Verdict| matches!(verdict, Verdict::Stays(why) if why.contains("operators_daily_cap_eth has no room"));
    assert_eq!(verdicts.into_iter().filter(is_over).count(), 1, "{plan:#?}");
    fixture.config.operators_per_day_wei = Some(ETHER);
    assert_eq!(step(&fixture).await, [(wallet, Step::Make)]);

    for point in failpoint::ALL {
        let dying = fixture.role(FailPoints::once(point)).await;
        until("its death", WAIT_TIMEOUT, async || {
            fixture.finalize().await;
            dying.task.is_finished() || fixture.named(wallet).await.is_some()
        })
        .await;
        dying.token.cancel();
        let _ = dying.task.await.unwrap();
    }
    let role = fixture.role(FailPoints::default()).await;
    until("the node's Operator", WAIT_TIMEOUT, async || {
        fixture.finalize().await;
        fixture.named(wallet).await.is_some()
    })
    .await;
    role.stop().await;
    let operator = fixture.named(wallet).await.unwrap();
    let (owner, senders) = (
        fixture.chain.call(operator, &ownerCall {}).await.unwrap(),
        fixture.chain.call(operator, &getAuthorizedSendersCall {}).await.unwrap(),
    );
    assert_eq!((owner, senders), (fixture.contract_of(wallet), vec![wallet]));
    assert_eq!((fixture.sent().await, fixture.named(other).await), (3, None), "an Operator, the contract, and that it is taken");
}
