//! What `cargo metadata` says, reduced to what the rules need.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell;

/// Every package of the tree.
pub struct Metadata {
    pub packages: Vec<Package>,
}

/// One package; `member` says that it is ours.
pub struct Package {
    pub name: String,
    pub licence: Option<String>,
    pub member: bool,
    pub dependencies: Vec<Dependency>,
}

/// One line of a manifest.
pub struct Dependency {
    pub name: String,
    /// Only for tests and examples.
    pub dev: bool,
    /// Only with a feature.
    pub optional: bool,
}

impl Metadata {
    pub fn read() -> Result<Self> {
        let text = shell::output(shell::cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
        let json: Value = serde_json::from_str(&text).context("the output of cargo metadata")?;
        Self::parse(&json).context("the output of cargo metadata")
    }

    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.member)
    }

    fn parse(json: &Value) -> Option<Self> {
        let members = json["workspace_members"].as_array()?;
        let package = |value: &Value| {
            Some(Package {
                name: value["name"].as_str()?.to_owned(),
                licence: value["license"].as_str().map(str::to_owned),
                member: members.contains(&value["id"]),
                dependencies: value["dependencies"].as_array()?.iter().map(dependency).collect::<Option<_>>()?,
            })
        };
        Some(Self { packages: json["packages"].as_array()?.iter().map(package).collect::<Option<_>>()? })
    }
}

fn dependency(value: &Value) -> Option<Dependency> {
    let (dev, optional) = (value["kind"] == "dev", value["optional"].as_bool()?);
    Some(Dependency { name: value["name"].as_str()?.to_owned(), dev, optional })
}
