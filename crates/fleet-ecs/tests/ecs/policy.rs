//! The policies of docs/aws allow what the code asks AWS for, and nothing else.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

/// What AWS asks on its own behalf of whoever makes a service.
const UNCALLED: [&str; 1] = ["iam:PassRole"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn allowed(file: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/aws").join(file)).unwrap();
    let policy: Value = serde_json::from_str(&text).unwrap();
    let actions = policy["Statement"].as_array().unwrap().iter().flat_map(|statement| match &statement["Action"] {
        Value::Array(all) => all.iter().map(|action| action.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    });
    actions.filter(|action| !UNCALLED.contains(&action.as_str())).collect()
}

/// Every operation that a crate names, of the services whose calls begin so in its sources.
fn called(name: &str, calls: &[(&str, &str)]) -> BTreeSet<String> {
    let folder = root().join("crates").join(name).join("src");
    let sources: String = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let of = |(service, call): &(&str, &str)| {
        let named = sources.split(call).skip(1).filter_map(|rest| rest.split('"').next());
        named.map(|operation| format!("{service}:{operation}")).collect::<Vec<_>>()
    };
    calls.iter().flat_map(of).collect()
}

#[test]
fn a_fleet_may_do_what_it_does_and_nothing_else() {
    let calls = [("ecs", "On::Ecs, \""), ("ecs", "self.names(\""), ("secretsmanager", "On::SecretsManager, \"")];
    assert_eq!(called("fleet-ecs", &calls), allowed("fleet.json"));
}

#[test]
fn a_signer_may_sign_digests_and_nothing_else() {
    assert_eq!(called("kms", &[("kms", "Service::Kms, \"")]), allowed("signer.json"));
}
