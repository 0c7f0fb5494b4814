//! The query of a request, read field by field, with every mistake named at once.

use linkpool_primitives::{Address, parse_address};

use crate::problem::{FieldError, Problem};

/// A longer query can't be a meant one.
const MAX_QUERY_BYTES: usize = 2_048;
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 500;

/// The parameters of one request. Reading one that is malformed records the mistake; [`Parameters::finish`] reports all.
#[derive(Debug)]
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Parameters {
    /// Splits the query and refuses names that the route does not have.
    pub fn read(query: Option<&str>, known: &[&str]) -> Self {
        let query = query.unwrap_or_default();
        let mut parameters = Self { pairs: Vec::new(), errors: Vec::new() };
        if query.len() > MAX_QUERY_BYTES {
            parameters.note("query", format!("is longer than {MAX_QUERY_BYTES} bytes"));
            return parameters;
        }
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
            if !known.contains(&name.as_str()) {
                let shown: String = name.chars().take(40).collect();
                let detail = if known.is_empty() {
                    "is not known here: this path takes none".into()
                } else {
                    format!("is not known here: use {}", known.join(", "))
                };
                parameters.note(&shown, detail);
            } else if parameters.pairs.iter().any(|(seen, _)| *seen == name) {
                parameters.note(&name, "is given twice");
            } else {
                parameters.pairs.push((name, value));
            }
        }
        parameters
    }

    /// A route without parameters.
    pub fn none(query: Option<&str>) -> Result<(), Problem> {
        Self::read(query, &[]).finish()
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub fn address(&mut self, name: &str) -> Option<Address> {
        match parse_address(self.text(name)?) {
            Ok(address) => Some(address),
            Err(error) => self.refuse(name, format!("is not valid: {error}")),
        }
    }

    pub fn block(&mut self, name: &str) -> Option<u64> {
        // Postgres counts blocks in 63 bits.
        match self.text(name)?.parse::<u64>().ok().filter(|block| i64::try_from(*block).is_ok()) {
            Some(block) => Some(block),
            None => self.refuse(name, "must be a block number"),
        }
    }

    pub fn limit(&mut self) -> u32 {
        self.limit_up_to(DEFAULT_LIMIT, MAX_LIMIT)
    }

    pub fn limit_up_to(&mut self, default: u32, most: u32) -> u32 {
        let Some(text) = self.text("limit") else { return default };
        match text.parse::<u32>().ok().filter(|limit| (1..=most).contains(limit)) {
            Some(limit) => limit,
            None => self.refuse("limit", format!("must be a number from 1 to {most}")).unwrap_or(default),
        }
    }

    /// A time as RFC 3339 or Unix seconds, in Unix seconds.
    pub fn time(&mut self, name: &str) -> Option<u64> {
        let text = self.text(name)?;
        let parsed = chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp());
        // Times of the contract have 40 bits.
        match parsed.or_else(|| text.parse().ok()).filter(|time| (0..1 << 40).contains(time)) {
            Some(time) => u64::try_from(time).ok(),
            None => self.refuse(name, "must be a time such as 2026-11-22T11:00:00Z, or Unix seconds"),
        }
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Some(*value),
            None => self
                .refuse(name, format!("must be one of {}", choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "))),
        }
    }

    /// Records a mistake.
    pub fn note(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(FieldError { field: name.into(), detail: detail.into() });
    }

    /// Records a mistake; always `None`, for the place of the value.
    pub fn refuse<T>(&mut self, name: &str, detail: impl Into<String>) -> Option<T> {
        self.note(name, detail);
        None
    }

    /// Every mistake found while reading.
    pub fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }
}

/// An address in the path.
pub(crate) fn path_address(text: &str) -> Result<Address, Problem> {
    parse_address(text).map_err(|error| Problem::invalid_field("address", format!("is not valid: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named_at_once() {
        let mut parameters = Parameters::read(Some("limit=0&node=0x12&limt=5&sort=up&node=0x13"), &["limit", "node", "sort"]);
        assert_eq!(parameters.limit(), DEFAULT_LIMIT);
        assert_eq!(parameters.address("node"), None);
        assert_eq!(parameters.choice("sort", &[("stake", 1)]), None);
        let problem = parameters.finish().unwrap_err();
        let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["limt", "node", "limit", "node", "sort"]);
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let mut parameters = Parameters::read(None, &["limit", "from_block"]);
        assert_eq!((parameters.limit(), parameters.block("from_block")), (50, None));
        assert!(parameters.finish().is_ok());
    }

    #[test]
    fn a_block_beyond_63_bits_is_refused() {
        let mut parameters = Parameters::read(Some("from_block=9223372036854775808"), &["from_block"]);
        assert_eq!(parameters.block("from_block"), None);
        assert!(parameters.finish().is_err());
    }
}
