//! What a request says besides its body: each parameter is described once, checked by that description, and read as a value of
//! its type. Every mistake is named at once.

mod form;
mod query;
mod spec;
mod value;

use std::borrow::Cow;

use axum::http::HeaderMap;

use self::form::canonical;
use self::spec::{ParameterLocation, Spec};
use self::value::Value;
pub(crate) use self::{
    query::{
        AddressPath, AnnouncementsQuery, EventsQuery, HashPath, HistoryQuery, NoQuery, NodeEarningsQuery, NodeEventsQuery,
        NodeQuery, NodeStakesQuery, NodesQuery, PoolQuery, StakerQuery, StakersQuery, StreamQuery, TransactionQuery,
    },
    value::{Descending, EventId, Timestamp},
};
use crate::{
    accept::Media,
    problem::{FieldError, Problem},
};

/// A longer query can't be a meant one.
const MAX_QUERY_BYTES: usize = 2_048;
/// Mistakes named at most, so that no answer is many times as large as its request.
const MAX_MISTAKES: usize = 10;
/// Characters shown of a name that is not known.
const SHOWN: usize = 40;

/// The parameters of one request as they are written. One that is malformed is recorded; [`Parameters::finish`] reports all.
#[derive(Debug)]
struct Parameters {
    pairs: Vec<(&'static str, String)>,
    errors: Vec<FieldError>,
}

impl Parameters {
    /// Splits the query, and refuses names that the route does not have and values that are not as they are described.
    fn read(query: Option<&str>, headers: &HeaderMap, route: &[&'static Spec]) -> Self {
        let query = query.unwrap_or_default();
        let mut parameters = Self { pairs: Vec::new(), errors: Vec::new() };
        let at = |location| route.iter().copied().filter(move |spec| spec.location == location);
        let known: Vec<&'static Spec> = at(ParameterLocation::Query).collect();
        if query.len() > MAX_QUERY_BYTES {
            parameters.note("query", format!("is longer than {MAX_QUERY_BYTES} bytes"));
        } else {
            for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
                parameters.take_named(&name, value.into_owned(), &known);
            }
        }
        for spec in at(ParameterLocation::Header) {
            for value in headers.get_all(spec.name) {
                parameters.take(spec, value.to_str().unwrap_or_default().to_owned());
            }
        }
        parameters
    }

    fn take_named(&mut self, name: &str, value: String, known: &[&'static Spec]) {
        let Some(spec) = known.iter().copied().find(|spec| spec.name == name) else {
            let shown: String = name.chars().take(SHOWN).collect();
            let detail = if known.is_empty() {
                "is not known here: this path takes none".into()
            } else {
                format!("is not known here: use {}", known.iter().map(|spec| spec.name).collect::<Vec<_>>().join(", "))
            };
            return self.note(&shown, detail);
        };
        self.take(spec, value);
    }

    fn take(&mut self, spec: &'static Spec, value: String) {
        if self.pairs.iter().any(|(seen, _)| *seen == spec.name) {
            return self.note(spec.name, "is given twice");
        }
        match spec.form.check(&value) {
            Ok(()) => self.pairs.push((spec.name, value)),
            Err(detail) => self.note(spec.name, detail),
        }
    }

    /// A value that is as its form says.
    fn text(&self, spec: &Spec) -> Option<&str> {
        self.pairs.iter().find(|(given, _)| *given == spec.name).map(|(_, value)| value.as_str())
    }

    /// Records a mistake.
    fn note(&mut self, name: &str, detail: impl Into<String>) {
        if self.errors.len() < MAX_MISTAKES {
            self.errors.push(FieldError { field: name.into(), detail: detail.into() });
        }
    }

    /// Every mistake found while reading.
    fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }
}

/// The block of `at`, if a query names one by number.
pub(crate) fn block_asked_for(query: Option<&str>) -> Option<u64> {
    first(query?, "at").and_then(|value| canonical(&value))
}

/// The form that a query's `format` names.
pub(crate) fn form_asked_for(query: Option<&str>) -> Option<Media> {
    first(query?, "format").and_then(|value| Media::read(&value))
}

fn first<'a>(query: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    url::form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| (name == wanted).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::{query::Query, *};

    fn read<Q: Query>(query: &str) -> Result<Q, Problem> {
        Q::read((!query.is_empty()).then_some(query), &HeaderMap::new())
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let query = "limit=0&node=0x12&limt=5&type=up&node=0x13";
        let specs = [&spec::LIMIT, &spec::NODE, &spec::TYPE];
        let parameters = Parameters::read(Some(query), &HeaderMap::new(), &specs);
        assert_eq!(specs.map(|spec| parameters.text(spec)), [None; 3], "what is malformed is not read");
        let problem = read::<EventsQuery>(query).unwrap_err();
        let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["limit", "node", "limt", "type", "node"]);
    }

    #[test]
    fn a_mistake_between_two_parameters_is_named_beside_the_others() {
        let problem = read::<HistoryQuery>("limit=0&from=5&to=4").unwrap_err();
        let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["limit", "from"]);
        assert!(read::<HistoryQuery>("from=4&to=4").is_ok());
    }

    #[test]
    fn no_more_than_ten_mistakes_are_named() {
        assert_eq!(read::<EventsQuery>(&"a&".repeat(1_000)).unwrap_err().errors.len(), MAX_MISTAKES);
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let query = read::<EventsQuery>("").unwrap();
        assert_eq!((query.limit, query.from_block), (50, None));
    }

    #[test]
    fn a_number_is_written_as_json_writes_it() {
        for (text, expected) in [("0", Some(0)), ("999999999999999", Some(999_999_999_999_999))] {
            assert_eq!(read::<EventsQuery>(&format!("from_block={text}")).unwrap().from_block, expected, "{text}");
        }
        for text in ["", "-1", "%2B5", "05", "5.0", "1e2", "0x5", "1000000000000000", "99999999999999999999", "%EF%BC%91"] {
            assert!(read::<EventsQuery>(&format!("from_block={text}")).is_err(), "{text}");
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
            ("1795345200999", 1_795_345_200),
        ] {
            assert_eq!(read::<HistoryQuery>(&format!("from={text}")).unwrap().from, Some(Timestamp(expected)), "{text}");
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
            "10000000000000",
            "1.5",
        ] {
            assert!(read::<HistoryQuery>(&format!("from={text}")).is_err(), "{text}");
        }
    }
}
