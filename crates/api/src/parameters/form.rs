//! What the text of a parameter may be. The document describes exactly what the server accepts, because both come from here.

use std::sync::OnceLock;

use linkpool_primitives::parse_address;
use regex::Regex;
use utoipa::openapi::{
    ArrayBuilder, ObjectBuilder, RefOr, Schema,
    schema::{KnownFormat, SchemaFormat, Type},
};

/// A form, and where text alone does not say it, the sentence for what does not have it.
#[derive(Debug)]
pub(crate) enum Form {
    Text {
        pattern: Pattern,
        must: &'static str,
    },
    /// As its pattern, and mixed case must be the checksum.
    Address,
    Words(&'static [&'static str]),
    /// Several words, separated by commas, each once.
    WordList(&'static [&'static str]),
    Number {
        least: u64,
        most: u64,
        default: Option<u64>,
        must: &'static str,
    },
}

/// A regular expression (ECMA 262 and Rust's dialect at once), anchored at both ends.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub const fn new(text: &'static str) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(self.text).ok());
        compiled.as_ref().is_some_and(|pattern| pattern.is_match(text))
    }
}

/// An address, checksum or not.
const ADDRESS: &str = "^0x[0-9a-fA-F]{40}$";

impl Form {
    /// # Errors
    /// What to write instead.
    pub fn check(&self, text: &str) -> Result<(), String> {
        match self {
            Self::Text { pattern, must } => pattern.is_match(text).then_some(()).ok_or_else(|| (*must).to_owned()),
            Self::Address => parse_address(text).map(drop).map_err(|error| format!("is not valid: {error}")),
            Self::Words(words) => one_of(words, text),
            Self::WordList(words) => {
                let given: Vec<&str> = text.split(',').take(words.len() + 1).collect();
                let is_repeated = |(index, word): (usize, &&str)| given[..index].contains(word);
                let is_good = given.iter().all(|word| words.contains(word)) && !given.iter().enumerate().any(is_repeated);
                is_good.then_some(()).ok_or_else(|| format!("must be a comma-separated list of {}, each once", words.join(", ")))
            }
            Self::Number { least, most, must, .. } => {
                let number = canonical(text).filter(|number| (least..=most).contains(&number));
                number.map(drop).ok_or_else(|| (*must).to_owned())
            }
        }
    }

    pub fn schema(&self) -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        match self {
            Self::Text { pattern, .. } => text().pattern(Some(pattern.text)).into(),
            Self::Address => text().pattern(Some(ADDRESS)).format(Some(SchemaFormat::Custom("eip55-address".into()))).into(),
            Self::Words(words) => text().enum_values(Some(words.to_vec())).into(),
            Self::WordList(words) => {
                let item = text().enum_values(Some(words.to_vec()));
                ArrayBuilder::new()
                    .items(RefOr::T(Schema::from(item.build())))
                    .min_items(Some(1))
                    .max_items(Some(words.len()))
                    .unique_items(true)
                    .into()
            }
            Self::Number { least, most, default, .. } => ObjectBuilder::new()
                .schema_type(Type::Integer)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
                .minimum(Some(*least as i64))
                .maximum(Some(*most as i64))
                .default(default.map(Into::into))
                .into(),
        }
    }
}

/// A number in the only way in which JSON writes it: no sign, no zeros in front, no fraction.
pub(super) fn canonical(text: &str) -> Option<u64> {
    let number = text.parse::<u64>().ok()?;
    (number.to_string() == text).then_some(number)
}

fn one_of(words: &[&str], text: &str) -> Result<(), String> {
    words.contains(&text).then_some(()).ok_or_else(|| format!("must be one of {}", words.join(", ")))
}
