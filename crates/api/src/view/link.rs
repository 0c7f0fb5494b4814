//! Numbers for charts: beside each amount in juels, which no number of JSON holds, stands the same in LINK, rounded.

use linkpool_primitives::JUELS_PER_LINK;
use serde_json::{Map, Value};
use utoipa::openapi::{
    ObjectBuilder, RefOr, Schema,
    schema::{SchemaType, Type},
};

const JUELS: &str = "_juels";
const LINK: &str = "_link";

/// The name of an amount's companion.
pub(super) fn companion(name: &str) -> Option<String> {
    name.strip_suffix(JUELS).map(|stem| format!("{stem}{LINK}"))
}

/// Adds its companion to every amount, however deep it stands.
pub(crate) fn add(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(add),
        Value::Object(fields) => {
            fields.values_mut().for_each(add);
            let companions: Vec<_> = fields.iter().filter_map(|(name, value)| Some((companion(name)?, in_link(value)))).collect();
            fields.extend(companions.into_iter().collect::<Map<_, _>>());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Null stays null. A number of JSON keeps 15 to 17 digits.
pub(super) fn in_link(juels: &Value) -> Value {
    let juels = juels.as_str().and_then(|text| text.parse::<u128>().ok());
    // The whole LINK are exact; what is less than one is rounded.
    let in_link = |juels: u128| (juels / JUELS_PER_LINK) as f64 + (juels % JUELS_PER_LINK) as f64 / JUELS_PER_LINK as f64;
    juels.map_or(Value::Null, |juels| in_link(juels).into())
}

/// Says of a schema what [`add`] does to its values.
pub(crate) fn describe(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    let companions: Vec<(String, String)> =
        object.properties.keys().filter_map(|name| Some((name.clone(), companion(name)?))).collect();
    for (name, companion) in companions {
        let is_nullable = !matches!(&object.properties[&name], RefOr::Ref(_));
        let kind = match is_nullable {
            true => SchemaType::from_iter([Type::Number, Type::Null]),
            false => SchemaType::Type(Type::Number),
        };
        let about = format!("`{name}` in LINK, rounded to a number: for charts, not for accounts.");
        let number = ObjectBuilder::new().schema_type(kind).description(Some(about)).examples([serde_json::json!(60_000.0)]);
        object.properties.insert(companion.clone(), number.into());
        if object.required.contains(&name) {
            object.required.push(companion);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn every_amount_has_a_number_beside_it_and_nothing_else_has() {
        let mut value = json!({ "stake_juels": "1500000000000000000", "fee_juels": null, "shares": "5", "tickets": [{ "value_juels": "1" }] });
        super::add(&mut value);
        assert_eq!(
            value,
            json!({ "stake_juels": "1500000000000000000", "stake_link": 1.5, "fee_juels": null, "fee_link": null, "shares": "5",
                "tickets": [{ "value_juels": "1", "value_link": 1e-18 }] })
        );
    }
}
