//! Values as the API writes them: amounts as decimal strings, addresses in EIP-55, hashes in hex, times in RFC 3339.

use linkpool_primitives::{Address, B256, checksum, rfc3339};
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

macro_rules! scalar {
    ($(#[$doc:meta])* $name:ident($inner:ty), $schema:literal, $pattern:literal, $example:literal, $description:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $name(pub $inner);

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some($pattern))
                    .description(Some($description))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $schema.into()
            }
        }
    };
}

scalar! {
    /// Juels or shares.
    Amount(u128), "Amount", "^[0-9]+$", "60000000000000000000000",
    "A decimal integer, as text because JSON numbers lose digits beyond 2^53. The field's name ends in its unit: juels (10^-18 LINK), shares (one juel each until a first penalty), or wad (a ratio times 10^18)."
}
scalar! {
    /// An account.
    AddressText(Address), "Address", "^0x[0-9a-fA-F]{40}$", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "An address with its EIP-55 checksum."
}
scalar! {
    /// Of a block or a transaction.
    Hash(B256), "Hash", "^0x[0-9a-f]{64}$", "0x9b83c12c69edb74f6c8dd5d052765c1adf940e320bd1291696e6fa07829eee71",
    "32 bytes in lower-case hex."
}
scalar! {
    /// Unix seconds.
    Time(u64), "Time", "^\\+?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", "2026-11-22T11:00:00Z",
    "A time in UTC (RFC 3339)."
}

impl Time {
    /// Zero stands for never in the contract's storage.
    pub fn unless_zero(unix_seconds: u64) -> Option<Self> {
        (unix_seconds != 0).then_some(Self(unix_seconds))
    }

    /// A time that says until when something holds, while it does.
    pub fn if_after(unix_seconds: u64, now: u64) -> Option<Self> {
        (unix_seconds > now).then_some(Self(unix_seconds))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Serialize for AddressText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&checksum(&self.0))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hash_text(&self.0))
    }
}

impl Serialize for Time {
    /// A time that no calendar holds is null; the contract's 40 bits all fit.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        rfc3339(self.0).serialize(serializer)
    }
}

pub(crate) fn hash_text(hash: &B256) -> String {
    format!("0x{}", hex::encode(hash))
}

/// A block with everything that identifies it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Block)]
pub(crate) struct BlockView {
    #[schema(example = 12)]
    pub block_number: u64,
    pub block_hash: Hash,
    pub block_timestamp: Time,
}
