//! What a benchmark says.

use anyhow::Result;

/// One measurement.
pub struct Row {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    /// What it is to be held against: an aim, what others need. Empty where there is nothing.
    pub note: String,
    /// Further measurements of the same thing, each under its name.
    pub more: Vec<(&'static str, f64)>,
}

/// What a test program printed, `row NAME VALUE WORD` a line; `read` makes a row of the three.
pub fn printed(text: &str, read: impl Fn(&str, f64, &str) -> Row) -> Result<Vec<Row>> {
    let line = |line: &str| {
        let mut words = line.strip_prefix("row ")?.split(' ');
        Some(read(words.next()?, words.next()?.parse().ok()?, words.next()?))
    };
    let rows: Vec<Row> = text.lines().filter_map(line).collect();
    anyhow::ensure!(!rows.is_empty(), "the measurement printed no rows: was its test renamed?");
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_rows_are_left_out_and_none_at_all_is_an_error() {
        let read = |name: &str, value, word: &str| Row {
            name: name.to_owned(),
            value,
            unit: "",
            note: word.to_owned(),
            more: Vec::new(),
        };
        let rows = printed("running 1 test\nrow a 1.5 ms\nrow b\ntest result: ok", read).unwrap();
        assert_eq!(
            rows.iter().map(|row| (row.name.as_str(), row.value, row.note.as_str())).collect::<Vec<_>>(),
            [("a", 1.5, "ms")]
        );
        assert!(printed("test result: ok", read).is_err());
    }
}
