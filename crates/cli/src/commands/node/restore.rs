//! `linkpool node restore`: a node's database as it was kept, in the place of the one that it has. Run where its fleet runs, because it works
//! on the nodes' own server.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::Args;
use linkpool_db::fleet::{FleetNode, Source};
use linkpool_fleet::{
    Secrets,
    local::{Assembled, Chainlink, DumpFile, Launcher as _, Restore, Restored},
};
use linkpool_primitives::{Address, checksum};
use serde_json::{Value, json};

use super::act::Why;
use crate::{
    commands::connect,
    config::{Config, fleet::Program},
    failure::Failure,
    output::answer,
};

#[derive(Debug, Args)]
pub struct RestoreNode {
    /// The node's id, from `linkpool node list`
    id: String,
    /// What was kept, from fleet.dump_directory: TIME.dump.age, with TIME.keystore.age beside it, or TIME.dump
    #[arg(long, value_name = "FILE")]
    dump: PathBuf,
    /// The private half of fleet.dump_recipient, where the dump is encrypted; take it away from this machine afterwards
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Restore although a process of the node may live, because you know that it does not; sessions with its database are ended
    #[arg(long)]
    even_if_alive: bool,
    #[command(flatten)]
    why: Why,
}

pub async fn run(config: &Config, options: &RestoreNode) -> Result<()> {
    if config.fleet.program() != Program::Chainlink {
        return Err(Failure::bad_input("fleet.program is not \"chainlink\": nothing else has a database that is kept"));
    }
    let seal_key = config.fleet.seal_key()?;
    let database = connect::database(config).await?;
    let known = database.deployment().await?.map(|deployment| deployment.chain_id);
    let chain_id = config.chain_id().or(known).ok_or_else(|| Failure::bad_input("pass --chain-id ID, or set chain.chain_id"))?;
    let chainlink = Chainlink::new(config.fleet.chainlink(chain_id, &config.chain)?);
    chainlink.begin(&database, &Secrets::new(database.clone(), seal_key));
    let node = database.fleet_node(&options.id).await?.filter(|node| node.source == Source::Fleet);
    let node = node.ok_or_else(|| Failure::refused(format!("the fleet has no node {}", options.id)))?;
    // Before anything is made: what was sent since is told by the chain alone.
    let sent = match node.wallet {
        Some(wallet) => Some((wallet, connect::chain(config).await?.nonce(wallet).await?)),
        None => None,
    };
    let Why { reason, dry_run, json } = &options.why;
    let directory = config.fleet.directory();
    let restore = Restore {
        chainlink: &chainlink,
        directory: &directory,
        database: &database,
        node: &node,
        actor: "linkpool node restore",
        reason,
        even_if_alive: options.even_if_alive,
    };
    let dump = DumpFile { path: options.dump.clone(), identity: options.identity.clone() };
    let assembled = restore.assemble(&dump).await.map_err(Failure::refused)?;
    let restored = if *dry_run {
        chainlink.discard(&assembled).await.map_err(|why| anyhow!(why))?;
        None
    } else {
        Some(restore.carry_out(&assembled).await.map_err(Failure::refused)?)
    };
    say(&told(&node, &assembled, sent, restored.as_ref()), json.json);
    Ok(())
}

fn told(node: &FleetNode, assembled: &Assembled, sent: Option<(Address, u64)>, restored: Option<&Restored>) -> Value {
    let (kept, present) = (&assembled.restored, &assembled.present);
    let lost = |of: fn(&linkpool_fleet::local::Contents) -> u64| present.as_ref().map(|it| of(it).saturating_sub(of(kept)));
    json!({
        "node_id": node.id, "dry_run": restored.is_none(), "wallet": sent.map(|(wallet, _)| checksum(&wallet)), "version": kept.version,
        "nonce_of_chain": sent.map(|(_, nonce)| nonce), "next_nonce_of_dump": kept.next_nonce, "unfinished_in_dump": kept.unfinished,
        "lost_runs": lost(|it| it.last_run), "lost_transactions": lost(|it| it.last_transaction),
        "kept_as": restored.map(|it| &it.kept_as), "back_to_version": restored.and_then(|it| it.back_to.as_ref()),
        "was_ending": restored.and_then(|it| it.was_ending).map(linkpool_db::fleet::Ending::as_str),
    })
}

fn say(told: &Value, as_json: bool) {
    if as_json {
        answer!("{told}");
        return;
    }
    for line in lines(told) {
        answer!("{line}");
    }
}

fn lines(told: &Value) -> Vec<String> {
    let number = |key: &str| told[key].as_u64();
    let text = |key: &str| told[key].as_str();
    let mut lines = Vec::new();
    let (id, wallet) = (text("node_id").unwrap_or_default(), text("wallet").unwrap_or_default());
    lines.push(match text("kept_as") {
        Some(kept) => format!("node {id} is restored and runs again; the database that it had is kept as {kept}"),
        None => format!("the dump of node {id} opens and holds its wallet {wallet}; nothing was changed"),
    });
    if let Some(version) = text("version") {
        let again = if text("back_to_version").is_some() { ", which it runs again" } else { "" };
        lines.push(format!("it was kept by Chainlink {version}{again}"));
    }
    match (number("lost_runs"), number("lost_transactions")) {
        (Some(runs), Some(transactions)) => {
            lines.push(format!("not in it: {runs} runs and {transactions} transactions that the node has made since"));
        }
        _ => lines.push("what the node has made since is not known: nobody is let into its present database".into()),
    }
    let (chain, dump) = (number("nonce_of_chain").unwrap_or_default(), number("next_nonce_of_dump").unwrap_or_default());
    lines.push(match chain.cmp(&dump) {
        std::cmp::Ordering::Greater => format!(
            "nonces: the chain has {chain} and the dump {dump}, so {} transactions were sent since; the node goes on at {chain}",
            chain - dump
        ),
        std::cmp::Ordering::Equal => format!("nonces: the chain and the dump both have {chain}"),
        std::cmp::Ordering::Less => format!(
            "nonces: the chain has {chain} and the dump {dump}: the node sends those between again, with the bytes that it has"
        ),
    });
    if let Some(unfinished) = number("unfinished_in_dump").filter(|count| *count > 0) {
        lines.push(format!("{unfinished} transactions were on their way when it was kept: the node looks for them on the chain"));
    }
    if let Some(ending) = text("was_ending") {
        lines.push(format!("it was {ending} and is no more: `linkpool node drain {id}` goes on with that"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(told: &Value, part: &str) {
        let lines = lines(told).join("\n");
        assert!(lines.contains(part), "{lines}");
    }

    #[test]
    fn what_was_lost_and_where_the_nonces_stand_is_said() {
        let told = |chain: u64, dump: u64| {
            json!({
                "node_id": "0123456789ab", "wallet": "0xab", "version": "2.31.0", "nonce_of_chain": chain, "next_nonce_of_dump": dump,
                "unfinished_in_dump": 2, "lost_runs": 3, "lost_transactions": 1, "kept_as": "x_until", "was_ending": "draining",
            })
        };
        check(&told(7, 5), "2 transactions were sent since; the node goes on at 7");
        check(&told(5, 5), "both have 5");
        check(&told(4, 5), "sends those between again");
        check(&told(5, 5), "3 runs and 1 transactions");
        check(&told(5, 5), "2 transactions were on their way");
        check(&told(5, 5), "it was draining and is no more");
        check(&told(5, 5), "kept as x_until");
        let drill = json!({ "node_id": "0123456789ab", "wallet": "0xab", "kept_as": null });
        check(&drill, "opens and holds its wallet 0xab; nothing was changed");
        check(&drill, "is not known: nobody is let into");
    }
}
