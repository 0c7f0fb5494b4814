//! The words in capitals.

use std::{collections::BTreeMap, path::PathBuf};

use linkpool_chain::Chain;
use linkpool_primitives::{Address, checksum};

/// Of the node's image.
pub const VERSION: &str = "2.31.0";

/// What the reader of the page fills in, as far as it is known before there is a stack.
pub fn words(rpc_url: &str, chain: &Chain, token: Address, (pg_dump, age): &(PathBuf, PathBuf)) -> BTreeMap<String, String> {
    let [owner, sink, guardian, slasher, reporter] =
        [0xa1, 0xa2, 0xa3, 0xa4, 0xa5].map(|byte| checksum(&Address::repeat_byte(byte)));
    let words = [
        ("RPC_URL", rpc_url.to_owned()),
        ("WS_URL", rpc_url.replacen("http", "ws", 1)),
        ("CHAIN_ID", chain.chain_id().to_string()),
        ("TOKEN", checksum(&token)),
        ("OWNER", owner),
        ("SINK", sink),
        ("GUARDIAN", guardian),
        ("SLASHER", slasher),
        ("REPORTER", reporter),
        ("VPC", "vpc-1".to_owned()),
        ("ROLES_GROUP", "sg-1".to_owned()),
        ("SUBNET_A", "subnet-1".to_owned()),
        ("SUBNET_B", "subnet-2".to_owned()),
        ("REGION", "us-east-1".to_owned()),
        ("IMAGE", format!("chainlink:{VERSION}")),
        ("AGE_RECIPIENT", "age1test".to_owned()),
        ("/usr/bin/pg_dump", pg_dump.display().to_string()),
        ("/usr/bin/age", age.display().to_string()),
    ];
    words.into_iter().map(|(word, value)| (word.to_owned(), value)).collect()
}
