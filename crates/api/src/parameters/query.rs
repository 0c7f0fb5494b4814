//! The parameters of each route, as its handler takes them and the document lists them.

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, request::Parts},
};
use linkpool_db::read::{NodeSort, Period};
use linkpool_primitives::{Address, AnnouncementState, B256, EventKind, NodeStatus};
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::{
    Parameters,
    spec::{
        ADDRESS, AT, CURSOR, DIRECTION, ENTRIES, EVENTS_FROM, EVENTS_TO, FORMAT, FROM, FROM_BLOCK, HASH, INTERVAL, LAST_EVENT_ID,
        LIMIT, NODE, POINTS, POINTS_LIMIT, PREFIX, SORT, STAKER, STATE, STATUS, Spec, TO, TO_BLOCK, TOPICS, TYPE,
    },
    value::{AddressRange, Descending, EventId, NodeOrder, Timestamp, Value},
};
use crate::{accept::Media, at::At, problem::Problem, update::Topic};

pub(super) trait Query: Sized {
    /// # Errors
    /// Every mistake.
    fn read(query: Option<&str>, headers: &HeaderMap) -> Result<Self, Problem>;
}

/// A route's parameters: in brackets those of its path, which an extractor of its own reads, then those of its query and headers.
macro_rules! queries {
    (@type $type:ty) => { Option<$type> };
    (@type $type:ty, $default:expr) => { $type };
    (@value $text:expr, $type:ty) => { $text.and_then(<$type as Value>::read) };
    (@value $text:expr, $type:ty, $default:expr) => { $text.and_then(<$type as Value>::read).unwrap_or($default) };
    ($(
        $(#[$doc:meta])*
        $name:ident [$($path:ident)?] $(check $check:path)? { $($field:ident: $type:ty = $spec:ident $(or $default:expr)?;)* }
    )+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name { $(pub $field: queries!(@type $type $(, $default)?)),* }

        impl Query for $name {
            fn read(query: Option<&str>, headers: &HeaderMap) -> Result<Self, Problem> {
                let parameters = Parameters::read(query, headers, &[$(&$spec),*]);
                let read = Self { $($field: queries!(@value parameters.text(&$spec), $type $(, $default)?)),* };
                $(let parameters = $check(&read, parameters);)?
                parameters.finish().map(|()| read)
            }
        }

        impl utoipa::IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                let all: &[&Spec] = &[$(&$path,)? $(&$spec),*];
                all.iter().map(|spec| spec.document()).collect()
            }
        }

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                Self::read(parts.uri.query(), &parts.headers)
            }
        }
    )+};
}

queries! {
    /// Every parameter is unknown.
    NoQuery [] {}
    TransactionQuery [HASH] {}
    PoolQuery [] { at: At = AT or At::Head; }
    NodeQuery [ADDRESS] { at: At = AT or At::Head; }
    StakerQuery [ADDRESS] {
        limit: u32 = LIMIT or ENTRIES;
        cursor: String = CURSOR;
        at: At = AT or At::Head;
        format: Media = FORMAT;
    }
    StakersQuery [] {
        limit: u32 = LIMIT or ENTRIES;
        cursor: String = CURSOR;
        format: Media = FORMAT;
    }
    HistoryQuery [] check in_order {
        node: Address = NODE;
        period: Period = INTERVAL or Period::Day;
        from: Timestamp = FROM;
        to: Timestamp = TO;
        limit: u32 = POINTS_LIMIT or POINTS;
        cursor: String = CURSOR;
        format: Media = FORMAT;
    }
    NodeEarningsQuery [ADDRESS] check earnings_in_order {
        from: Timestamp = FROM;
        to: Timestamp = TO;
        limit: u32 = LIMIT or ENTRIES;
        cursor: String = CURSOR;
        format: Media = FORMAT;
    }
    AnnouncementsQuery [] {
        state: AnnouncementState = STATE;
        limit: u32 = LIMIT or ENTRIES;
        cursor: String = CURSOR;
        at: At = AT or At::Head;
        format: Media = FORMAT;
    }
    NodesQuery [] {
        status: NodeStatus = STATUS;
        range: AddressRange = PREFIX;
        order: NodeOrder = SORT or (NodeSort::Created, true);
        limit: u32 = LIMIT or ENTRIES;
        cursor: String = CURSOR;
        at: At = AT or At::Head;
        format: Media = FORMAT;
    }
    NodeStakesQuery [ADDRESS] {
        limit: u32 = LIMIT or ENTRIES;
        cursor: String = CURSOR;
        at: At = AT or At::Head;
        format: Media = FORMAT;
    }
    NodeEventsQuery [ADDRESS] check node_events_in_order {
        kind: EventKind = TYPE;
        staker: Address = STAKER;
        from_block: u64 = FROM_BLOCK;
        to_block: u64 = TO_BLOCK;
        from: Timestamp = EVENTS_FROM;
        to: Timestamp = EVENTS_TO;
        direction: Descending = DIRECTION or Descending(true);
        limit: u32 = LIMIT or ENTRIES;
        cursor: String = CURSOR;
        format: Media = FORMAT;
    }
    EventsQuery [] check events_in_order {
        kind: EventKind = TYPE;
        node: Address = NODE;
        staker: Address = STAKER;
        from_block: u64 = FROM_BLOCK;
        to_block: u64 = TO_BLOCK;
        from: Timestamp = EVENTS_FROM;
        to: Timestamp = EVENTS_TO;
        direction: Descending = DIRECTION or Descending(true);
        limit: u32 = LIMIT or ENTRIES;
        cursor: String = CURSOR;
        format: Media = FORMAT;
    }
    StreamQuery [] {
        topics: Vec<Topic> = TOPICS or Topic::ALL.map(|(_, topic)| topic).to_vec();
        last_event_id: EventId = LAST_EVENT_ID;
    }
}

fn in_order(query: &HistoryQuery, parameters: Parameters) -> Parameters {
    ends_after_it_begins(query.from.zip(query.to), None, parameters)
}

fn earnings_in_order(query: &NodeEarningsQuery, parameters: Parameters) -> Parameters {
    ends_after_it_begins(query.from.zip(query.to), None, parameters)
}

fn events_in_order(query: &EventsQuery, parameters: Parameters) -> Parameters {
    ends_after_it_begins(query.from.zip(query.to), query.from_block.zip(query.to_block), parameters)
}

fn node_events_in_order(query: &NodeEventsQuery, parameters: Parameters) -> Parameters {
    ends_after_it_begins(query.from.zip(query.to), query.from_block.zip(query.to_block), parameters)
}

/// An end before its begin is a mistake.
fn ends_after_it_begins(
    times: Option<(Timestamp, Timestamp)>,
    blocks: Option<(u64, u64)>,
    mut parameters: Parameters,
) -> Parameters {
    if times.is_some_and(|(from, to)| from > to) {
        parameters.note(FROM.name, "must not be after `to`");
    }
    if blocks.is_some_and(|(from, to)| from > to) {
        parameters.note(FROM_BLOCK.name, "must not be above `to_block`");
    }
    parameters
}

/// The address in the path, of a node or a staker.
#[derive(Debug)]
pub(crate) struct AddressPath(pub Address);

/// The transaction in the path.
#[derive(Debug)]
pub(crate) struct HashPath(pub B256);

impl<S: Send + Sync> FromRequestParts<S> for AddressPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        in_path(parts, state, &ADDRESS).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for HashPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        in_path(parts, state, &HASH).await.map(Self)
    }
}

/// The one variable part of a path, decoded.
async fn in_path<T: Value>(parts: &mut Parts, state: &(impl Send + Sync), spec: &'static Spec) -> Result<T, Problem> {
    let path = Path::<String>::from_request_parts(parts, state).await;
    let Path(text) = path.map_err(|_| Problem::invalid_field("path", "must be percent-encoded UTF-8"))?;
    spec.form.check(&text).map_err(|detail| Problem::invalid_field(spec.name, detail))?;
    T::read(&text).ok_or_else(|| Problem::invalid_field(spec.name, "is not valid"))
}
