//! Which wallet a healthy node has, and whether it may be a node of the pool.

use linkpool_chainlink::client::NodeClient;
use linkpool_db::fleet::{FleetNode, Phase, WalletOutcome};
use linkpool_primitives::{Address, checksum};

use super::{
    clients::{clients, nobody_serves},
    trouble::Trouble,
};
use crate::{context::Context, failpoint};

/// Reads the wallet, checks on first sight that it is brand-new, or the contract's where the node was lost, and stores it.
pub(super) async fn find(context: &Context, node: &mut FleetNode) -> Result<(), Trouble> {
    let wallet = shown(context, node).await?;
    let mut next = Phase::WalletKnown;
    match node.wallet {
        None if context.database.was_lost(&node.id).await? => {
            require_registered(context, wallet).await?;
            next = Phase::Registering;
        }
        None => require_fresh(context, wallet).await?,
        Some(known) if known == wallet => {}
        Some(known) => return Err(changed(known, wallet)),
    }
    context.failpoints.hit(failpoint::WALLET_SHOWN)?;
    match context.database.node_wallet(&node.id, &wallet, next).await? {
        WalletOutcome::Stored => {
            context.failpoints.hit(failpoint::WALLET_STORED)?;
            node.phase = next;
            node.wallet = Some(wallet);
            node.attempts = 0;
            Ok(())
        }
        WalletOutcome::Moved => Ok(()),
        WalletOutcome::TakenBy(other) => Err(Trouble::Quarantine(format!(
            "the node shows the wallet {} of node {other}: two nodes must not share a database",
            checksum(&wallet)
        ))),
    }
}

/// The wallet that the node shows at each address at which it serves. Two of them are two nodes, and neither is registered as the
/// other.
async fn shown(context: &Context, node: &FleetNode) -> Result<Address, Trouble> {
    let mut found: Option<(Address, NodeClient)> = None;
    for client in clients(context, node).await? {
        let wallet = client.wallet(context.account.chain_id).await.map_err(|error| Trouble::wallet(&error))?;
        match &found {
            Some((first, at)) if *first != wallet => {
                return Err(Trouble::Node(format!(
                    "it shows the wallet {} at {} and {} at {}: these are two nodes; list each under a name of its own",
                    checksum(first),
                    at.peer(),
                    checksum(&wallet),
                    client.peer()
                )));
            }
            Some(_) => {}
            None => found = Some((wallet, client)),
        }
    }
    found.map(|(wallet, _)| wallet).ok_or_else(nobody_serves)
}

/// The reason for quarantine when a known node shows another wallet.
pub(super) fn changed(known: Address, shown: Address) -> Trouble {
    Trouble::Quarantine(format!(
        "the node's wallet was {} and is {} now: it has lost its database, or is listed with another node's address; restore it, or retire the node",
        checksum(&known),
        checksum(&shown)
    ))
}

/// A node that was lost by restoring the database comes back with the wallet that it had. Any other means that it is not that
/// node, or has lost its own database, and a wallet that nobody asked for is not registered.
async fn require_registered(context: &Context, wallet: Address) -> Result<(), Trouble> {
    if context.database.indexed_wallets(&[wallet]).await?.contains(&wallet) {
        return Ok(());
    }
    Err(Trouble::Node(format!(
        "the node was adopted as lost, and shows the wallet {}, which the contract does not have, as far as it is indexed: its folder or \
         its own database is not the one that it had, unless the indexer is behind",
        checksum(&wallet)
    )))
}

/// A wallet that was never used: no transaction of its own, no code, and none of the addresses that play another part.
async fn require_fresh(context: &Context, wallet: Address) -> Result<(), Trouble> {
    let shown = checksum(&wallet);
    if wallet == Address::ZERO || wallet == context.account.address || wallet == context.config.pool {
        return Err(Trouble::Node(format!("the node shows the address {shown}, which can't be a node's wallet")));
    }
    let used = context.chain.nonce(wallet).await?;
    if used > 0 {
        return Err(Trouble::Node(format!(
            "the wallet {shown} has sent {used} transactions already: a new node needs a new wallet"
        )));
    }
    if context.chain.has_code(wallet).await? {
        return Err(Trouble::Node(format!("the address {shown} is a contract: a node needs a wallet")));
    }
    Ok(())
}
