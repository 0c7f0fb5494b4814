//! A test waits for what it needs, with a deadline, and not for a time: a fixed sleep is too short on a busy machine and too long on any other.
//!
//! A sleep between two looks, in a `loop` or a `while`, is not fixed. Every other one stands in a list, once for each, with
//! the reason.

mod fixed;

use super::{rust, sources::Source};

/// A sleep: the file's name, which outlives a move, and the function.
type Spot = (String, String);

pub fn check(sources: &[Source]) -> Vec<String> {
    compare(sources, fixed::LEGITIMATE, fixed::TO_BE_REPLACED)
}

fn compare(sources: &[Source], legitimate: &[(&str, &str, &str)], to_be_replaced: &[(&str, &str)]) -> Vec<String> {
    let known = legitimate.iter().map(|(file, function, _)| (*file, *function)).chain(to_be_replaced.iter().copied());
    let mut known: Vec<((&str, &str), bool)> = known.map(|spot| (spot, false)).collect();
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| is_of_tests(&source.path)) {
        for (line, (file, function)) in fixed_sleeps(source) {
            match known.iter_mut().find(|(spot, is_met)| !is_met && *spot == (file.as_str(), function.as_str())) {
                Some((_, is_met)) => *is_met = true,
                None => broken
                    .push(format!("{}:{line}: a fixed sleep: wait for what `{function}` needs, with a deadline", source.path)),
            }
        }
    }
    let gone = known.iter().filter(|(_, is_met)| !is_met);
    broken.extend(gone.map(|((file, function), _)| {
        format!("tidy/sleeps/fixed.rs: there is no fixed sleep in `{function}` of {file}: delete the line")
    }));
    broken
}

fn is_of_tests(path: &str) -> bool {
    path.ends_with(".rs") && path.starts_with("crates/") && (path.contains("/tests/") || path.ends_with("/tests.rs"))
}

fn fixed_sleeps(source: &Source) -> Vec<(usize, Spot)> {
    let code = rust::code(&source.text);
    let lines: Vec<&str> = code.lines().collect();
    let file = source.path.rsplit('/').next().unwrap_or_default();
    let sleeping = (0..lines.len()).filter(|line| sleeps(lines[*line]));
    sleeping.filter_map(|line| Some((line + 1, (file.to_owned(), without_a_loop(&lines[..=line])?)))).collect()
}

fn sleeps(line: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices("sleep(").any(|(at, _)| !line[..at].ends_with(is_word))
}

/// The function around the last line, if there is no loop for a condition between them. rustfmt's indents say what is around what.
fn without_a_loop(lines: &[&str]) -> Option<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let (last, before) = lines.split_last()?;
    let mut line = *last;
    let mut above = before.iter().rev();
    loop {
        let code = line.trim_start();
        if code.starts_with("while ") || code.contains("loop {") {
            return None;
        }
        if let Some((_, name)) = code.split_once("fn ") {
            return Some(name.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect());
        }
        // What began further up ends here: its beginning stands as far to the left.
        let is_an_end = line.trim_start().starts_with([')', '{', ']']);
        let around = indent(line) + usize::from(is_an_end);
        let is_around = |line: &&&str| !line.trim().is_empty() && indent(line) < around;
        match above.find(is_around) {
            Some(next) => line = next,
            // Outside every function: a macro's body.
            None => return Some(String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> Vec<String> {
        broken_in("crates/db/tests/it/x.rs", text)
    }

    fn broken_in(path: &str, text: &str) -> Vec<String> {
        compare(&[Source { path: path.to_owned(), text: text.to_owned() }], &[], &[])
    }

    #[test]
    fn a_fixed_sleep_in_a_test_is_found() {
        for text in [
            "async fn f() {\n    tokio::time::sleep(A).await;\n}",
            "async fn f(\n    a: A,\n) -> B {\n    sleep(A).await;\n}",
            "fn f() {\n    while a {\n        b();\n    }\n    sleep(A);\n}",
            "fn f() {\n    for _ in 0..3 {\n        sleep(A);\n    }\n}",
        ] {
            assert!(broken(text).len() == 1 && broken(text)[0].contains("`f`"), "{text}: {:?}", broken(text));
        }
        assert_eq!(broken_in("crates/db/src/x/tests.rs", "fn f() {\n    sleep(A);\n}").len(), 1);
        assert_eq!(broken_in("crates/db/src/x.rs", "fn f() {\n    sleep(A);\n}").len(), 0);
    }

    #[test]
    fn a_sleep_between_two_looks_is_none_and_neither_is_a_word_or_a_string() {
        for text in [
            "fn f() {\n    loop {\n        if a {\n            sleep(A);\n        }\n    }\n}",
            "fn f() {\n    let a = loop {\n        match a {\n            Err(_) if b => sleep(A),\n        }\n    };\n}",
            "fn f() {\n    while a\n        && b\n    {\n        sleep(A);\n    }\n}",
            "fn f() {\n    asleep(A);\n    // sleep(A)\n    run(\"pg_sleep(1); sleep(2)\");\n}",
        ] {
            assert_eq!(broken(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_listed_sleep_that_is_gone_is_a_fault() {
        let source = Source { path: "crates/db/tests/it/x.rs".to_owned(), text: "fn f() {\n    sleep(A);\n}".to_owned() };
        let said = |legitimate: &[_], others: &[_]| compare(std::slice::from_ref(&source), legitimate, others);
        assert_eq!(said(&[("x.rs", "f", "why")], &[]), [""; 0]);
        assert_eq!(said(&[], &[("x.rs", "f")]), [""; 0]);
        assert!(said(&[("x.rs", "f", "why")], &[("x.rs", "f")])[0].contains("`f` of x.rs"));
        assert!(said(&[("x.rs", "f", "why")], &[("x.rs", "g")])[0].contains("`g` of x.rs"));
    }
}
