//! Every parameter of the API, once: its form, its description, an example.

use linkpool_primitives::{AnnouncementState, EventKind, NodeStatus};
use utoipa::openapi::{
    Required,
    path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle},
};

use super::{
    form::{Form, Pattern},
    value::{DIRECTIONS, MEDIA, NODE_ORDERS, PERIODS},
};
use crate::update::Topic;

/// A parameter as the document describes it and the server enforces it.
#[derive(Debug)]
pub(crate) struct Spec {
    pub name: &'static str,
    pub location: ParameterLocation,
    pub form: Form,
    about: &'static str,
    example: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterLocation {
    Query,
    Path,
    Header,
}

/// Block numbers have at most fifteen digits here, which every reader of JSON holds exactly.
const MAX_BLOCK: u64 = 999_999_999_999_999;

/// The month and day of a time, for each month as many as it has; the 29th of February in leap years only.
macro_rules! time_pattern {
    () => {
        concat!(
            "^(?:0|[1-9][0-9]{0,12}|(?:1970-",
            month_day!(),
            "T",
            clock!(),
            "Z",
            "|(?:(?:19(?:7[1-9]|[89][0-9])|[2-9][0-9]{3})-",
            month_day!(),
            "|(?:19(?:7[26]|8[048]|9[26])|[2-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[3579][26])00)-02-29)",
            "T",
            clock!(),
            "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])))$"
        )
    };
}
macro_rules! month_day {
    () => {
        "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    };
}
macro_rules! clock {
    () => {
        "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?"
    };
}

const fn time() -> Form {
    Form::Text {
        pattern: Pattern::new(time_pattern!()),
        must: "must be a time from 1970 on such as 2026-11-22T11:00:00Z, Unix seconds, or milliseconds in 13 digits; write a + before an offset as %2B",
    }
}

const fn limit(most: u32, default: u32, must: &'static str, about: &'static str, example: &'static str) -> Spec {
    Spec {
        name: "limit",
        location: ParameterLocation::Query,
        form: Form::Number { least: 1, most: most as u64, default: Some(default as u64), must },
        about,
        example,
    }
}

macro_rules! specs {
    ($($name:ident: $text:literal $location:ident $form:expr, $about:literal, $example:literal;)+) => {
        $(pub(super) static $name: Spec = Spec { name: $text, location: ParameterLocation::$location, form: $form, about: $about, example: $example };)+
    };
}

specs! {
    AT: "at" Query Form::Text { pattern: Pattern::new("^(?:head|safe|finalized|0|[1-9][0-9]{0,14})$"), must: "must be a block number, head, safe or finalized" },
        "A block number, head, safe or finalized. Default head", "head";
    STATE: "state" Query Form::Words(AnnouncementState::WORDS), "Only announcements that stand so", "waiting";
    STATUS: "status" Query Form::Words(NodeStatus::WORDS), "Only nodes of this status", "active";
    PREFIX: "q" Query Form::Text { pattern: Pattern::new("^(?:0x)?[0-9a-fA-F]{0,40}$"), must: "must be the first digits of an address, for example 0x5aAe" },
        "The first digits of an address, with or without 0x", "0x5aAe";
    SORT: "sort" Query Form::Words(NODE_ORDERS),
        "With - in front the largest or newest first. Default -created", "-stake";
    CURSOR: "cursor" Query Form::Text { pattern: Pattern::new("^[0-9a-f]{130}$"), must: "is not valid: use `page.next` of the page before, unchanged" },
        "`page.next` of the page before. Opaque", "02b6f0a9e6000000000000000c9b83c12c69edb74f000000000000000000000000000000000000000c000000030000000000000000000000000000000000000000";
    TYPE: "type" Query Form::Words(EventKind::WORDS), "The event's name in the contract", "Staked";
    NODE: "node" Query Form::Address, "Only of this node, by its wallet. Mixed case must be the EIP-55 checksum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    STAKER: "staker" Query Form::Address, "Only events of this staker. Mixed case must be the EIP-55 checksum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    FROM_BLOCK: "from_block" Query Form::Number { least: 0, most: MAX_BLOCK, default: None, must: "must be a block number" },
        "No older event", "12";
    TO_BLOCK: "to_block" Query Form::Number { least: 0, most: MAX_BLOCK, default: None, must: "must be a block number" },
        "No newer event; not below `from_block`", "12";
    EVENTS_FROM: "from" Query time(), "No event before this time: RFC 3339, Unix seconds, or milliseconds in 13 digits; not after `to`", "2026-11-22T11:00:00Z";
    EVENTS_TO: "to" Query time(), "No event after this time: RFC 3339, Unix seconds, or milliseconds in 13 digits", "2026-11-23T11:00:00Z";
    DIRECTION: "order" Query Form::Words(DIRECTIONS), "`asc` begins with the oldest event. Default desc", "asc";
    FORMAT: "format" Query Form::Words(MEDIA), "`csv` for the page as CSV, whatever `Accept` says. Default by `Accept`", "csv";
    INTERVAL: "interval" Query Form::Words(PERIODS), "The time of one point. Default 1d", "1h";
    FROM: "from" Query time(), "No older point: RFC 3339, Unix seconds, or milliseconds in 13 digits, not after `to`. As far back as a page goes if left out", "2026-11-22T11:00:00Z";
    TO: "to" Query time(), "No newer point: RFC 3339, Unix seconds, or milliseconds in 13 digits. Default the indexed block's time", "2026-11-23T11:00:00Z";
    TOPICS: "topics" Query Form::WordList(&Topic::NAMES), "Comma-separated; all when left out. `reorg` always comes", "head,stake";
    LAST_EVENT_ID: "Last-Event-ID" Header Form::Text { pattern: Pattern::new("^(?:0|[1-9][0-9]{0,14})-(?:0|[1-9][0-9]{0,9})-[0-9a-f]{8}$"), must: "must be the `id` of an event of this stream, unchanged, or left out" },
        "The `id` of the last event received", "12-3-9b83c12c";
    ADDRESS: "address" Path Form::Address, "Mixed case must be the EIP-55 checksum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    HASH: "hash" Path Form::Text { pattern: Pattern::new("^0x[0-9a-fA-F]{64}$"), must: "must be 0x and 64 hexadecimal digits" },
        "The transaction's hash", "0x9b83c12c69edb74f6c8dd5d052765c1adf940e320bd1291696e6fa07829eee71";
}

/// Entries of a page if nothing is said.
pub(super) const ENTRIES: u32 = 50;
/// Points of a page if nothing is said: a week of hours. And the most.
pub(super) const POINTS: u32 = 168;
const MAX_POINTS: u32 = 1_000;

pub(super) static LIMIT: Spec = limit(500, ENTRIES, "must be a number from 1 to 500", "The most entries of a page", "50");
pub(super) static POINTS_LIMIT: Spec =
    limit(MAX_POINTS, POINTS, "must be a number from 1 to 1000", "The most points of a page", "24");

impl Spec {
    pub fn document(&self) -> Parameter {
        let is_list = matches!(self.form, Form::WordList(_));
        let is_number = matches!(self.form, Form::Number { .. });
        let (location, required) = match self.location {
            ParameterLocation::Query => (ParameterIn::Query, Required::False),
            ParameterLocation::Path => (ParameterIn::Path, Required::True),
            ParameterLocation::Header => (ParameterIn::Header, Required::False),
        };
        let example = match self.example.parse::<u64>() {
            Ok(number) if is_number => number.into(),
            _ if is_list => self.example.split(',').collect::<Vec<_>>().into(),
            _ => serde_json::Value::from(self.example),
        };
        ParameterBuilder::new()
            .name(self.name)
            .parameter_in(location)
            .required(required)
            .description(Some(self.about))
            .style(is_list.then_some(ParameterStyle::Form))
            .explode(is_list.then_some(false))
            .schema(Some(self.form.schema()))
            .example(Some(example))
            .build()
    }
}
