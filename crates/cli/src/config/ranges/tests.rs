use std::collections::BTreeSet;

use figment::{
    error::Kind,
    providers::{Format, Serialized, Toml},
    value::{Num, Tag},
};

use super::*;
use crate::config::Config;

/// What serde calls a number.
const NUMBERS: [&str; 10] = ["u8", "u16", "u32", "u64", "u128", "usize", "i32", "i64", "isize", "u64 or null"];

/// The keys of a section, or the sections: what the parser expects instead of one that there is not.
fn keys(section: &str) -> Vec<&'static str> {
    let place = if section.is_empty() { "nonsense".to_owned() } else { format!("{section}.nonsense") };
    let error = Figment::from(Serialized::default(&place, 1)).extract::<Config>().unwrap_err();
    match error.kind {
        Kind::UnknownField(_, expected) => expected.to_vec(),
        other => panic!("{section} takes anything: {other:?}"),
    }
}

/// Every setting that is a number, found by asking the parser itself.
fn numbers() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for section in keys("") {
        for key in keys(section) {
            let setting = format!("{section}.{key}");
            let error = Figment::from(Serialized::default(&setting, Vec::<u8>::new())).extract::<Config>().err();
            if let Some(Kind::InvalidType(_, expected)) = error.map(|error| error.kind)
                && NUMBERS.contains(&expected.as_str())
            {
                found.insert(setting);
            }
        }
    }
    found
}

#[test]
fn every_number_of_the_settings_has_a_range() {
    let ranged: BTreeSet<String> = RANGES.iter().map(|(setting, ..)| (*setting).to_owned()).collect();
    assert_eq!(numbers(), ranged);
    assert!(ranged.len() > 30, "the parser was not asked: {ranged:?}");
}

#[test]
fn a_number_is_taken_or_refused_with_setting_value_and_range_whatever_it_is() {
    for &(setting, least, most) in RANGES {
        let outside = [i128::from(least) - 1, i128::from(most) + 1, -1, i128::from(i64::MIN), i128::from(u64::MAX), i128::MAX];
        for number in outside.into_iter().chain([0, 1, i128::from(least), i128::from(most)]) {
            let value = u64::try_from(number).map_or(Num::I128(number), Num::U64);
            let figment = Figment::from(Serialized::default(setting, Value::Num(Tag::Default, value)));
            let inside = u64::try_from(number).is_ok_and(|number| (least..=most).contains(&number));
            match check(&figment) {
                // What passes the range must fit into the type as well.
                Ok(()) => assert!(inside && figment.extract::<Config>().is_ok(), "{setting} = {number} is taken"),
                Err(error) => {
                    assert!(!inside, "{error}");
                    assert_eq!(error.to_string(), format!("{setting} is {number}: it must be between {least} and {most}"));
                }
            }
        }
    }
}

#[test]
fn each_endpoint_has_its_range_too() {
    let text = "[[chain.endpoints]]\nname = \"a\"\n[[chain.endpoints]]\nname = \"b\"\ntimeout_ms = 0\n";
    let error = check(&Figment::from(Toml::string(text))).unwrap_err();
    assert_eq!(error.to_string(), "chain.endpoints[1].timeout_ms is 0: it must be between 100 and 600000");
}

#[test]
fn a_default_lies_in_its_own_range() {
    // Sections print their defaults: none is a secret, and a default that is refused when somebody writes it down is a trap.
    let defaults = format!("{:?}", Config::default());
    for &(setting, least, most) in RANGES {
        let key = setting.split_once('.').unwrap().1;
        let section = setting.split_once('.').unwrap().0;
        let place = defaults.find(&format!("{section}: ")).unwrap();
        let Some(at) = defaults[place..].find(&format!("{key}: ")) else { continue };
        let text = &defaults[place + at + key.len() + 2..];
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(value) = digits.parse::<u64>() {
            assert!((least..=most).contains(&value), "the default of {setting} is {value}");
        }
    }
}
