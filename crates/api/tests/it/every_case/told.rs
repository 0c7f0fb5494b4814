//! What was asked and answered, as text that is the same each time.

use serde_json::Value;

use crate::fixture::Answer;

/// They follow from the body, or say how it may be kept.
const HEADERS: [&str; 3] = ["content-type", "cache-control", "retry-after"];
/// Of the clock, by chance, or of this version.
const FLEETING: [&str; 4] = ["request_id", "version", "lag_seconds", "next"];

pub fn told(case: &str, path: &str, answer: Answer) -> String {
    let mut text = format!("== {case}\nGET {path}\n{}\n", answer.status.as_u16());
    for name in HEADERS {
        let value = answer.header(name);
        if !value.is_empty() {
            text += &format!("{name}: {value}\n");
        }
    }
    let mut body = answer.body;
    quiet(&mut body);
    let body = match body {
        Value::String(body) => body.replace("\r\n", "\n"),
        body => serde_json::to_string_pretty(&body).unwrap(),
    };
    text + body.trim_end() + "\n\n"
}

fn quiet(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(quiet),
        Value::Object(fields) => {
            for (name, value) in fields {
                if FLEETING.contains(&name.as_str()) && !value.is_null() {
                    *value = "…".into();
                }
                quiet(value);
            }
        }
        // Whether a parser of numbers finds the last digit depends on what else it was built for.
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().and_then(|exact| format!("{exact:.11e}").parse::<f64>().ok());
            *value = rounded.into();
        }
        _ => {}
    }
}
