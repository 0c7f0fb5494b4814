//! Writes a value with a rounded number beside every amount, as [`super::link`] adds it, without making a tree of it first.

use std::fmt::Display;

use serde::{
    Serialize, Serializer,
    ser::{
        Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
        SerializeTupleVariant,
    },
};

use super::link::{companion, in_link};

/// A value, as clients get it.
#[derive(Debug)]
pub(crate) struct Linked<T>(pub T);

impl<T: Serialize> Serialize for Linked<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Linking(serializer))
    }
}

/// Writes what is within as [`Linked`]. An object is written as a map: of a struct the names of all fields would have to be known before.
struct Linking<S>(S);

/// How the names of structs begin that serde_json means a number, or text that is JSON already, by: where any crate of a build has it keep
/// every digit, each number of a tree is such a struct, and only as one does it get written as a number.
const OF_SERDE_JSON: &str = "$serde_json::private::";

/// The fields of a struct.
enum Fields<S: Serializer> {
    Linked(Linking<S::SerializeMap>),
    Plain(S::SerializeStruct),
}

macro_rules! plain {
    ($($method:ident($($name:ident: $type:ty),*);)+) => {
        $(fn $method(self, $($name: $type),*) -> Result<S::Ok, S::Error> {
            self.0.$method($($name),*)
        })+
    };
}

impl<S: Serializer> Serializer for Linking<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Linking<S::SerializeSeq>;
    type SerializeTuple = Linking<S::SerializeTuple>;
    type SerializeTupleStruct = Linking<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Linking<S::SerializeTupleVariant>;
    type SerializeMap = Linking<S::SerializeMap>;
    type SerializeStruct = Fields<S>;
    type SerializeStructVariant = Linking<S::SerializeStructVariant>;

    plain! {
        serialize_bool(v: bool);
        serialize_i8(v: i8);
        serialize_i16(v: i16);
        serialize_i32(v: i32);
        serialize_i64(v: i64);
        serialize_i128(v: i128);
        serialize_u8(v: u8);
        serialize_u16(v: u16);
        serialize_u32(v: u32);
        serialize_u64(v: u64);
        serialize_u128(v: u128);
        serialize_f32(v: f32);
        serialize_f64(v: f64);
        serialize_char(v: char);
        serialize_str(v: &str);
        serialize_bytes(v: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Linked(value))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Linked(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Linked(value))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.0.serialize_seq(length).map(Linking)
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.0.serialize_tuple(length).map(Linking)
    }

    fn serialize_tuple_struct(self, name: &'static str, length: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, length).map(Linking)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.0.serialize_tuple_variant(name, index, variant, length).map(Linking)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.0.serialize_map(None).map(Linking)
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Self::SerializeStruct, S::Error> {
        match name.starts_with(OF_SERDE_JSON) {
            true => self.0.serialize_struct(name, length).map(Fields::Plain),
            false => self.0.serialize_map(None).map(Linking).map(Fields::Linked),
        }
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.0.serialize_struct_variant(name, index, variant, length).map(Linking)
    }
}

macro_rules! elements {
    ($($of:ident $method:ident;)+) => {$(
        impl<S: $of> $of for Linking<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.0.$method(&Linked(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )+};
}

elements! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

impl<S: SerializeMap> Linking<S> {
    fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), S::Error> {
        self.0.serialize_entry(name, &Linked(value))?;
        let Some(companion) = companion(name) else { return Ok(()) };
        // An amount is a short text.
        let juels = serde_json::to_value(value).map_err(S::Error::custom)?;
        self.0.serialize_entry(&companion, &in_link(&juels))
    }
}

impl<S: SerializeMap> SerializeMap for Linking<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&Linked(value))
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(&mut self, key: &K, value: &V) -> Result<(), S::Error> {
        match serde_json::to_value(key).map_err(S::Error::custom)? {
            serde_json::Value::String(name) => self.entry(&name, value),
            _ => self.0.serialize_entry(key, &Linked(value)),
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

impl<S: Serializer> SerializeStruct for Fields<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), S::Error> {
        match self {
            Self::Linked(fields) => fields.entry(name, value),
            Self::Plain(fields) => fields.serialize_field(name, value),
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Self::Linked(fields) => fields.0.end(),
            Self::Plain(fields) => fields.end(),
        }
    }
}

impl<S: SerializeStructVariant> SerializeStructVariant for Linking<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), S::Error> {
        self.0.serialize_field(name, &Linked(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::view::{Amount, link};

    #[derive(Serialize)]
    struct Ticket {
        value_juels: Amount,
        shares: Amount,
    }

    #[derive(Serialize)]
    struct Position {
        stake_juels: Amount,
        fee_juels: Option<Amount>,
        gift_juels: Option<Amount>,
        tickets: Vec<Ticket>,
        pair: (u8, Ticket),
        detail: Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        left_out_juels: Option<Amount>,
    }

    #[test]
    fn what_is_written_is_what_a_tree_with_companions_would_say() {
        let ticket = || Ticket { value_juels: Amount(1), shares: Amount(5) };
        let position = Position {
            stake_juels: Amount(1_500_000_000_000_000_000),
            fee_juels: None,
            gift_juels: Some(Amount(7)),
            tickets: vec![ticket(), ticket()],
            pair: (3, ticket()),
            detail: json!({ "paid_juels": "12", "why": [{ "lost_juels": "x" }], "count": 1.5 }),
            left_out_juels: None,
        };
        let mut tree = serde_json::to_value(&position).unwrap();
        link::add(&mut tree);
        let written = serde_json::to_string(&Linked(&position)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), tree);
        assert!(written.contains(r#""stake_juels":"1500000000000000000","stake_link":1.5,"#), "{written}");
        // What is read back takes a number in either form.
        assert!(written.contains(r#""count":1.5"#), "{written}");
    }
}
