//! What is done on the chain, and what must hold afterwards.

use linkpool_primitives::checksum;
use linkpool_testkit::Fault;
use serde_json::json;

use super::{fixture::SystemFixture, node::request};

impl SystemFixture {
    /// One call makes a node: fleet, wallet, funding, proof, registration.
    pub async fn scale(&mut self, what: &str) {
        let scale = "scale up 1 --wait --timeout 120";
        let output = self.roles.fixture.command(scale).env("LINKPOOL__OPERATOR__URL", &self.operator).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{said}");
        let nodes = self.roles.database.fleet_nodes().await.unwrap();
        let wallet = nodes.iter().filter_map(|node| node.wallet).find(|wallet| !self.wallets.contains(wallet)).unwrap();
        self.shown(&format!("nodes/{}", checksum(&wallet)), |node| node["data"]["status"] == "active").await;
        self.wallets.push(wallet);
        self.say(what, &format!("node {} is open on the API", checksum(&wallet)));
    }

    pub async fn stake(&mut self) {
        let block = self.stake_link(1_000).await;
        self.equal(block).await;
        self.say("stake", &format!("1000 LINK, in block {block}, on the API as on the contract"));
    }

    /// The chain goes back below a stake and takes another; the index follows by itself.
    pub async fn reorg(&mut self, what: &str) {
        let mark = self.node.mark(self.chain()).await;
        let gone = self.stake_link(500).await;
        self.equal(gone).await;
        self.node.back_to(self.chain(), mark).await;
        self.stake_link(20).await;
        let block = self.stake_link(3).await;
        self.equal(block).await;
        self.say(what, &format!("the stake of block {gone} is gone, those up to block {block} are there"));
    }

    /// What the database holds is what the contract has, field by field, and each log.
    pub fn verify(&mut self) {
        let found = self.roles.fixture.json("verify");
        assert_eq!((&found["differences"], &found["difference_count"]), (&json!([]), &json!(0)), "{found}");
        self.say("verify", "equal");
    }

    /// What `doctor` has to say: nothing that must be mended, and what the endpoint could offer beyond that.
    pub fn doctor(&mut self) {
        let found = self.roles.fixture.json("doctor");
        assert_eq!(found["failed"], 0, "{found}");
        let checks = found["checks"].as_array().unwrap().iter();
        let warned: Vec<&str> =
            checks.filter(|check| check["level"] == "warn").map(|check| check["sentence"].as_str().unwrap()).collect();
        self.say("doctor", &if warned.is_empty() { "nothing to say".to_owned() } else { warned.join("; ") });
    }

    /// The chain tells nobody what to offer as a tip.
    pub async fn scale_without_a_tip_method(&mut self) {
        let lacks = "the method eth_maxPriorityFeePerGas does not exist/is not available";
        self.proxy.set(Fault::error(-32601, lacks).on("eth_maxPriorityFeePerGas"));
        self.scale("scale up without eth_maxPriorityFeePerGas").await;
        assert!(self.proxy.calls("eth_maxPriorityFeePerGas") > 0, "nobody asked for it");
    }

    /// Blocks come by the clock, and a transaction waits for the next.
    pub async fn slow_blocks(&mut self) {
        for (method, params) in [("evm_setAutomine", json!([false])), ("evm_setIntervalMining", json!([3_000]))] {
            request(self.chain(), method, params).await;
        }
        self.scale("scale up with a block each 3 s").await;
        let block = self.stake_link(7).await;
        self.equal(block).await;
        for (method, params) in [("evm_setIntervalMining", json!([0])), ("evm_setAutomine", json!([true]))] {
            request(self.chain(), method, params).await;
        }
        self.say("stake with a block each 3 s", &format!("in block {block}, on the API as on the contract"));
    }

    /// The chain calls blocks final from now on, where it did not.
    pub async fn tell_tags(&mut self) {
        self.proxy.clear();
        self.shown("status", |status| status["data"]["finalized_block"].as_u64() > Some(0)).await;
        self.say("tags", "the newest block is final from now on, and the index takes it for that");
    }

    /// The chain gives up blocks that it called final: that is said, the API goes on, and an operator gets out of it.
    pub async fn reorg_below_finality(&mut self) {
        let mark = self.node.mark(self.chain()).await;
        let gone = self.stake_link(500).await;
        self.equal(gone).await;
        self.blocks_until("the block to be final", async || self.number("finalized").await >= gone).await;
        self.shown("status", |status| status["data"]["finalized_block"].as_u64() >= Some(gone)).await;
        // With a block on top: only then is what lies below the final one forgotten, and no way back.
        let top = self.stake_link(1).await;
        self.equal(top).await;
        self.node.back_to(self.chain(), mark).await;
        self.stake_link(20).await;
        let again = self.stake_link(3).await;
        self.blocks_until("the heights of before", async || self.number("latest").await >= top).await;
        assert_eq!(self.roles.ended("index").await, Some(1));
        let status = self.shown("status", |status| status["data"]["state"] == "reorg-below-finality").await;
        let (detail, action) = (status["data"]["detail"].as_str().unwrap(), status["data"]["action"].as_str().unwrap());
        assert!(detail.contains("below the last final block") && action.contains("linkpool repair"), "{status}");
        let detail = detail.split("; ").next().unwrap().to_owned();
        self.say("reorg below what it called final", &format!("{detail}; the indexer ends, the API goes on"));
        let repaired = self.roles.fixture.succeed("repair");
        self.roles.index();
        self.equal(again).await;
        self.say("repair", repaired.trim());
    }
}
