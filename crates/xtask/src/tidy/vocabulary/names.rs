//! The names that a file has, by what kind of file it is.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::tidy::{
    rust::{Language, Piece, pieces},
    sources::Source,
};

/// What a string begins with that is a statement for the database, or a part of one.
const SQL: [&str; 14] = [
    "select ",
    "insert into ",
    "update ",
    "delete from ",
    "with ",
    "create ",
    "alter ",
    "lock ",
    "truncate ",
    "copy ",
    "from ",
    "join ",
    "where ",
    "left join ",
];

pub fn of(source: &Source) -> BTreeSet<String> {
    let Source { path, text } = source;
    let names: Vec<&str> = match path.rsplit('.').next() {
        Some("rs") => rust(text),
        Some("sql") => sql(text),
        Some("ts" | "tsx") if !text.contains("auto-generated") => script(text),
        Some("json") => return description(text),
        _ => Vec::new(),
    };
    names.into_iter().map(str::to_owned).collect()
}

fn rust(text: &str) -> Vec<&str> {
    let of_piece = |piece| match piece {
        Piece::Code(code) => identifiers(code),
        Piece::Text(inside) if is_sql(inside) => sql(inside),
        Piece::Text(inside) if is_metric_or_setting(inside) => inside.split('.').collect(),
        Piece::Text(_) | Piece::Comment(_) => Vec::new(),
    };
    pieces(Language::Rust, text).into_iter().flat_map(of_piece).collect()
}

fn script(text: &str) -> Vec<&str> {
    let of_piece = |piece| if let Piece::Code(code) = piece { without_prose(code) } else { Vec::new() };
    pieces(Language::Script, text).into_iter().flat_map(of_piece).flat_map(identifiers).collect()
}

/// What follows a tag, until the next tag, a brace or a quote, is prose that looks like names.
fn without_prose(code: &str) -> Vec<&str> {
    let parts: Vec<&str> = code.split('>').collect();
    let mut kept: Vec<&str> = parts.first().copied().into_iter().collect();
    for pair in parts.windows(2) {
        let (before, part) = (pair[0], pair[1]);
        let end = part.find(['<', '{']).unwrap_or(part.len());
        let is_code = before.ends_with(['=', ' ']) || part[..end].contains(CODE);
        kept.push(if is_code { part } else { &part[end..] });
    }
    kept
}

/// What code has and prose has not.
const CODE: [char; 5] = ['(', ')', '=', ';', '&'];

fn sql(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.split("--").next());
    // Every other piece between quotes is a value.
    lines.flat_map(|line| line.split('\'').step_by(2)).flat_map(identifiers).collect()
}

fn is_sql(text: &str) -> bool {
    let begin = text.trim_start().to_lowercase();
    // A sentence may begin with the same word.
    SQL.iter().any(|word| begin.starts_with(word)) && (text.contains(['$', '=', '(', ';', '*', '_']) || text.contains(" from "))
}

/// `linkpool_lease_held`, `chain.statistics_seconds`
fn is_metric_or_setting(text: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
    };
    (text.starts_with("linkpool_") || text.contains('.')) && text.split('.').all(is_name)
}

fn identifiers(code: &str) -> Vec<&str> {
    let words = code.split(|character: char| !character.is_alphanumeric() && character != '_');
    words.filter(|word| word.starts_with(|first: char| first.is_alphabetic() || first == '_')).collect()
}

/// The properties, parameters and words of the API's description.
fn description(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(&serde_json::from_str(text).unwrap_or_default(), &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
                found.extend(properties.keys().cloned());
            }
            let words = fields.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            found.extend(words.map(str::to_owned));
            // A parameter.
            if let (Some(name), true) = (fields.get("name").and_then(Value::as_str), fields.contains_key("in")) {
                found.insert(name.to_owned());
            }
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
