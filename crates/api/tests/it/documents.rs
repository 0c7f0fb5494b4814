//! The OpenAPI document is complete, is the one that is committed, and says what the server does.

use std::collections::BTreeSet;

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use regex::Regex;
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
    assert_eq!(paths.len(), 17, "{:?}", paths.keys());
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
        let answer = fixture.get(path).await;
        let answered: BTreeSet<String> = answer.body["data"].as_object().unwrap().keys().cloned().collect();
        let promised: BTreeSet<String> =
            document["components"]["schemas"][schema]["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(answered, promised, "{path}");
    }
}

/// What a reference of the document stands for.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolved(document, document.pointer(reference.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

#[test]
fn the_examples_of_the_page_have_the_fields_that_the_document_promises() {
    let (document, page) = (document(), include_str!("../../../../docs/api.md"));
    let mut compared = 0;
    for section in page.split("\n## `GET ").skip(1) {
        let path = section.split('`').next().unwrap();
        let Some(example) = section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()) else { continue };
        let example: Value = serde_json::from_str(example).unwrap_or_else(|error| panic!("{path}: {error}"));
        let answer = &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let mut data = resolved(&document, &resolved(&document, answer)["properties"]["data"]);
        if data["type"] == "array" {
            data = resolved(&document, &data["items"]);
        }
        let promised: BTreeSet<&String> =
            data["properties"].as_object().unwrap().keys().filter(|name| !name.ends_with("_link")).collect();
        let shown = example.get(0).unwrap_or(&example).as_object().unwrap();
        assert_eq!(shown.keys().collect::<BTreeSet<_>>(), promised, "{path}");
        compared += 1;
    }
    assert!(compared >= 8, "{compared}");
}

/// Every parameter of every path: the path, and its description.
fn parameters(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let listed = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        listed.into_iter().map(|parameter| (path.clone(), parameter)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[test]
fn every_parameter_is_bounded_and_has_an_example_within_its_bounds() {
    let document = document();
    let parameters = parameters(&document);
    assert!(parameters.len() > 25, "{}", parameters.len());
    for (path, parameter) in parameters {
        let (name, schema) = (&parameter["name"], &parameter["schema"]);
        assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{path} {name}");
        let example = &parameter["example"];
        match schema["type"].as_str().unwrap() {
            "integer" => {
                let range = schema["minimum"].as_u64().unwrap()..=schema["maximum"].as_u64().unwrap();
                assert!(range.contains(&example.as_u64().unwrap()), "{path} {name}");
            }
            "array" => {
                let words = schema["items"]["enum"].as_array().unwrap();
                assert!(schema["maxItems"].is_u64() && schema["uniqueItems"] == true, "{path} {name}");
                assert!(example.as_array().unwrap().iter().all(|word| words.contains(word)), "{path} {name}");
            }
            "string" => match (&schema["enum"], &schema["pattern"]) {
                (Value::Array(words), Value::Null) => assert!(words.contains(example), "{path} {name}"),
                (Value::Null, Value::String(pattern)) => {
                    assert!(pattern.starts_with('^') && pattern.ends_with('$'), "{path} {name}");
                    assert!(Regex::new(pattern).unwrap().is_match(example.as_str().unwrap()), "{path} {name}");
                }
                _ => panic!("{path} {name} is any text"),
            },
            other => panic!("{path} {name} is of type {other}"),
        }
    }
}

/// Texts that are as a parameter is described, and texts that are not.
fn samples(schema: &Value, runner: &mut TestRunner) -> (Vec<String>, Vec<String>) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let random = |pattern: &str, runner: &mut TestRunner| -> Vec<String> {
        let texts = proptest::string::string_regex(pattern).unwrap();
        (0..8).map(|_| texts.new_tree(runner).unwrap().current()).collect()
    };
    let mut others = random("[ -~é\\n]{0,12}", runner);
    let good: Vec<String> = match schema["type"].as_str().unwrap() {
        "integer" => {
            let (least, most) = (schema["minimum"].as_u64().unwrap(), schema["maximum"].as_u64().unwrap());
            others.extend([format!("{}", least as i64 - 1), (most + 1).to_string(), format!("0{most}"), format!("{least}.0")]);
            [least, least + 1, most].iter().map(u64::to_string).collect()
        }
        "array" => {
            let words: Vec<String> = schema["items"]["enum"].as_array().unwrap().iter().map(text).collect();
            others.extend([format!("{0},{0}", words[0]), format!("{},", words[0]), words[0].to_uppercase()]);
            vec![words[0].clone(), words.join(",")]
        }
        _ if schema["enum"].is_array() => schema["enum"].as_array().unwrap().iter().map(text).collect(),
        _ => {
            let pattern = schema["pattern"].as_str().unwrap();
            let mut good = random(pattern.trim_matches(['^', '$']), runner);
            if schema["format"] == "eip55-address" {
                // Of random digits, mixed case is hardly ever the checksum.
                good.iter_mut().for_each(|address| *address = address.to_lowercase());
            }
            good
        }
    };
    others.extend(good.iter().take(2).flat_map(|text| [format!("{text} "), format!("x{text}"), format!("{text}\n")]));
    let is_good = |text: &String| match schema["type"].as_str().unwrap() {
        "string" if schema["pattern"].is_string() => Regex::new(schema["pattern"].as_str().unwrap()).unwrap().is_match(text),
        "integer" => {
            let range = schema["minimum"].as_u64().unwrap()..=schema["maximum"].as_u64().unwrap();
            text.parse::<u64>().is_ok_and(|number| range.contains(&number) && number.to_string() == *text)
        }
        _ => good.contains(text),
    };
    others.retain(|text| !is_good(text));
    (good, others)
}

#[tokio::test]
async fn the_server_takes_what_is_described_and_refuses_everything_else() {
    let limits = linkpool_api::Limits { requests_per_second: 100_000, burst: 100_000, streams_per_client: 2_000, streams: 2_000 };
    let fixture = Fixture::with(linkpool_api::ApiConfig { limits, ..Default::default() }).await;
    let mut runner = TestRunner::deterministic();
    for (path, parameter) in parameters(&document()) {
        let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
        let (good, others) = samples(&parameter["schema"], &mut runner);
        for (text, is_good) in good.iter().map(|text| (text, true)).chain(others.iter().map(|text| (text, false))) {
            let response = match place {
                "query" => {
                    let filled = path.replace("{address}", &crate::chain_fixture::node(1).to_string());
                    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, text).finish();
                    fixture.send(&format!("{filled}?{query}"), &[]).await
                }
                "path" if text.is_empty() || text == "." || text == ".." => continue,
                "path" => {
                    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
                    fixture.send(&path.replace(&format!("{{{name}}}"), &encoded), &[]).await
                }
                _ => {
                    let request = fixture.client.get(format!("{}{path}", fixture.base));
                    let Ok(value) = reqwest::header::HeaderValue::from_bytes(text.as_bytes()) else { continue };
                    // HTTP takes the spaces around a value away.
                    let value = if text.trim() == text { value } else { continue };
                    request.header(name, value).send().await.unwrap()
                }
            };
            let status = response.status().as_u16();
            assert_eq!(status != 400, is_good, "{place} parameter {name} of {path}: {text:?} is answered with {status}");
            assert!([200, 400, 404, 409].contains(&status), "{path} {name} {text:?}: {status}");
        }
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
