//! What stands between double braces, and is another for each node.

use std::collections::BTreeSet;

use linkpool_primitives::{printable, words};

words! {
    /// A variable.
    #[derive(PartialOrd, Ord)]
    pub enum Variable {
        /// The node's id here.
        Node = "node",
        /// The address that signs the node's transactions.
        Wallet = "wallet",
        /// The node's own Operator contract.
        Operator = "operator",
        /// EIP-155, as a decimal number.
        ChainId = "chain_id",
        /// The staking contract.
        Pool = "pool",
    }
}

/// What is known of one node. Addresses have their checksum.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    pub node: String,
    pub wallet: Option<String>,
    pub operator: Option<String>,
    pub chain_id: Option<String>,
    pub pool: Option<String>,
}

impl Variables {
    pub(crate) fn value(&self, variable: Variable) -> Option<&str> {
        match variable {
            Variable::Node => Some(&self.node),
            Variable::Wallet => self.wallet.as_deref(),
            Variable::Operator => self.operator.as_deref(),
            Variable::ChainId => self.chain_id.as_deref(),
            Variable::Pool => self.pool.as_deref(),
        }
    }

    /// Some node that is there for nobody: to try whether a text is right whatever stands in it.
    pub(crate) fn example() -> Self {
        let address = || Some(format!("0x{}", "0".repeat(40)));
        Self { node: "0".repeat(12), wallet: address(), operator: address(), chain_id: Some("1".into()), pool: address() }
    }
}

/// The text with its variables filled in, or those that are not known.
///
/// # Errors
/// A sentence about what stands between braces and is no variable.
pub(crate) fn fill(text: &str, variables: &Variables) -> Result<Result<String, BTreeSet<Variable>>, String> {
    let (mut filled, mut missing, mut rest) = (String::with_capacity(text.len()), BTreeSet::new(), text);
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let unclosed = || format!("`{{{{{}` has no `}}}}`", printable(after, 20));
        let (name, behind) = after.split_once("}}").ok_or_else(unclosed)?;
        let variable: Variable = name.trim().parse().map_err(|_| unknown(name))?;
        match variables.value(variable) {
            Some(value) => filled.push_str(value),
            None => drop(missing.insert(variable)),
        }
        rest = behind;
    }
    filled.push_str(rest);
    Ok(if missing.is_empty() { Ok(filled) } else { Err(missing) })
}

fn unknown(name: &str) -> String {
    let known: Vec<String> = Variable::WORDS.iter().map(|word| format!("{{{{{word}}}}}")).collect();
    format!("there is no variable `{{{{{}}}}}`: write one of {}", printable(name, 40), known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<Result<&str, &[Variable]>, &str>) {
        let variables = Variables { operator: None, ..Variables::example() };
        let found = fill(text, &variables);
        match (&found, expect) {
            (Ok(Ok(filled)), Ok(Ok(expected))) => assert_eq!(filled, expected, "{text}"),
            (Ok(Err(missing)), Ok(Err(expected))) => assert_eq!(*missing, expected.iter().copied().collect(), "{text}"),
            (Err(said), Err(part)) => assert!(said.contains(part), "{text}: {said}"),
            _ => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn variables_are_filled_in_wait_or_are_named_as_unknown() {
        check("", Ok(Ok("")));
        check("a { b } c $(x) {\"y\":{\"z\":1}}", Ok(Ok("a { b } c $(x) {\"y\":{\"z\":1}}")));
        check("{{node}}/{{ chain_id }}.", Ok(Ok("000000000000/1.")));
        check("{{operator}} {{operator}} {{node}}", Ok(Err(&[Variable::Operator])));
        check("{{Wallet}}", Err("there is no variable `{{Wallet}}`: write one of {{node}}, {{wallet}}"));
        check("{{}}", Err("no variable `{{}}`"));
        check("x = {{node", Err("`{{node` has no `}}`"));
    }
}
