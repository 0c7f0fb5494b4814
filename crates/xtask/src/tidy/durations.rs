//! A constant that is a time says by its last word what the time is for: `WRITE_TIMEOUT`, not `STALLED`.

use super::{rust, sources::Source};

const PURPOSES: [&str; 8] = ["TIMEOUT", "INTERVAL", "DELAY", "AGE", "WINDOW", "DURATION", "TIME", "PERIOD"];
/// These are for nothing; they measure.
const UNITS: [&str; 2] = ["SECOND", "DAY"];

pub fn check(sources: &[Source]) -> Vec<String> {
    let purposes = PURPOSES.map(|word| format!("_{word}")).join(", ");
    let of = |source: &Source| -> Vec<String> {
        let broken = unnamed(&source.text).into_iter();
        let say =
            |(line, name)| format!("{}:{line}: `{name}` is a time: end its name with what it is for, as {purposes}", source.path);
        broken.map(say).collect()
    };
    sources.iter().filter(|source| source.path.ends_with(".rs")).flat_map(of).collect()
}

/// The constants of a file that are times and do not say of what, each with its line.
fn unnamed(text: &str) -> Vec<(usize, String)> {
    let code = rust::code(text);
    let constants = code.lines().zip(1..).filter_map(|(line, number)| Some((number, duration(line)?)));
    let is_named = |name: &str| {
        let (before, last) = name.rsplit_once('_').unwrap_or(("", name));
        UNITS.contains(&name) || (!before.is_empty() && PURPOSES.contains(&last))
    };
    constants.filter(|(_, name)| !is_named(name)).map(|(number, name)| (number, name.to_owned())).collect()
}

fn duration(line: &str) -> Option<&str> {
    let (before, constant) = line.split_once("const ")?;
    let (name, kind) = constant.split_once(": ")?;
    let is_word = before.is_empty() || before.ends_with(' ');
    (is_word && kind.split([' ', '=', ';']).next()?.rsplit("::").next()? == "Duration").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> Vec<String> {
        check(&[Source { path: "crates/db/src/x.rs".to_owned(), text: text.to_owned() }])
    }

    #[test]
    fn a_time_whose_name_does_not_say_what_it_is_for_is_found() {
        for text in [
            "const PAUSE: Duration = Duration::from_secs(1);",
            "    pub(crate) const TIMEOUT: std::time::Duration = A;",
            "impl A {\n    const LONG_PAUSE: Duration = A;\n}",
        ] {
            assert_eq!(broken(text).len(), 1, "{text}");
        }
        assert!(broken("\nconst LOOK: Duration = A;")[0].starts_with("crates/db/src/x.rs:2: `LOOK`"));
    }

    #[test]
    fn a_named_time_a_unit_and_what_is_no_constant_are_left_alone() {
        for text in [
            "const WRITE_TIMEOUT: Duration = A;",
            "const DAY: Duration = A;",
            "const LOOKS: u32 = 1;",
            "fn f(pause: Duration) {}",
            "// const LOOK: Duration = A;\nlet a = \"const LOOK: Duration = A;\";",
        ] {
            assert_eq!(broken(text), [""; 0], "{text}");
        }
    }
}
