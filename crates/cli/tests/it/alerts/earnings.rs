//! What goes wrong with what a node earns.

use std::time::Duration;

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_contracts::{
    earnings_factory::earnings_of,
    link::transferCall,
    operator::{ownerCall, setAuthorizedSendersCall},
};
use linkpool_db::fleet::FleetNode;
use linkpool_primitives::{Address, B256, JUELS_PER_LINK};
use linkpool_testkit::{
    fixture::{Consumer, deploy_operator, offer_operator},
    until,
};
use serde_json::json;

use super::fixture::AlertsFixture;

/// Blocks come each half second, and are final after thirty-two.
const WAIT_TIMEOUT: Duration = Duration::from_secs(180);
/// What is sent to a node's own contract.
const PAID: u128 = 2 * JUELS_PER_LINK;

impl AlertsFixture {
    /// A node of the fleet whose registration is final.
    pub async fn final_node(&self) -> FleetNode {
        self.open_nodes(1).await;
        let look = async || {
            let nodes = self.open_nodes(1).await;
            nodes.into_iter().find(|node| node.is_final)
        };
        linkpool_testkit::until_some("a final node", WAIT_TIMEOUT, look).await
    }

    /// Chainlink's Operator, which the operator's account owns, and which the node is named.
    pub async fn operator_of(&self, node: &FleetNode) -> Address {
        let (chain, contracts) = (&self.roles.fixture.chain, &self.roles.contracts);
        let operator = deploy_operator(chain, &self.accounts, contracts.link, node.wallet.unwrap()).await.unwrap();
        self.operate(&format!("node operator {} {operator} --reason proof", node.id)).await;
        operator
    }

    /// One that the node's own contract is offered.
    async fn own_operator(&self, node: &FleetNode) -> Address {
        let (chain, factory) = (&self.roles.fixture.chain, self.roles.contracts.earnings_factory);
        let operator = self.operator_of(node).await;
        offer_operator(chain, &self.accounts, operator, earnings_of(factory, node.wallet.unwrap())).await.unwrap();
        operator
    }

    /// Whoever has the wallet's key lets another in.
    pub async fn let_in(&self) {
        let (chain, factory) = (&self.roles.fixture.chain, self.roles.contracts.earnings_factory);
        let node = self.final_node().await;
        let (operator, wallet) = (self.own_operator(&node).await, node.wallet.unwrap());
        until("the Operator taken over", WAIT_TIMEOUT, async || {
            chain.call(operator, &ownerCall {}).await.unwrap() == earnings_of(factory, wallet)
        })
        .await;
        chain.forward("anvil_impersonateAccount".into(), json!([wallet])).await.unwrap();
        let senders = setAuthorizedSendersCall { senders: vec![wallet, self.accounts.holders[2]] };
        chain.send_now(wallet, Some(operator), senders.abi_encode()).await.unwrap();
    }

    /// LINK waits at the node's own contract, and a request that no job answers at its Operator; nobody can pay for gas.
    pub async fn hold_up(&mut self) {
        let chain = self.roles.fixture.chain.clone();
        let contracts = self.roles.contracts.clone();
        chain.set_balance(self.earnings, 0).await.unwrap();
        let node = self.final_node().await;
        let operator = self.own_operator(&node).await;
        let contract = earnings_of(contracts.earnings_factory, node.wallet.unwrap());
        let paid = transferCall { _to: contract, _value: U256::from(PAID) };
        chain.send_now(self.accounts.operator, Some(contracts.link), paid.abi_encode()).await.unwrap();
        let consumer = Consumer::deploy(&chain, &self.accounts, contracts.link, 2 * super::troubles::ASKED).await.unwrap();
        let asked = consumer.ask(operator, B256::repeat_byte(7), super::troubles::ASKED).await.unwrap();
        self.asked = Some((consumer, asked));
        for seen in ["waiting_since", "silent_since"] {
            let query = format!("select 1 from earnings_source where {seen} is not null");
            let database = &self.roles.fixture.database;
            until(seen, WAIT_TIMEOUT, async || !database.server().run(database.name(), &query).unwrap().is_empty()).await;
        }
    }
}
