//! `linkpool dev`: everything on one machine, from the embedded chain to the page. Only with the feature `dev`.

mod arguments;
mod check;
mod cloud;
mod earnings;
mod history;
mod nodes;
mod operator;
mod progress;
mod stack;
mod work;

use std::net::SocketAddr;

use anyhow::Result;
use linkpool_chain::Endpoint;
use linkpool_primitives::checksum;
use serde_json::json;

use crate::{
    config::Config,
    failure::Failure,
    flags::Global,
    output::{self, answer, remark},
    shutdown,
};
use stack::Stack;

pub use self::arguments::Arguments;

/// Starts everything, then waits for Ctrl-C, or runs the check.
pub async fn run(mut arguments: Arguments, global: &Global, config: &Config) -> Result<()> {
    let shutdown = shutdown::token()?;
    // Its parts and its folder go before it does.
    output::end_by(shutdown.clone());
    if arguments.check {
        // The check never touches data that somebody keeps, nor a port that somebody uses.
        arguments.ephemeral = true;
        // It counts every juel, so nobody else may have any there.
        arguments.empty = true;
        arguments.listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    }
    let mut stack = tokio::select! {
        stack = Stack::start(&arguments, global, config, shutdown.clone()) => stack?,
        () = shutdown.cancelled() => return interrupted(arguments.check),
    };
    let outcome = if arguments.check {
        tokio::select! {
            outcome = check::run(&stack, arguments.json, arguments.scale_calls) => outcome,
            () = shutdown.cancelled() => interrupted(true),
        }
    } else {
        announce(&stack, arguments.json, arguments.ephemeral || global.rpc_url.is_none());
        stack.wait().await
    };
    stack.stop().await;
    match output::code() {
        Some(code) => std::process::exit(code),
        None => outcome,
    }
}

/// `linkpool chain-keeper`
pub async fn keep_chain(command: &[String]) -> Result<()> {
    let [anvil, arguments @ ..] = command else { return Ok(()) };
    Ok(linkpool_testkit::keeper::keep(anvil.as_ref(), arguments).await?)
}

/// Ctrl-C is how a stack ends, but a check that it ends has shown nothing.
fn interrupted(check: bool) -> Result<()> {
    if check { Err(Failure::refused("the check was interrupted: nothing is proven, run it again")) } else { Ok(()) }
}

fn announce(stack: &Stack, as_json: bool, embedded: bool) {
    if as_json {
        let contracts = &stack.contracts;
        let [pool, token, lens] = [contracts.pool, contracts.link, contracts.lens].map(|address| checksum(&address));
        let ready = json!({ "url": stack.url, "rpc_url": embedded.then_some(&stack.rpc_url), "operator_url": stack.operator.0, "operator_token_file": stack.token_file(), "pool": pool, "token": token, "lens": lens });
        answer!("{}", json!({ "ready": ready }));
        return;
    }
    remark!("");
    answer!("LinkPool is at {}", stack.url);
    remark!("  chain     {}", chain_description(&stack.rpc_url, embedded));
    remark!("  contract  {}", checksum(&stack.contracts.pool));
    remark!("  operator  {}, which asks for the token in {}", stack.operator.0, stack.token_file().display());
    remark!("            `linkpool scale up 1 --wait` makes a node");
    remark!("  Choose \"Demo wallet\" on the page to stake without a browser extension; /?demo=2 is a holder with a past.");
    remark!("  Ctrl-C stops everything.");
}

/// The URL of the embedded chain; of a given one only the host, because its URL may hold a key.
fn chain_description(rpc_url: &str, embedded: bool) -> String {
    if embedded {
        return rpc_url.to_owned();
    }
    Endpoint::new(rpc_url).map_or_else(|_| "the given endpoint".to_owned(), |endpoint| endpoint.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Exit, exit};

    #[test]
    fn a_given_chain_is_shown_by_its_host_alone() {
        assert_eq!(chain_description("https://mainnet.example/v3/secret-key", false), "mainnet.example");
        assert_eq!(chain_description("http://127.0.0.1:8545", true), "http://127.0.0.1:8545");
    }

    #[test]
    fn an_interrupted_check_fails_and_an_interrupted_stack_does_not() {
        assert_eq!(exit(&interrupted(true).unwrap_err()), Exit::Refused);
        assert!(interrupted(false).is_ok());
    }
}
