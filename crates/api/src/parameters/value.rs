//! What parameters stand for. Each is read after its form was checked, so what can't be read is as good as left out.

use linkpool_db::read::{EventPosition, NodeSort, Period};
use linkpool_primitives::{Address, AnnouncementState, B256, EventKind, NodeStatus, parse_address};

use super::form::canonical;
use crate::{accept::Media, at::At, update::Topic, view::parse_event_id};

pub(super) trait Value: Sized {
    fn read(text: &str) -> Option<Self>;
}

/// Words for values, and the value of each: the document's list and the reading come from one table.
macro_rules! choices {
    ($type:ty, $words:ident: $($word:literal => $value:expr),+ $(,)?) => {
        pub(super) const $words: &[&str] = &[$($word),+];

        impl Value for $type {
            fn read(text: &str) -> Option<Self> {
                match text {
                    $($word => Some($value),)+
                    _ => None,
                }
            }
        }
    };
}

/// What a list of nodes is sorted by, and whether the largest comes first.
pub(crate) type NodeOrder = (NodeSort, bool);

choices! { NodeOrder, NODE_ORDERS:
    "stake" => (NodeSort::Stake, false),
    "-stake" => (NodeSort::Stake, true),
    "created" => (NodeSort::Created, false),
    "-created" => (NodeSort::Created, true),
    "available" => (NodeSort::Available, false),
    "-available" => (NodeSort::Available, true),
}

choices! { Media, MEDIA: "json" => Media::Json, "csv" => Media::Csv }

/// Whether the newest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descending(pub bool);

choices! { Descending, DIRECTIONS: "asc" => Descending(false), "desc" => Descending(true) }

choices! { Period, PERIODS: "1h" => Period::Hour, "1d" => Period::Day }

/// Values that their own type reads.
macro_rules! parsed {
    ($($type:ty: $text:ident => $read:expr;)+) => {
        $(impl Value for $type {
            fn read($text: &str) -> Option<Self> {
                $read
            }
        })+
    };
}

parsed! {
    Address: text => parse_address(text).ok();
    AnnouncementState: text => text.parse().ok();
    EventKind: text => text.parse().ok();
    NodeStatus: text => text.parse().ok();
    String: text => Some(text.to_owned());
    u64: text => canonical(text);
    u32: text => u32::try_from(canonical(text)?).ok();
}

impl Value for B256 {
    fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
        Some(bytes.into())
    }
}

impl Value for At {
    fn read(text: &str) -> Option<Self> {
        match text {
            "head" => Some(Self::Head),
            "safe" => Some(Self::Safe),
            "finalized" => Some(Self::Finalized),
            number => canonical(number).map(Self::Block),
        }
    }
}

/// A number of this many digits is milliseconds: as seconds it would be thirty thousand years away.
const MILLISECOND_DIGITS: usize = 13;

/// RFC 3339, Unix seconds or milliseconds, in Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) struct Timestamp(pub u64);

impl Value for Timestamp {
    fn read(text: &str) -> Option<Self> {
        let parsed = chrono::DateTime::parse_from_rfc3339(text).ok().and_then(|time| u64::try_from(time.timestamp()).ok());
        let number = || canonical(text).map(|number| if text.len() == MILLISECOND_DIGITS { number / 1_000 } else { number });
        parsed.or_else(number).map(Self)
    }
}

/// The lowest and the highest address that begin with some digits.
pub(crate) type AddressRange = (Address, Address);

impl Value for AddressRange {
    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let end = |fill: char| {
            let mut bytes = [0u8; 20];
            let full: String = digits.chars().chain(std::iter::repeat(fill)).take(40).collect();
            hex::decode_to_slice(full, &mut bytes).ok().map(|()| Address::from(bytes))
        };
        end('0').zip(end('f'))
    }
}

impl Value for Vec<Topic> {
    fn read(text: &str) -> Option<Self> {
        let named = Topic::ALL.iter().filter(|(name, _)| text.split(',').any(|word| word == *name)).map(|(_, topic)| *topic);
        Some(std::iter::once(Topic::Reorg).chain(named).collect())
    }
}

/// The place and hash that the `id` of a stream's event names.
pub(crate) type EventId = (EventPosition, [u8; 4]);

impl Value for EventId {
    fn read(text: &str) -> Option<Self> {
        parse_event_id(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_spans_every_address_that_begins_with_it() {
        let (low, high) = AddressRange::read("0x5aA").unwrap();
        assert_eq!(hex::encode(low), format!("5aa{}", "0".repeat(37)));
        assert_eq!(hex::encode(high), format!("5aa{}", "f".repeat(37)));
    }
}
