//! The name of a node's schema.

use std::{fmt, str::FromStr};

/// Name of the Postgres schema that holds one node: a lower-case letter or `_`, then at most 62 more of those or
/// digits.
///
/// Replicas with the same schema in the same database are one node with one wallet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Schema(String);

impl Schema {
    /// That of a node which has a database to itself.
    pub(crate) fn of_own_database() -> Self {
        Self("public".to_owned())
    }

    pub(crate) fn is_own_database(&self) -> bool {
        self.0 == "public"
    }
}

impl FromStr for Schema {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let allowed = name.len() <= 63
            && name.bytes().next().is_some_and(is_letter)
            && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit())
            && !name.starts_with("pg_")
            && name != "public"
            && name != "information_schema";
        if allowed {
            Ok(Self(name.to_owned()))
        } else {
            Err("a schema is 1 to 63 of a-z, 0-9 and _, begins with no digit, and is not one of Postgres's own".to_owned())
        }
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_name_cannot_carry_sql() {
        for name in ["node_1", "_", "a".repeat(63).as_str()] {
            assert!(name.parse::<Schema>().is_ok(), "{name}");
        }
        let refused = ["", "1node", "Node", "a\"b", "a;b", "a b", "pg_catalog", "public", "größe"];
        for name in refused.into_iter().chain(["a".repeat(64).as_str()]) {
            assert!(name.parse::<Schema>().is_err(), "{name}");
        }
    }
}
