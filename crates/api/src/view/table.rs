//! Lists as CSV (RFC 4180), for spreadsheets and for whoever reads line by line.

use csv::{Terminator, WriterBuilder};
use serde::Serialize;
use serde_json::Value;

/// An entry of a list that is a line of CSV as well.
pub(crate) trait Table: Serialize {
    /// What a download of the list is called.
    const NAME: &'static str;
    /// Fields of the entry, in order. A point leads into an object; the column's name has `_` instead.
    const COLUMNS: &'static [&'static str];
}

/// Rows as they are in JSON. Lists within a row are left out: they have paths of their own.
pub(crate) fn csv<T: Table>(rows: &[Value]) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    // A vector takes whatever is written to it.
    let _ = writer.write_record(T::COLUMNS.iter().map(|column| column.replace('.', "_")));
    for row in rows {
        let _ = writer.write_record(T::COLUMNS.iter().map(|column| cell(row.pointer(&format!("/{}", column.replace('.', "/"))))));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// A value as a cell. Text that a spreadsheet would take for a formula gets an apostrophe in front, which makes it text there.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Note;

    impl Table for Note {
        const NAME: &'static str = "notes";
        const COLUMNS: &'static [&'static str] = &["text", "rate.annual_bps"];
    }

    #[test]
    fn a_cell_is_never_a_formula_nor_two_cells() {
        for (value, expected) in [
            (json!("Staked"), "Staked"),
            (json!(null), ""),
            (json!("=HYPERLINK(\"//x\")"), "\"'=HYPERLINK(\"\"//x\"\")\""),
            (json!("+1"), "'+1"),
            (json!("-1"), "'-1"),
            (json!("@SUM(A1)"), "'@SUM(A1)"),
            (json!("\t=1"), "'\t=1"),
            (json!("a,b"), "\"a,b\""),
            (json!("a\"b"), "\"a\"\"b\""),
            (json!("a\nb"), "\"a\nb\""),
            (json!(-1.5), "-1.5"),
        ] {
            let text = csv::<Note>(&[json!({ "text": value, "rate": { "annual_bps": 5 } })]);
            assert_eq!(text, format!("text,rate_annual_bps\r\n{expected},5\r\n"));
        }
    }
}
