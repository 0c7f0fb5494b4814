//! The OpenAPI document is complete, is the one that is committed, and says what the server does.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fixture::Fixture;

fn document() -> Value {
    serde_json::from_str(&linkpool_api::openapi_json()).unwrap()
}

#[tokio::test]
async fn the_committed_document_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == linkpool_api::openapi_json(),
        "docs/openapi.json is out of date: run `cargo run -p linkpool-api --example openapi > docs/openapi.json`"
    );
    let fixture = Fixture::start().await;
    assert_eq!(fixture.get("/api/v1/openapi.json").await.body, document());
}

#[test]
fn every_path_has_a_summary_a_success_and_its_problems() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 14, "{:?}", paths.keys());
    for (path, item) in paths {
        let operation = &item["get"];
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{path}");
        let responses = operation["responses"].as_object().unwrap();
        for status in ["200", "500", "503"] {
            assert!(responses.contains_key(status), "{path} {status}");
        }
        if path.starts_with("/api/v1") {
            assert_eq!(
                responses["429"]["content"]["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem",
                "{path}"
            );
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn an_answer_has_the_fields_that_the_document_promises() {
    let fixture = Fixture::start().await;
    let document = document();
    for (path, schema) in [("/api/v1/config", "Config"), ("/api/v1/status", "Status"), ("/api/v1/pool", "Pool")] {
        let answered: BTreeSet<String> = fixture.data(path).await.as_object().unwrap().keys().cloned().collect();
        let promised: BTreeSet<String> =
            document["components"]["schemas"][schema]["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(answered, promised, "{path}");
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field) {
                    ("$ref", Value::String(reference)) => drop(references.insert(reference.clone())),
                    _ => collect(field, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
