//! Which bridges a job's pipeline names. The pipeline is a graph in the language DOT, as far as a node reads it: tasks with attributes in
//! brackets, whose values stand in double quotes, in angle brackets, or alone.

use std::collections::BTreeSet;

/// The names of the bridges, in lower case, as a node compares them. A name that is made while the job runs is not among them.
pub(crate) fn bridges(source: &str) -> BTreeSet<String> {
    let mut scanner = Scanner { rest: source };
    let mut found = BTreeSet::new();
    while let Some(attributes) = scanner.next_attributes() {
        let value = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        if value("type") == Some("bridge")
            && let Some(name) = value("name").filter(|name| !name.contains("$("))
        {
            found.insert(name.to_lowercase());
        }
    }
    found
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    /// The attributes of the next bracket; none at the end.
    fn next_attributes(&mut self) -> Option<Vec<(String, String)>> {
        while let Some(token) = self.token() {
            if token == Token::Sign('[') {
                let mut attributes = Vec::new();
                let mut key = None;
                loop {
                    match (self.token()?, key.take()) {
                        (Token::Sign(']'), _) => return Some(attributes),
                        (Token::Sign('='), name) => key = name,
                        (Token::Sign(_), _) => {}
                        (Token::Word(word), Some(Key { name, has_sign: true })) => attributes.push((name, word)),
                        (Token::Word(word), _) => key = Some(Key { name: word, has_sign: false }),
                    }
                    if let Some(key) = &mut key {
                        key.has_sign = self.rest.trim_start().starts_with('=') || key.has_sign;
                    }
                }
            }
        }
        None
    }

    fn token(&mut self) -> Option<Token> {
        self.rest = self.rest.trim_start();
        while let Some(comment) = self.rest.strip_prefix("//") {
            self.rest = comment.split_once('\n').map_or("", |(_, behind)| behind).trim_start();
        }
        let first = self.rest.chars().next()?;
        let (word, length) = match first {
            '"' => quoted(self.rest),
            '<' => angled(self.rest),
            _ if is_bare(first) => {
                let length = self.rest.find(|other| !is_bare(other)).unwrap_or(self.rest.len());
                (self.rest[..length].to_owned(), length)
            }
            sign => {
                self.rest = &self.rest[sign.len_utf8()..];
                return Some(Token::Sign(sign));
            }
        };
        self.rest = &self.rest[length..];
        Some(Token::Word(word))
    }
}

#[derive(PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(char),
}

/// What may be the left side of an attribute.
struct Key {
    name: String,
    has_sign: bool,
}

fn is_bare(character: char) -> bool {
    character.is_alphanumeric() || "_-.".contains(character)
}

/// A value in double quotes, and how much of the text it takes.
fn quoted(text: &str) -> (String, usize) {
    let (mut value, mut characters) = (String::new(), text.char_indices().skip(1));
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, at + 1),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, text.len())
}

/// A value in angle brackets, which may hold others.
fn angled(text: &str) -> (String, usize) {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (text[1..at].to_owned(), at + 1);
        }
    }
    (text[1..].to_owned(), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expect: &[&str]) {
        assert_eq!(bridges(source), expect.iter().map(ToString::to_string).collect(), "{source}");
    }

    #[test]
    fn the_bridges_of_a_pipeline_are_found_and_nothing_else_is() {
        check("", &[]);
        check(r#"a [type="bridge" name="One"]"#, &["one"]);
        check(r#"a [ type = bridge , name = one-1 ]; b[name="two" type="bridge"] a -> b"#, &["one-1", "two"]);
        check(r#"a [type="http" name="one"] b [type=jsonparse path="a,b"] a -> b -> c"#, &[]);
        check(r#"a [type="bridge" requestData=<{"data": {"name": "no", "x": "]"}}> name="one"]"#, &["one"]);
        check(r#"a [type="bridge" requestData="{\"type\": \"] [\"}" name="one"]"#, &["one"]);
        check(r#"a [type="bridge" name="$(jobSpec.bridge)"]"#, &[]);
        check("// a [type=bridge name=no]\nb [type=bridge name=one]", &["one"]);
        check(r#"a [type="memo" value="type=bridge name=no"]"#, &[]);
        check(r#"a [type="bridge" name="unclosed"#, &[]);
    }
}
