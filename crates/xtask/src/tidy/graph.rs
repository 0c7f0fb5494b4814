//! Who may know whom. The table is ARCHITECTURE.md's.

use super::metadata::{Dependency, Metadata, Package};

const OURS: &str = "linkpool-";

/// Each crate with those of ours it may name. Only programs may know everything.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("primitives", &[]),
    ("process", &[]),
    ("secrets", &[]),
    ("accounting", &["primitives"]),
    ("contracts", &["primitives"]),
    ("chain", &["primitives", "contracts"]),
    ("db", &["primitives"]),
    ("deploy", &["primitives", "chain", "contracts"]),
    ("indexer", &["primitives", "chain", "db", "contracts", "accounting"]),
    // Never the chain and never the indexer: the API answers while the node is down.
    ("api", &["primitives", "accounting", "db", "contracts", "secrets"]),
    ("chainlink", &["primitives"]),
    ("standin-node", &["primitives", "chainlink", "secrets"]),
    ("health", &[]),
    ("registrar", &["primitives", "chain", "contracts", "db", "chainlink", "health", "secrets"]),
    ("reporter", &["primitives", "chain", "contracts", "db", "health", "registrar"]),
    ("fleet", &["primitives", "db", "chainlink", "process", "health"]),
    ("fleet-ecs", &["primitives", "fleet"]),
    ("testkit", &["primitives", "chain", "contracts", "process"]),
    ("replay", &["primitives", "accounting", "contracts"]),
    ("compiler", &[]),
];

/// Crates that know everything: the executable, and the tests across crates.
const KNOW_ALL: [&str; 2] = ["linkpool-cli", "linkpool-tests"];

/// Ours that no release has in it: for tests, and for the executable's feature `dev`.
const NOT_SHIPPED: [&str; 2] = ["standin-node", "testkit"];

/// A library, and who may name it. Tests may name any but the database's driver.
const ONLY: &[(&str, &[&str])] = &[
    ("axum", &["linkpool-api", "linkpool-health", "linkpool-standin-node"]),
    ("foundry-compilers", &["linkpool-compiler"]),
    // The stand-in node keeps a private database.
    ("sqlx", &["linkpool-db", "linkpool-standin-node"]),
];

pub fn check(metadata: &Metadata) -> Vec<String> {
    metadata
        .members()
        .flat_map(|package| package.dependencies.iter().filter_map(|dependency| fault(package, dependency)))
        .collect()
}

fn fault(package: &Package, dependency: &Dependency) -> Option<String> {
    let (who, whom) = (package.name.as_str(), dependency.name.as_str());
    if let Some((_, allowed)) = ONLY.iter().find(|(library, _)| *library == whom) {
        let exempt = dependency.dev && whom != "sqlx";
        let faulty = !allowed.contains(&who) && !exempt;
        return faulty.then(|| format!("{who} names {whom}: only {} may", allowed.join(" and ")));
    }
    let short = whom.strip_prefix(OURS)?;
    if NOT_SHIPPED.contains(&short) && !dependency.dev && !(who == "linkpool-cli" && dependency.optional) {
        return Some(format!("{who} depends on {whom}: it is for tests, and for the executable's feature `dev`"));
    }
    if short == "replay" && !dependency.dev {
        return Some(format!("{who} depends on {whom}: it is for tests and benchmarks"));
    }
    if dependency.dev || KNOW_ALL.contains(&who) {
        return None;
    }
    match MAY_KNOW.iter().find(|(name, _)| who.strip_prefix(OURS) == Some(name)) {
        Some((_, allowed)) if allowed.contains(&short) => None,
        Some(_) => Some(format!("{who} must not know {whom}")),
        None => Some(format!("{who} is in no room: say in crates/xtask/src/tidy/graph.rs whom it may know")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(who: &str, whom: &str, dev: bool, optional: bool) -> Option<String> {
        let package = Package { name: who.to_owned(), licence: None, member: true, dependencies: Vec::new() };
        fault(&package, &Dependency { name: whom.to_owned(), dev, optional })
    }

    #[test]
    fn the_api_knows_the_database_and_never_the_chain() {
        assert_eq!(check_one("linkpool-api", "linkpool-db", false, false), None);
        assert_eq!(
            check_one("linkpool-api", "linkpool-chain", false, false).as_deref(),
            Some("linkpool-api must not know linkpool-chain")
        );
        assert_eq!(check_one("linkpool-api", "linkpool-chain", true, false), None);
    }

    #[test]
    fn only_db_names_sqlx_even_in_tests() {
        assert_eq!(check_one("linkpool-db", "sqlx", false, false), None);
        assert!(check_one("linkpool-indexer", "sqlx", true, false).is_some());
    }

    #[test]
    fn the_testkit_and_the_stand_in_node_stay_out_of_what_is_shipped() {
        for ours in ["linkpool-testkit", "linkpool-standin-node"] {
            assert_eq!(check_one("linkpool-db", ours, true, false), None);
            assert_eq!(check_one("linkpool-cli", ours, false, true), None);
            assert!(check_one("linkpool-cli", ours, false, false).is_some_and(|fault| fault.contains("feature `dev`")));
            assert!(check_one("linkpool-fleet", ours, false, true).is_some_and(|fault| fault.contains("feature `dev`")));
        }
        assert_eq!(check_one("linkpool-indexer", "linkpool-replay", true, false), None);
        assert!(check_one("linkpool-cli", "linkpool-replay", false, true).is_some());
    }
}
