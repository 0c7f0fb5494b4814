//! The policies of docs/aws allow what the code asks AWS for, and nothing else.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

/// What AWS asks on its own behalf of whoever makes a service.
const UNCALLED: [&str; 1] = ["iam:PassRole"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn read(file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("docs/aws").join(file)).unwrap()).unwrap()
}

fn allowed(file: &str) -> BTreeSet<String> {
    let policy = read(file);
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

/// What the template says, in the words of the policies.
fn plain(template: &Value) -> Value {
    match template {
        Value::Array(all) => all.iter().map(plain).collect(),
        Value::Object(fields) => match (fields.get("Fn::Sub"), fields.get("Fn::GetAtt")) {
            (Some(text), _) => {
                let words = [
                    ("${AWS::Partition}", "aws"),
                    ("${AWS::Region}", "REGION"),
                    ("${AWS::AccountId}", "ACCOUNT"),
                    ("${Cluster}", "CLUSTER"),
                    ("${Name}", "NAME"),
                ];
                words.iter().fold(text.as_str().unwrap().to_owned(), |text, (word, plain)| text.replace(word, plain)).into()
            }
            (_, Some(attribute)) if attribute[0] == "ExecutionRole" => "EXECUTION_ROLE".into(),
            (_, Some(_)) => "KEY_ARN".into(),
            _ => fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        },
        other => other.clone(),
    }
}

#[test]
fn the_stack_of_the_account_has_these_policies_word_for_word() {
    let resources = read("account.json")["Resources"].clone();
    let policies: Vec<(&str, Value)> = resources
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::IAM::ManagedPolicy")
        .map(|(name, resource)| (name.as_str(), resource["Properties"]["PolicyDocument"].clone()))
        .collect();
    assert_eq!(policies.len(), 5, "{policies:?}");
    for (name, document) in policies {
        let file = if name == "FleetPolicy" { "fleet.json" } else { "signer.json" };
        assert_eq!(plain(&document), read(file), "{name}");
        // Each signs with its own key.
        let (key, statements) = (name.replace("Policy", "Key"), document["Statement"].as_array().unwrap());
        assert!(file == "fleet.json" || statements.iter().all(|it| it["Resource"]["Fn::GetAtt"][0] == key.as_str()), "{name}");
    }
}

#[test]
fn a_signer_may_sign_digests_and_nothing_else() {
    assert_eq!(called("kms", &[("kms", "Service::Kms, \"")]), allowed("signer.json"));
}
