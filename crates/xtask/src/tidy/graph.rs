//! Who may know whom. What each crate may know stands in ARCHITECTURE.md, in its table of rooms, and nowhere else.

use std::collections::BTreeMap;

use super::{
    metadata::{Dependency, Metadata, Package},
    sources::Source,
};

const OURS: &str = "linkpool-";
const TABLE: &str = "ARCHITECTURE.md";

/// Crates for tests, and those that may have them with a feature that is not in a release.
const FOR_TESTS: &[(&str, &[&str])] =
    &[("standin-aws", &["cli"]), ("standin-node", &["cli"]), ("testkit", &["cli"]), ("replay", &[])];

/// A library, and the crates that may name it. Tests may name any but the database's driver.
const ONLY: &[(&str, &[&str])] = &[
    ("axum", &["api", "health", "standin-node"]),
    ("foundry-compilers", &["compiler"]),
    // The stand-in node keeps a private database, and the nodes' own server is not the pool's.
    ("sqlx", &["db", "node-postgres", "standin-node"]),
];

/// What the last column of the table says of a crate.
#[derive(Debug, PartialEq)]
enum Knows<'a> {
    /// As the executable does.
    Everything,
    These(Vec<&'a str>),
}

pub fn check(metadata: &Metadata, sources: &[Source]) -> Vec<String> {
    let Some(table) = sources.iter().find(|source| source.path == TABLE) else {
        return vec![format!("{TABLE} is not there: its table of rooms says who may know whom")];
    };
    let (rows, mut broken) = (rows(&table.text), names(metadata));
    for package in metadata.members() {
        broken.extend(package.dependencies.iter().filter_map(|dependency| library(package, dependency)));
        match rows.get(short(package)) {
            Some(knows) => broken.extend(of_crate(package, knows)),
            None => broken.push(format!("{} is in no room: say in the table of {TABLE} whom it may know", package.name)),
        }
    }
    let is_there = |name: &str| metadata.members().any(|package| short(package) == name);
    broken.extend(rows.keys().filter(|name| !is_there(name)).map(|name| format!("{TABLE}: there is no crates/{name}")));
    broken
}

fn short(package: &Package) -> &str {
    package.name.strip_prefix(OURS).unwrap_or(&package.name)
}

fn rows(text: &str) -> BTreeMap<&str, Knows<'_>> {
    text.lines().filter_map(row).collect()
}

/// `| \`crates/NAME\` | what it is | NAME, NAME |`
fn row(line: &str) -> Option<(&str, Knows<'_>)> {
    let (name, rest) = line.strip_prefix("| `crates/")?.split_once("` |")?;
    let knows = match rest.trim().strip_suffix('|')?.rsplit_once('|')?.1.trim() {
        "everything" => Knows::Everything,
        "–" => Knows::These(Vec::new()),
        names => Knows::These(names.split(',').map(str::trim).collect()),
    };
    Some((name, knows))
}

/// What a crate needs and may not know, and what it may know and does not need.
fn of_crate(package: &Package, knows: &Knows<'_>) -> Vec<String> {
    let ours = package.dependencies.iter().filter(|dependency| !dependency.dev);
    let needed: Vec<(&str, bool)> = ours.filter_map(|known| Some((known.name.strip_prefix(OURS)?, known.optional))).collect();
    let mut broken = Vec::new();
    for (name, is_optional) in &needed {
        let for_tests = FOR_TESTS.iter().find(|(tests, _)| tests == name);
        if for_tests.is_some_and(|(_, with_a_feature)| !is_optional || !with_a_feature.contains(&short(package))) {
            broken
                .push(format!("{} depends on {OURS}{name}: it is for tests, and for features that no release has", package.name));
        }
        if matches!(knows, Knows::These(names) if !names.contains(name)) {
            broken.push(format!("{} must not know {OURS}{name}: {TABLE} says whom it may know", package.name));
        }
    }
    if let Knows::These(names) = knows {
        let unused = names.iter().filter(|name| !needed.iter().any(|(needed, _)| needed == *name));
        broken.extend(
            unused.map(|name| format!("{TABLE}: {} may know `{name}` and does not need it: delete it there", package.name)),
        );
    }
    broken
}

fn library(package: &Package, dependency: &Dependency) -> Option<String> {
    let (_, allowed) = ONLY.iter().find(|(library, _)| *library == dependency.name)?;
    let exempt = dependency.dev && dependency.name != "sqlx";
    let faulty = !allowed.contains(&short(package)) && !exempt;
    faulty.then(|| format!("{} names {}: only {} may", package.name, dependency.name, allowed.join(" and ")))
}

/// A rule about what is not there holds for ever.
fn names(metadata: &Metadata) -> Vec<String> {
    let find = |name: &str| metadata.members().find(|package| short(package) == name);
    let uses = |name: &str, library: &str| {
        find(name).is_some_and(|package| package.dependencies.iter().any(|known| known.name == library))
    };
    let mut broken = Vec::new();
    for (library, allowed) in ONLY {
        let idle = allowed.iter().filter(|name| !uses(name, library));
        broken.extend(idle.map(|name| format!("tidy/graph.rs: {name} may name {library}, and is not there or does not")));
    }
    for (tests, with_a_feature) in FOR_TESTS {
        let idle = with_a_feature.iter().filter(|name| !uses(name, &format!("{OURS}{tests}")));
        broken.extend(
            idle.map(|name| format!("tidy/graph.rs: {name} may have {tests} with a feature, and is not there or has not")),
        );
        broken.extend(find(tests).is_none().then(|| format!("tidy/graph.rs: there is no crate `{tests}`")));
    }
    broken
}

#[cfg(test)]
mod tests;
