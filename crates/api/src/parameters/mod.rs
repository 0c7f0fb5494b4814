//! The query of a request, read field by field, with every mistake named at once.

mod form;
mod path;
mod spec;

use std::str::FromStr;

use linkpool_primitives::{Address, parse_address};

use self::form::canonical;
pub(crate) use self::{
    path::PathText,
    spec::{
        ADDRESS, EventsParameters, HASH, HistoryParameters, LAST_EVENT_ID, NodeEventsParameters, NodeParameters,
        NodeStakesParameters, NodesParameters, ParameterLocation, PoolParameters, Spec, StakerParameters, StreamParameters,
        TransactionParameters,
    },
};
use crate::problem::{FieldError, Problem};

/// A longer query can't be a meant one.
const MAX_QUERY_BYTES: usize = 2_048;
const DEFAULT_LIMIT: u32 = 50;
/// Mistakes named at most, so that no answer is many times as large as its request.
const MAX_MISTAKES: usize = 10;
/// Characters shown of a name that is not known.
const SHOWN: usize = 40;

/// The parameters of one request. Reading one that is malformed records the mistake; [`Parameters::finish`] reports all.
#[derive(Debug)]
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
    conflict: Option<Problem>,
}

impl Parameters {
    /// Splits the query, and refuses names that the route does not have and values that are not as they are described.
    pub fn read(query: Option<&str>, route: &[&Spec]) -> Self {
        let query = query.unwrap_or_default();
        let mut parameters = Self { pairs: Vec::new(), errors: Vec::new(), conflict: None };
        if query.len() > MAX_QUERY_BYTES {
            parameters.note("query", format!("is longer than {MAX_QUERY_BYTES} bytes"));
            return parameters;
        }
        let known: Vec<&Spec> = route.iter().copied().filter(|spec| spec.location == ParameterLocation::Query).collect();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
            parameters.take(name, value, &known);
        }
        parameters
    }

    fn take(&mut self, name: String, value: String, known: &[&Spec]) {
        let Some(spec) = known.iter().find(|spec| spec.name == name) else {
            let shown: String = name.chars().take(SHOWN).collect();
            let detail = if known.is_empty() {
                "is not known here: this path takes none".into()
            } else {
                format!("is not known here: use {}", known.iter().map(|spec| spec.name).collect::<Vec<_>>().join(", "))
            };
            return self.note(&shown, detail);
        };
        if self.pairs.iter().any(|(seen, _)| *seen == name) {
            return self.note(&name, "is given twice");
        }
        match spec.form.check(&value) {
            Ok(()) => self.pairs.push((name, value)),
            Err(detail) => self.note(&name, detail),
        }
    }

    /// A route without parameters.
    pub fn none(query: Option<&str>) -> Result<(), Problem> {
        Self::read(query, &[]).finish()
    }

    /// A value that is as its form says.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub fn address(&self, name: &str) -> Option<Address> {
        parse_address(self.text(name)?).ok()
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        canonical(self.text(name)?)
    }

    pub fn limit(&self) -> u32 {
        self.limit_or(DEFAULT_LIMIT)
    }

    pub fn limit_or(&self, default: u32) -> u32 {
        self.number("limit").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(default)
    }

    /// A time as RFC 3339 or Unix seconds, in Unix seconds.
    pub fn time(&self, name: &str) -> Option<u64> {
        let text = self.text(name)?;
        let parsed = chrono::DateTime::parse_from_rfc3339(text).ok().and_then(|time| u64::try_from(time.timestamp()).ok());
        parsed.or_else(|| canonical(text))
    }

    /// One of the words of an enum.
    pub fn word<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// What one of a few words stands for.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }

    /// Records a mistake.
    pub fn note(&mut self, name: &str, detail: impl Into<String>) {
        if self.errors.len() < MAX_MISTAKES {
            self.errors.push(FieldError { field: name.into(), detail: detail.into() });
        }
    }

    /// Records that the request, though well formed, can't be answered as things stand.
    pub fn conflict(&mut self, problem: Problem) {
        self.conflict.get_or_insert(problem);
    }

    /// Every mistake found while reading.
    pub fn finish(self) -> Result<(), Problem> {
        if !self.errors.is_empty() {
            return Err(Problem::invalid(self.errors));
        }
        self.conflict.map_or(Ok(()), Err)
    }
}

/// The block of `at`, if a query names one by number.
pub(crate) fn block_asked_for(query: Option<&str>) -> Option<u64> {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(name, _)| name == "at").and_then(|(_, value)| canonical(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named_at_once() {
        let query = "limit=0&node=0x12&limt=5&type=up&node=0x13";
        let parameters = Parameters::read(Some(query), EventsParameters::ALL);
        assert_eq!((parameters.limit(), parameters.address("node"), parameters.text("type")), (DEFAULT_LIMIT, None, None));
        let problem = parameters.finish().unwrap_err();
        let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["limit", "node", "limt", "type", "node"]);
    }

    #[test]
    fn no_more_than_ten_mistakes_are_named() {
        let parameters = Parameters::read(Some(&"a&".repeat(1_000)), EventsParameters::ALL);
        assert_eq!(parameters.finish().unwrap_err().errors.len(), MAX_MISTAKES);
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let parameters = Parameters::read(None, EventsParameters::ALL);
        assert_eq!((parameters.limit(), parameters.number("from_block")), (50, None));
        assert!(parameters.finish().is_ok());
    }

    #[test]
    fn a_number_is_written_as_json_writes_it() {
        for (text, expected) in [("0", Some(0)), ("999999999999999", Some(999_999_999_999_999))] {
            let parameters = Parameters::read(Some(&format!("from_block={text}")), EventsParameters::ALL);
            assert_eq!(parameters.number("from_block"), expected, "{text}");
        }
        for text in ["", "-1", "%2B5", "05", "5.0", "1e2", "0x5", "1000000000000000", "99999999999999999999", "%EF%BC%91"] {
            let parameters = Parameters::read(Some(&format!("from_block={text}")), EventsParameters::ALL);
            assert!(parameters.finish().is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_one_that_a_calendar_has() {
        for (text, expected) in [
            ("0", 0),
            ("999999999999", 999_999_999_999),
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("2026-11-22T11:00:00.000Z", 1_795_345_200),
            ("2026-11-22T12:00:00%2B01:00", 1_795_345_200),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            let parameters = Parameters::read(Some(&format!("from={text}")), HistoryParameters::ALL);
            assert_eq!(parameters.time("from"), Some(expected), "{text}");
        }
        for text in [
            "",
            "-1",
            "yesterday",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00%2B01:00",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-11-22",
            "2026-11-22 11:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T11:00:00",
            "2026-11-22T12:00:00+01:00",
            "1000000000000",
            "1.5",
        ] {
            let parameters = Parameters::read(Some(&format!("from={text}")), HistoryParameters::ALL);
            assert!(parameters.finish().is_err(), "{text}");
        }
    }
}
